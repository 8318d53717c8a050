import numpy as np
import pytest
from scipy import stats

from auditing.stats.planning import attribute_sample_size, oc_curve
from auditing.stats.stages import Stage, multistage_sample_size, staged_curve
from tests.stats.reference import cases


@pytest.mark.parametrize("case", cases("planning_two_stage_n_per_stage"))
def test_stage_size_reference(case):
    inputs = case["inputs"]
    n = multistage_sample_size(
        inputs["materiality"], inputs["expected"], inputs["conf_level"], inputs["likelihood"]
    )
    assert n == case["expected"]


@pytest.mark.parametrize("case", cases("oc_prob_accept_double"))
def test_double_plan_curve_reference(case):
    inputs = case["inputs"]
    first = Stage(inputs["n1"], inputs["Ac1"], inputs["Re1"])
    found = staged_curve([first, Stage(inputs["n2"], inputs["Ac2"], inputs["Ac2"] + 1)], inputs["p"])
    assert float(found.accepted) == pytest.approx(case["expected"], abs=case["tolerance"])


def test_one_stage_is_the_single_plan():
    rates = np.linspace(0, 1, 11)
    found = staged_curve([Stage(32, 1, 2)], rates)
    assert found.accepted == pytest.approx(oc_curve(32, 1, rates))
    assert set(found.inspected) == {32}
    assert multistage_sample_size(0.05, (2,)) == attribute_sample_size(0.05, 2)


def test_a_plan_of_three_stages_by_simulation():
    stages = [Stage(20, None, 3), Stage(20, 1, 4), Stage(20, 3, 4)]
    drawn = np.random.default_rng(1).binomial(20, 0.06, size=(200_000, 3)).cumsum(axis=1)
    first = drawn[:, 0] < 3
    by_second = first & (drawn[:, 1] <= 1)
    on = first & (drawn[:, 1] > 1) & (drawn[:, 1] < 4)
    found = staged_curve(stages, 0.06)
    assert float(found.accepted) == pytest.approx((by_second | (on & (drawn[:, 2] <= 3))).mean(), abs=0.004)
    assert float(found.inspected) == pytest.approx(20 * (1 + first.mean() + on.mean()), rel=0.004)


def test_the_last_stage_accepts_up_to_its_reject_number():
    found = staged_curve([Stage(10, 0, 2)], 0.2)
    assert float(found.accepted) == pytest.approx(stats.binom.cdf(1, 10, 0.2))


def test_poisson_stages_count_errors_per_unit():
    assert float(staged_curve([Stage(5, 3, 4)], 1.2, "poisson").accepted) == pytest.approx(
        stats.poisson.cdf(3, 6)
    )


def test_the_stage_size_is_enough_and_one_less_is_not():
    def approved(n):
        none, one = stats.binom.pmf(0, n, 0.04), stats.binom.pmf(1, n, 0.04)
        return none + one * stats.binom.cdf(1, n, 0.04)

    n = multistage_sample_size(0.04, (1, 1))
    assert approved(n) <= 0.05 < approved(n - 1)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: staged_curve([], 0.1), "at least one stage"),
        (lambda: staged_curve([Stage(10, 2, 2)], 0.1), "below its reject number"),
        (lambda: staged_curve([Stage(10, 1, 2)], 0.1, "normal"), "unknown likelihood"),
        (lambda: multistage_sample_size(0.05, ()), "for each stage"),
        (lambda: multistage_sample_size(0.05, (0.5, 0)), "whole number"),
        (lambda: multistage_sample_size(0, (1, 0)), "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
