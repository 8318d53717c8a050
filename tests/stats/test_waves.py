"""Estimates from learned proxies, unequal probabilities and several waves."""

import itertools

import numpy as np
import pytest

from auditing.stats.design import anticipated_variance, draw, mixed_with_uniform
from auditing.stats.estimation import EstimateRefused, estimate_mean, fit_proxy


def two_waves(truth, first, second, n_second, **options):
    """Wave 1 a simple draw of `first`; wave 2 a simple draw of `second` from what was left."""
    index = np.array([*first, *second])
    left = len(truth) - len(first)
    inclusion = [len(first) / len(truth)] * len(first) + [n_second / left] * len(second)
    return estimate_mean(
        truth[index],
        inclusion,
        population=len(truth),
        labelled_index=index,
        waves=[0] * len(first) + [1] * len(second),
        **options,
    )


def test_waves_are_unbiased_by_enumeration():
    """Every first wave of two and second wave of two of six items: the mean estimate is the mean."""
    truth = np.array([0.0, 1.0, 5.0, 2.0, 8.0, 3.0])
    estimates = []
    for first in itertools.combinations(range(6), 2):
        left = [item for item in range(6) if item not in first]
        for second in itertools.combinations(left, 2):
            result = two_waves(truth, first, second, 2, wave_weights=[1, 3], bounds=(0, 8))
            estimates.append(result.estimate)
    assert np.mean(estimates) == pytest.approx(truth.mean(), abs=1e-12)


def test_what_earlier_waves_labelled_is_known():
    """By hand: wave 1 says 2 / 4; wave 2 knows 1 of 2 and says 2 / 2 of the 6 left, (1 + 6) / 8; averaged."""
    truth = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 0.0])
    result = two_waves(truth, [0, 1], [2, 3], 2)
    assert result.estimate == pytest.approx((0.5 + 7 / 8) / 2)
    assert (result.n_human, result.population) == (4, 8)
    assert "2 waves" in result.method


def test_waves_about_the_process_stay_on_the_scale():
    inclusion = [30 / 70] * 30 + [30 / 40] * 30
    result = estimate_mean(
        [1] * 59 + [0], inclusion, population=70, waves=[1] * 30 + [2] * 30, labelled_index=range(60),
        target="process",
    )  # fmt: skip
    assert result.low < result.estimate < result.high <= 1


def test_labels_missing_from_an_earlier_wave_take_both_ends():
    """Twelve of 200 items, known to neither wave: the interval widens by what they could be, and no less."""
    truth = np.tile([1.0, 0.0], 100)
    first, second = list(range(30)), list(range(30, 60))
    full = two_waves(truth, first, second, 30)
    truth[:12] = np.nan
    gap = two_waves(truth, first, second, 30)
    assert gap.n_human == 48
    share = 0.5 * 12 / 30 + 0.5 * 12 / 200  # of wave 1's estimate, and of what wave 2 takes as known
    assert gap.high - gap.low > full.high - full.low + 0.7 * share
    with pytest.raises(EstimateRefused, match="range of the scale"):
        two_waves(truth * 7, first, second, 30)


def test_waves_that_do_not_fit_are_refused():
    truth = np.tile([1.0, 0.0], 10)
    with pytest.raises(ValueError, match="2 entries for 4 labels"):
        estimate_mean([1, 0, 1, 0], 0.1, waves=[0, 1])
    with pytest.raises(ValueError, match="need labelled_index"):
        estimate_mean([1, 0, 1, 0], 0.1, waves=[0, 0, 1, 1])
    with pytest.raises(ValueError, match="one weight of 0 or more for each of 2 waves"):
        two_waves(truth, [0, 1], [2, 3], 2, wave_weights=[1.0])
    with pytest.raises(ValueError, match="no earlier one drew"):
        estimate_mean([1, 0], 0.5, [0.4, 0.6], labelled_index=[1, 1], waves=[0, 1])


