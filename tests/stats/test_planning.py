import time

import numpy as np
import pytest
from scipy import stats

from auditing.stats.bounds import most_likely_error, poisson_upper_bound, stringer_bound
from auditing.stats.intervals import proportion
from auditing.stats.planning import (
    attribute_sample_size,
    expected_width,
    oc_curve,
    oc_curve_double,
    precision_sample_size,
    predicted_saving,
    sample_size_proportion,
    two_point_plan,
)
from tests.stats.reference import cases, labelled


@pytest.mark.parametrize("case", cases("planning_frequentist"))
def test_attribute_sample_size_reference(case):
    inputs = case["inputs"]
    n = attribute_sample_size(
        inputs["materiality"],
        inputs["expected"],
        inputs["conf_level"],
        inputs["likelihood"],
        inputs.get("N_units"),
    )
    assert n == case["expected"]


@pytest.mark.parametrize("case", cases("planning_table_AICPA_A1_5pct_risk"))
def test_aicpa_table_reference(case):
    """The table leaves empty what needs more than 2,000 units."""
    for tolerable, row in zip(case["inputs"]["tolerable"], case["expected"], strict=True):
        for expected, n in zip(case["inputs"]["expected"], row, strict=True):
            if n is not None:
                assert attribute_sample_size(tolerable, expected) == n
            elif expected >= tolerable:
                with pytest.raises(ValueError, match="must be below"):
                    attribute_sample_size(tolerable, expected)
            else:
                assert attribute_sample_size(tolerable, expected) > 2000


@pytest.mark.parametrize("case", cases("planning_MUS_poisson"))
def test_monetary_unit_sample_size_reference(case):
    inputs = case["inputs"]
    tolerable = inputs["tolerable_misstatement"]
    expected = inputs["ratio_expected_to_tolerable"] * tolerable
    n = attribute_sample_size(tolerable, expected, 1 - inputs["risk_incorrect_acceptance"], "poisson")
    assert n == case["expected"]


@pytest.mark.parametrize("case", cases("planning_min_precision"))
def test_precision_sample_size_reference(case):
    inputs = case["inputs"]
    n = precision_sample_size(inputs["min_precision"], inputs["expected"], inputs["conf_level"])
    assert n == case["expected"]


@pytest.mark.parametrize("case", cases("sample_size_proportion") + cases("sample_size_proportion_fpc"))
def test_sample_size_for_a_margin_reference(case):
    inputs = case["inputs"]
    n = sample_size_proportion(inputs["margin"], inputs["p"], inputs["conf_level"], inputs.get("N"))
    assert abs(n - case["expected"]) <= case["tolerance"]


PLANS = {
    likelihood: cases(f"two_point_plan_{likelihood}")
    for likelihood in ("binomial", "poisson", "hypergeometric")
}


@pytest.mark.parametrize(("likelihood", "case"), labelled(PLANS))
def test_two_point_plan_reference(likelihood, case):
    inputs = case["inputs"]
    plan = two_point_plan(*inputs["PRP"], *inputs["CRP"], likelihood, inputs.get("N"))
    assert [plan.n, plan.accept] == case["expected"]


@pytest.mark.parametrize("case", cases("oc_prob_accept_binomial"))
def test_oc_curve_reference(case):
    inputs = case["inputs"]
    assert oc_curve(inputs["n"], inputs["c"], [inputs["p"]]) == pytest.approx(
        [case["expected"]], abs=case["tolerance"]
    )


@pytest.mark.parametrize("case", cases("oc_prob_accept_hypergeometric"))
def test_oc_curve_of_a_finite_lot_reference(case):
    inputs = case["inputs"]
    accepted = oc_curve(inputs["n"], inputs["c"], inputs["D"] / inputs["N"], "hypergeometric", inputs["N"])
    assert float(accepted) == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("oc_prob_accept_double"))
def test_double_plan_reference(case):
    inputs = case["inputs"]
    accepted = oc_curve_double(*(inputs[key] for key in ("n1", "Ac1", "Re1", "n2", "Ac2", "p")))
    assert float(accepted) == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("upper_bound_one_sided_poisson"))
def test_poisson_bound_reference(case):
    inputs = case["inputs"]
    bound = poisson_upper_bound(inputs["x"], inputs["n"], inputs["conf_level"])
    assert bound == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("stringer_bound"))
