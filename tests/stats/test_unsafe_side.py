"""How often the truth is worse than the interval says: the error that lets a bad batch through, nominally 2.5 %."""

import numpy as np
import pytest
from scipy import special

from auditing.stats.design import mixed_with_uniform, select
from auditing.stats.estimation import estimate_mean

ITEMS = 3000


def targeted_estimate(rng, offset, n):
    """Items that are mostly good, a proxy that is right about how good each is, and a draw that follows it."""
    predicted = special.expit(offset + 2.5 * rng.normal(size=ITEMS))
    truth = (rng.random(ITEMS) < predicted).astype(float)
    sizes = mixed_with_uniform(np.sqrt(predicted * (1 - predicted)), 0.3)
    index, inclusion = select(n, "pps", rng.random(ITEMS + 1), sizes=sizes)
    found = estimate_mean(truth[index], inclusion[index], predicted, labelled_index=index, learned_proxy=True)
    return found, truth.mean()


@pytest.mark.slow
@pytest.mark.parametrize(("offset", "n"), [(3.5, 100), (4.3, 200), (6, 150)])  # 0.92, 0.95 and 0.985 pass
def test_high_pass_rates_err_on_either_side_alike(offset, n):
    rng = np.random.default_rng(3)
    found = [targeted_estimate(rng, offset, n) for _ in range(2000)]
    below = np.mean([truth < result.low for result, truth in found])
    above = np.mean([truth > result.high for result, truth in found])
    assert below + above <= 0.06
    assert below <= 0.035


def test_the_interval_reaches_further_to_the_side_of_the_rare_error():
    result, _ = targeted_estimate(np.random.default_rng(0), 4.3, 200)
    assert result.method == "AIPW on a learned proxy, guarded variance, Wilson on effective n"
    assert result.estimate - result.low > 1.2 * (result.high - result.estimate)
