import numpy as np
import pytest

from auditing.stats.calibration import brier, expected_calibration_error, reliability_curve
from tests.stats.reference import cases


@pytest.mark.parametrize("case", cases("brier"))
def test_brier_reference(case):
    assert brier(case["inputs"]["y"], case["inputs"]["p"]) == pytest.approx(
        case["expected"], abs=case["tolerance"]
    )


@pytest.mark.parametrize("case", cases("ece_equal_width"))
def test_calibration_error_reference(case):
    inputs = case["inputs"]
    result = expected_calibration_error(inputs["y"], inputs["p"], inputs["bins"])
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])


def test_overconfidence_shows_in_curve_and_error():
    rng = np.random.default_rng(2)
    stated = rng.uniform(0.5, 1, size=4000)
    outcomes = rng.random(4000) < stated - 0.2
    curve = reliability_curve(outcomes, stated)
    assert [point.n for point in curve] == [
        int(((stated > low) & (stated <= low + 0.1)).sum()) for low in (0.5, 0.6, 0.7, 0.8, 0.9)
    ]
    assert all(point.high < point.stated for point in curve)
    result = expected_calibration_error(outcomes, stated)
    assert result.low < 0.2 < result.high
    assert result == expected_calibration_error(outcomes, stated)


def test_inputs_that_are_not_probabilities_are_refused():
    with pytest.raises(ValueError, match="as many probabilities"):
        brier([1], [0.5, 0.5])
    with pytest.raises(ValueError, match="must be 0 or 1"):
        brier([2], [0.5])
    with pytest.raises(ValueError, match="must be 0 or 1"):
        brier([1], [1.5])