def test_stringer_reference(case):
    inputs = case["inputs"]
    bound = stringer_bound(inputs["taints"], inputs["n"], inputs["conf_level"])
    assert bound == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("most_likely_error_taints"))
def test_most_likely_error_reference(case):
    found = most_likely_error(case["inputs"]["taints"], case["inputs"]["n"])
    assert found == pytest.approx(case["expected"], abs=case["tolerance"])


def test_stringer_with_whole_errors_is_clopper_pearson():
    assert stringer_bound([1, 1], 80) == pytest.approx(
        proportion(2, 80, "clopper-pearson", side="upper").high
    )
    assert stringer_bound([], 59) == pytest.approx(1 - 0.05 ** (1 / 59))


def test_the_sample_is_enough_and_one_less_is_not():
    n = attribute_sample_size(0.03, 0.01)
    errors = int(np.ceil(n * 0.01))
    assert stats.binom.cdf(errors, n, 0.03) <= 0.05 < stats.binom.cdf(errors, n - 1, 0.03)


def test_planning_is_quick_enough_for_a_page():
    start = time.perf_counter()
    attribute_sample_size(0.02, 0.015)
    two_point_plan(0.01, 0.95, 0.02, 0.05)
    assert time.perf_counter() - start < 1


def test_oc_curve_has_the_shape_of_its_rates():
    curve = oc_curve(32, 1, np.linspace(0, 0.2, 21))
    assert curve.shape == (21,)
    assert curve[0] == 1
    assert (np.diff(curve) < 0).all()


def test_expected_width_is_that_of_the_interval():
    interval = proportion(10, 100)
    assert expected_width(100, 0.1) == pytest.approx(interval.high - interval.low)
    assert expected_width(100, 0.1, population=200) < expected_width(100, 0.1)
    assert expected_width(100, 0.1, population=100) == 0


def test_predicted_saving_is_bounded_by_the_batch():
    assert predicted_saving(0.75) == pytest.approx(4)
    assert predicted_saving(0.75, residual_cv=1) == pytest.approx(8)
    assert predicted_saving(0.75, n=100, population=10**9) == pytest.approx(4, rel=1e-3)
    assert predicted_saving(0.75, n=100, population=150) < 1.5
    with pytest.raises(ValueError, match="r_squared"):
        predicted_saving(1.0)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: attribute_sample_size(0.05, 0.05), "must be below the materiality"),
        (lambda: attribute_sample_size(0.0), "between 0 and 1"),
        (lambda: attribute_sample_size(0.05, likelihood="hypergeometric"), "needs the population"),
        (
            lambda: attribute_sample_size(0.05, 90, likelihood="hypergeometric", population=100),
            "no sample is large",
        ),
        (lambda: attribute_sample_size(0.05, likelihood="normal"), "unknown likelihood"),
        (lambda: oc_curve(20, 0, [0.1, -0.1]), "between 0 and 1"),
        (lambda: oc_curve(20, 0, 0.1, "hypergeometric", 10), "cannot be drawn from 10"),
        (lambda: two_point_plan(0.1, 0.95, 0.05, 0.1), "p1 < p2"),
        (lambda: sample_size_proportion(0), "between 0 and 1"),
        (lambda: stringer_bound([1.2], 10), "taints"),
        (lambda: poisson_upper_bound(-1, 10), "k >= 0"),
    ],
)
def test_plans_that_cannot_be_are_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()


def test_errors_of_a_small_batch_are_rounded_against_the_plan():
    plan = two_point_plan(0.05, 0.95, 0.15, 0.1, "hypergeometric", 30)
    accepted = [
        float(oc_curve(plan.n, plan.accept, rate, "hypergeometric", 30, rounding))
        for rate, rounding in ((0.05, "down"), (0.15, "up"))
    ]
    assert accepted[0] >= 0.95
    assert accepted[1] <= 0.1


@pytest.mark.parametrize(("precision", "expected"), [(0.05, 0.01), (0.02, 0.01), (0.1, 0.3)])
def test_a_sample_for_a_precision_is_the_smallest_with_some_errors_too(precision, expected):
    def near(n):
        errors = int(np.ceil(n * expected - 1e-9))
        bound = proportion(errors, n, "clopper-pearson", side="upper").high
        return errors < n and bound - errors / n <= precision

    found = precision_sample_size(precision, expected)
    assert near(found)
    assert not any(near(n) for n in range(1, found))
