import pytest
from scipy import stats

from auditing.stats.intervals import hypergeometric, proportion
from tests.stats.reference import cases, labelled


@pytest.mark.parametrize("case", cases("wilson_ci"))
def test_wilson_reference(case):
    result = proportion(case["inputs"]["k"], case["inputs"]["n"], "wilson", case["inputs"]["level"])
    assert [result.low, result.high] == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("clopper_pearson_ci"))
def test_clopper_pearson_reference(case):
    result = proportion(case["inputs"]["k"], case["inputs"]["n"], "clopper-pearson", case["inputs"]["level"])
    assert [result.low, result.high] == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize(
    ("method", "case"),
    labelled(
        {
            "wilson": cases("wilson"),
            "clopper-pearson": cases("clopper_pearson"),
            "jeffreys": cases("jeffreys_equal_tailed"),
        }
    ),
)
def test_two_sided_reference(method, case):
    inputs = case["inputs"]
    result = proportion(inputs["x"], inputs["n"], method, inputs["conf_level"])
    assert [result.low, result.high] == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("clopper_upper_zero_errors"))
def test_zero_errors_upper_bound(case):
    inputs = case["inputs"]
    result = proportion(inputs["k"], inputs["n"], "clopper-pearson", 1 - inputs["alpha"], "upper")
    assert result.high == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("upper_bound_one_sided_binomial"))
def test_binomial_upper_bound(case):
    inputs = case["inputs"]
    result = proportion(inputs["x"], inputs["n"], "clopper-pearson", inputs["conf_level"], "upper")
    assert result.high == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("upper_bound_one_sided_hypergeometric"))
def test_hypergeometric_upper_bound(case):
    inputs = case["inputs"]
    result = hypergeometric(inputs["x"], inputs["n"], inputs["N"], inputs["conf_level"], "upper")
    assert result.high == pytest.approx(case["expected"], abs=case["tolerance"])


def test_side_is_named_and_changes_the_bound():
    assert proportion(0, 59, "clopper-pearson", side="upper").high == pytest.approx(0.0495, abs=1e-4)
    assert proportion(0, 59, "clopper-pearson").high == pytest.approx(0.0606, abs=1e-4)
    assert proportion(50, 59, side="lower").high == 1.0


def test_census_of_a_finite_batch_has_no_uncertainty():
    result = hypergeometric(3, 20, 20)
    assert result.low == result.high == pytest.approx(0.15)


@pytest.mark.parametrize("defects", [0, 1, 7, 20, 39, 40])
def test_hypergeometric_covers_at_least_the_confidence(defects):
    draws = stats.hypergeom(40, defects, 12)
    covered = sum(
        draws.pmf(k)
        for k in range(max(0, 12 - 40 + defects), min(12, defects) + 1)
        if (interval := hypergeometric(k, 12, 40)).low <= defects / 40 <= interval.high
    )
    assert covered >= 0.95 - 1e-12


@pytest.mark.parametrize("arguments", [(-1, 5), (6, 5), (0, 0)])
def test_impossible_counts_are_refused(arguments):
    with pytest.raises(ValueError, match="0 <= k <= n"):
        proportion(*arguments)


def test_unknown_choices_are_refused():
    with pytest.raises(ValueError, match="unknown method 'wald'"):
        proportion(1, 5, "wald")
    with pytest.raises(ValueError, match="unknown side"):
        proportion(1, 5, side="left")
    with pytest.raises(ValueError, match="larger than the batch"):
        hypergeometric(1, 6, 5)
