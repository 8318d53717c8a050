import pytest

from auditing.stats.severity import severity_score
from tests.stats.reference import cases


@pytest.mark.parametrize("case", cases("mqm_raw_quality_score"))
def test_quality_score_reference(case):
    inputs = case["inputs"]
    found = severity_score(
        inputs["counts"], inputs["EWC"], inputs["multipliers"], reference=inputs["RWC"], best=inputs["MSV"]
    )
    assert [found.penalty, found.per_word, found.score] == pytest.approx(
        case["expected"], abs=case["tolerance"]
    )


def test_a_short_text_is_normed_to_the_reference():
    found = severity_score({"major": 1}, words=250)
    assert (found.per_word, found.normed, found.score) == (0.02, 20.0, 98.0)


def test_more_errors_than_words_fall_below_nought():
    assert severity_score({"critical": 1}, words=10).score == -150


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: severity_score({"fatal": 1}, 100), "no weight for severity 'fatal'"),
        (lambda: severity_score({}, 0), "positive"),
        (lambda: severity_score({"minor": -1}, 10), "negative"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
