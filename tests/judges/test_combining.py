import math

import pytest

from judges.combining import Vote, combine
from judges.contracts import Answer, Outcome, Question
from judges.scales import BinaryScale, Level, NominalScale, NumericScale, Option, OrdinalScale, TaxonomyScale

YES_NO = Question("correct", "Is it right?", BinaryScale())
STARS = Question("stars", "How good?", OrdinalScale([Level(n) for n in (1, 2, 3, 4, 5)]))
SECONDS = Question("seconds", "How long?", NumericScale(0, 100))
TONE = Question("tone", "Which?", NominalScale([Option("warm"), Option("cold"), Option("flat")]))
ERRORS = Question("errors", "Which?", TaxonomyScale(["style"], {"minor": 1}))


def votes(question, *values, skills=()):
    """A vote for each value; an outcome in the place of a value is a vote that is not scored."""
    return [
        Vote(
            f"m{place}",
            Answer(question.key, value, reason="so")
            if isinstance(value, Outcome)
            else Answer(question.key, Outcome.SCORED, value),
            skills[place] if skills else None,
        )
        for place, value in enumerate(values)
    ]


def combined(question, how, *values, needs=1, skills=()):
    return combine(question, votes(question, *values, skills=skills), how, needs)


@pytest.mark.parametrize(
    ("question", "how", "values", "value"),
    [
        (YES_NO, "majority", ["yes", "no", "yes"], "yes"),
        (TONE, "majority", ["flat", "cold", "flat"], "flat"),
        (STARS, "mean", ["1", "4", "5"], "3"),
        (STARS, "mean", ["2", "3"], "2"),
        (SECONDS, "mean", ["10", "15"], "12.5"),
        (STARS, "median", ["1", "4", "5"], "4"),
        (YES_NO, "mean", ["no", "no", "yes"], "no"),
        (STARS, "minimum", ["4", "2", "5"], "2"),
        (SECONDS, "minimum", ["10", "9"], "9"),
        (YES_NO, "minimum", ["yes", "no", "yes"], "no"),
        (YES_NO, "all_agree", ["yes", "yes"], "yes"),
    ],
)
def test_how_opinions_become_one(question, how, values, value):
    answer = combined(question, how, *values)
    assert (answer.outcome, answer.value) == (Outcome.SCORED, value)


def test_a_majority_is_as_probable_as_its_share():
    answer = combined(YES_NO, "majority", "yes", "no", "yes")
    assert answer.probability == pytest.approx(2 / 3)
    assert answer.probabilities == pytest.approx({"yes": 2 / 3, "no": 1 / 3})


def test_the_exact_mean_is_kept_beside_the_level():
    assert combined(STARS, "mean", "1", "4", "5").details["mean"] == pytest.approx(10 / 3, abs=1e-6)


def test_a_tie_is_said_and_decides_nothing():
    answer = combined(YES_NO, "majority", "yes", "no")
    assert answer.outcome is Outcome.ABSTAINED
    assert answer.reason == "they tie: no 50%, yes 50%"


def test_who_does_not_agree_is_named():
    answer = combined(YES_NO, "all_agree", "yes", "no")
    assert answer.outcome is Outcome.ABSTAINED
    assert answer.reason == "they do not all agree: m0 yes, m1 no"


def test_weights_are_those_of_bayes_with_independent_errors():
    """One of .9 against two of .6: odds 9 to 1.5 * 1.5 = 2.25."""
    answer = combined(YES_NO, "weighted", "yes", "no", "no", skills=(0.9, 0.6, 0.6))
    assert answer.value == "yes"
    assert answer.probability == pytest.approx(9 / 11.25)


def test_values_that_nobody_has_keep_their_share():
    """Of three options: .7 against .15 and .15."""
    answer = combined(TONE, "weighted", "warm", skills=(0.7,))
    assert answer.probability == pytest.approx(0.7)


def test_a_member_worse_than_chance_speaks_against_its_value():
    assert combined(YES_NO, "weighted", "yes", "no", skills=(0.3, 0.6)).value == "no"


def test_the_skilled_pull_a_mean():
    first, second = math.log(4 * 0.9 / 0.1), math.log(4 * 0.5 / 0.5)
    answer = combined(STARS, "weighted", "5", "2", skills=(0.9, 0.5))
    expected = (5 * first + 2 * second) / (first + second)
    assert answer.details["mean"] == pytest.approx(expected, abs=1e-6)


def test_the_same_errors_in_another_order_are_the_same():
    one = '[{"category":"style","severity":"minor","note":"a"}]'
    other = '[{"category":"style","severity":"minor","note":"b"}]'
    assert combined(ERRORS, "majority", one, other, "[]").value == one


def test_every_vote_is_shown():
    answer = combined(YES_NO, "majority", "yes", Outcome.REFUSED, "yes", needs=2)
    assert answer.value == "yes"
    assert [vote["outcome"] for vote in answer.details["votes"]] == ["scored", "refused", "scored"]


@pytest.mark.parametrize(
    ("failed", "outcome"),
    [
        ([Outcome.PARSE_FAILED, Outcome.INFRA_FAILED], Outcome.INFRA_FAILED),
        ([Outcome.ABSTAINED, Outcome.TRUNCATED], Outcome.TRUNCATED),
        ([Outcome.ABSTAINED, Outcome.ABSTAINED], Outcome.ABSTAINED),
    ],
)
def test_too_few_make_no_answer_and_say_why(failed, outcome):
    answer = combined(YES_NO, "majority", "yes", *failed, needs=2)
    assert (answer.outcome, answer.value) == (outcome, None)
    assert answer.reason.startswith("1 of 3 scored it and 2 are needed: m1:")