def test_a_row_of_predictions_for_each_wave():
    truth = np.tile([1.0, 0.0], 200)
    rng = np.random.default_rng(0)
    index = rng.permutation(400)[:120]
    waves = [0] * 60 + [1] * 60
    inclusion = np.repeat([60 / 400, 60 / 340], 60)
    poor, good = 0.5 + 0.1 * (truth - 0.5), 0.1 + 0.8 * truth
    result = estimate_mean(
        truth[index], inclusion, [poor, good], labelled_index=index, waves=waves, learned_proxy=True
    )
    assert result.low <= 0.5 <= result.high
    assert result.n_effective > 240


def test_a_learned_proxy_keeps_slope_one_where_labels_are_few():
    """Eight labels cannot tell a slope: the estimate stays near the plain difference estimate."""
    rng = np.random.default_rng(5)
    score = rng.normal(size=400)
    label = score + rng.normal(size=400) / 2
    index = rng.permutation(400)[:8]
    plain = score.mean() + (label - score)[index].mean()
    kept = estimate_mean(
        label[index], 0.02, score, labelled_index=index, method="aipw", learned_proxy=True
    ).estimate
    tuned = estimate_mean(label[index], 0.02, score, labelled_index=index, method="ppi++").estimate
    assert abs(kept - plain) < abs(tuned - plain)


def test_a_raw_score_is_not_taken_at_its_word():
    with pytest.raises(EstimateRefused, match="fit one, or use ppi"):
        estimate_mean([1.0, 2.0, 3.0, 5.0], 0.5, [1, 2, 3, 4.0] * 2, labelled_index=range(4), method="aipw")


def test_anticipated_variance_by_hand():
    assert anticipated_variance([1, 2], [0.5, 0.25]) == pytest.approx((1 * 1 + 4 * 3) / 4)
    with pytest.raises(ValueError, match="probability above 0"):
        anticipated_variance([1], [0])


def test_variance_is_least_where_probabilities_follow_the_spread():
    spread = np.linspace(0.1, 1, 100)
    follows = 20 * spread / spread.sum()
    assert anticipated_variance(spread, follows) < anticipated_variance(spread, np.full(100, 0.2))


def looping_estimate(rng):
    """A pilot teaches the proxy; the second wave goes where it is expected to err."""
    score = rng.random(1500)
    truth = (rng.random(1500) < np.clip(1.5 * score - 0.25, 0.02, 0.98)).astype(float)
    pilot = rng.permutation(1500)[:80]
    labels = np.full(1500, np.nan)
    labels[pilot] = truth[pilot]
    proxy = fit_proxy(score, labels)
    rest = np.setdiff1d(np.arange(1500), pilot)
    sizes = mixed_with_uniform(proxy.spread[rest], 0.2)
    drawn = draw(rest.tolist(), 120, "pps", int(rng.integers(2**31)), sizes=sizes.tolist())
    index = np.concatenate([pilot, drawn.ids])
    result = estimate_mean(
        truth[index],
        np.concatenate([np.full(80, 80 / 1500), drawn.probabilities]),
        proxy.predictions,
        labelled_index=index,
        proxy_labelled=np.concatenate([proxy.out_of_fold[pilot], proxy.predictions[list(drawn.ids)]]),
        waves=[0] * 80 + [1] * 120,
        wave_weights=[
            1 / anticipated_variance(proxy.spread, np.full(1500, 80 / 1500)),
            1 / anticipated_variance(proxy.spread[rest], drawn.all_probabilities),
        ],
        learned_proxy=True,
    )
    return result, truth.mean()


@pytest.mark.parametrize("repetitions", [100, pytest.param(1000, marks=pytest.mark.slow)])
def test_two_waves_cover_and_save(repetitions):
    results = [looping_estimate(np.random.default_rng(run)) for run in range(repetitions)]
    covered = np.mean([result.low <= truth <= result.high for result, truth in results])
    assert covered >= 0.95 - 2.33 * np.sqrt(0.95 * 0.05 / repetitions)
    assert np.mean([result.n_effective for result, _ in results]) > 250
