import pytest

from auditing.stats.comparisons import adjust_p_values, cusum, ewma, mcnemar, p_chart_limits, trusted_prefix
from tests.stats.reference import cases


@pytest.mark.parametrize("case", cases("benjamini_hochberg"))
def test_benjamini_hochberg_reference(case):
    result = adjust_p_values(case["inputs"]["p"], case["inputs"]["q"], "bh")
    assert result.adjusted == pytest.approx(case["expected"]["adjusted"], abs=case["tolerance"])
    assert result.rejected.sum() == case["expected"]["rejected"]


@pytest.mark.parametrize("case", cases("holm"))
def test_holm_reference(case):
    result = adjust_p_values(case["inputs"]["p"], case["inputs"]["alpha"], "holm")
    assert result.adjusted == pytest.approx(case["expected"]["adjusted"], abs=case["tolerance"])
    assert result.rejected.sum() == case["expected"]["rejected"]


def test_benjamini_yekutieli_is_stricter():
    p = [0.001, 0.01, 0.02, 0.9]
    assert (adjust_p_values(p, method="by").adjusted >= adjust_p_values(p).adjusted).all()


@pytest.mark.parametrize("case", cases("mcnemar_no_cc"))
def test_mcnemar_reference(case):
    (_, b), (c, _) = case["inputs"]["table"]
    assert mcnemar(b, c, exact=False).statistic == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("mcnemar_exact_p"))
def test_exact_mcnemar_reference(case):
    result = mcnemar(case["inputs"]["b"], case["inputs"]["c"])
    assert result.p_value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("p_chart_limits"))
def test_p_chart_reference(case):
    limits = p_chart_limits(case["inputs"]["pbar"], case["inputs"]["n"])
    assert limits == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("cusum_upper"))
def test_cusum_reference(case):
    inputs = case["inputs"]
    result = cusum(inputs["x"], inputs["target"], inputs["k"], inputs["h"])
    assert result.path == pytest.approx(case["expected"]["C_plus"], abs=case["tolerance"])
    assert result.first_signal == case["expected"]["first_signal_index_1based"] - 1


@pytest.mark.parametrize("case", cases("fixed_sequence_selective"))
def test_trust_or_escalate_reference(case):
    inputs = case["inputs"]
    trusted = trusted_prefix(inputs["sorted_confidence_desc_correct"], inputs["target_risk"], inputs["delta"])
    assert trusted == case["expected"]


def test_no_difference_is_no_evidence():
    assert mcnemar(0, 0).p_value == mcnemar(0, 0, exact=False).p_value == 1
    assert cusum([1.0, 1.0], 1.0, 0.5, 5).first_signal is None
    assert trusted_prefix([False] * 40, 0.1) == 0


def test_ewma_forgets_slowly():
    assert ewma([1, 1, 1], 0, 0.5).tolist() == [0.5, 0.75, 0.875]


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: adjust_p_values([0.1], method="sidak"), "unknown method"),
        (lambda: mcnemar(-1, 2), "cannot be negative"),
        (lambda: p_chart_limits(1.2, 10), "share between 0 and 1"),
        (lambda: ewma([1], 0, 0), "weight"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
