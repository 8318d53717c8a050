"""Other figures from the same evidence: by the judge's error rates, and with missing labels at either end."""

import numpy as np
import pytest

from auditing.estimation.beside import by_error_rates, if_missing
from auditing.estimation.inputs import Numbers
from auditing.estimation.measures import Measure, on_scale_number
from auditing.stats.estimation import rogan_gladen

PASSES = Measure("correct", "pass_rate", on_scale_number, (0.0, 1.0))
POINTS = Measure("errors", "mean_severity_points", on_scale_number, (0.0, np.inf))


def evidence(labels, proxy=None, probabilities=0.1) -> Numbers:
    """The first items are the drawn ones."""
    n = len(labels)
    return Numbers(
        labels=np.array(labels, dtype=float),
        probabilities=np.broadcast_to(np.asarray(probabilities, dtype=float), (n,)),
        strata=np.full(n, "", dtype=object),
        strata_sizes={"": 100.0},
        clusters=None,
        proxy=None if proxy is None else np.array(proxy, dtype=float),
        labelled_in_proxy=None if proxy is None else np.arange(n),
        reach=None if proxy is None else np.ones(len(proxy)),
        population=100,
        unscored_verdicts=0,
    )


TRUTH = [1.0] * 8 + [0.0] * 4
SAID = [1.0] * 7 + [0.0] * 4 + [1.0]  # one good item missed, one bad one passed
JUDGED = SAID + [1.0] * 60 + [0.0] * 28


def test_error_rates_are_those_on_the_labelled_items():
    found = by_error_rates(evidence(TRUTH, JUDGED), PASSES, 0.95)["rogan_gladen"]
    assert (found["sensitivity"], found["specificity"]) == (7 / 8, 3 / 4)
    assert (found["n_positive"], found["n_negative"]) == (8, 4)
    expected = rogan_gladen(0.68, 100, specificity=0.75, sensitivity=7 / 8, n_negative=4, n_positive=8)
    assert (found["estimate"], found["low"], found["high"]) == (
        expected.estimate,
        expected.low,
        expected.high,
    )


def test_items_that_were_drawn_more_often_count_less():
    chances = [0.4] + [0.1] * 11  # the one good item that the judge passed was drawn four times as often
    found = by_error_rates(evidence(TRUTH, JUDGED, probabilities=chances), PASSES, 0.95)["rogan_gladen"]
    assert found["sensitivity"] == pytest.approx(6.25 / 7.25)
    assert found["n_positive"] == round(72.5**2 / (2.5**2 + 7 * 100))


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        (evidence([1.0] * 12, JUDGED), "said no to no item"),
        (evidence([0.0] * 12, JUDGED), "said yes to no item"),
        (evidence([1 - label for label in TRUTH], JUDGED), "no better than chance"),
    ],
)
def test_it_says_why_there_is_none(numbers, reason):
    assert reason in by_error_rates(numbers, PASSES, 0.95)["rogan_gladen"]["refusal"]


def test_without_a_judge_or_without_yes_and_no_there_is_nothing_to_say():
    assert by_error_rates(evidence(TRUTH), PASSES, 0.95) == {}
    assert by_error_rates(evidence([0.5] * 12, JUDGED), PASSES, 0.95) == {}
    assert by_error_rates(evidence(TRUTH, JUDGED), POINTS, 0.95) == {}


def test_missing_labels_are_all_at_one_end_or_the_other_by_their_weight():
    found = if_missing(evidence([1, 0, np.nan], probabilities=[0.5, 0.5, 0.25]), PASSES, 0.5)["missing"]
    assert (found["labels"], found["share"]) == (1, 0.5)
    assert (found["low"], found["high"]) == (0.25, 0.75)


def test_nothing_is_missing_or_the_scale_has_no_end():
    assert if_missing(evidence(TRUTH), PASSES, 0.6) == {}
    assert if_missing(evidence([1, np.nan]), POINTS, 1.0) == {}
