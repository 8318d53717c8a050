import math

import pytest

from auditing.stats.votes import label_entropy, majority_vote, rater_accuracy
from tests.stats.published import toy_opinions
from tests.stats.reference import cases


def accuracies(found):
    return {**dict(zip(found.raters, found.accuracy.tolist(), strict=True)), "overall": found.overall}


@pytest.mark.parametrize("case", cases("worker_accuracy_on_gold"))
def test_accuracy_on_gold_reference(case):
    found = rater_accuracy(*toy_opinions(), case["inputs"]["gold"])
    assert accuracies(found) == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("worker_accuracy_on_aggregates"))
def test_accuracy_against_the_majority_reference(case):
    item, rater, label = toy_opinions()
    vote = majority_vote(item, label)
    found = rater_accuracy(item, rater, label, dict(zip(vote.items, vote.labels, strict=True)))
    assert accuracies(found) == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("label_entropy_uncertainty"))
def test_label_entropy_reference(case):
    found = label_entropy(case["inputs"]["labels"])
    assert found == pytest.approx(case["expected"], abs=case["tolerance"])


def test_a_tie_is_marked_and_settled_by_the_order_of_the_scale():
    vote = majority_vote(["i", "i", "j"], ["low", "high", "high"], categories=["low", "high"])
    assert vote.labels == ("low", "high")
    assert vote.tied.tolist() == [True, False]
    assert vote.share.tolist() == [0.5, 1.0]


def test_no_opinion_does_not_vote():
    vote = majority_vote(["i", "i", "i"], [None, float("nan"), "no"])
    assert (vote.labels, vote.n.tolist()) == (("no",), [1])
    assert label_entropy(["no", None]) == 0


def test_a_rater_outside_the_reference_has_no_accuracy():
    found = rater_accuracy(["i", "j"], ["a", "b"], ["x", "x"], {"i": "x"})
    assert math.isnan(found.accuracy[1])
    assert found.to_dict()["accuracy"] == [1.0, None]
    assert math.isnan(rater_accuracy(["i"], ["a"], ["x"], {}).overall)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: majority_vote(["i"], ["x", "y"]), "equally long"),
        (lambda: majority_vote(["i"], [None]), "hold an opinion"),
        (lambda: rater_accuracy(["i"], ["a", "b"], ["x"], {}), "differ in length"),
        (lambda: label_entropy([]), "no opinion"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()


def test_no_opinion_is_not_a_wrong_one():
    found = rater_accuracy(
        ["i", "j", "k"], ["r", "r", "r"], ["a", None, float("nan")], dict.fromkeys("ijk", "a")
    )
    assert (found.accuracy.tolist(), found.n.tolist(), found.overall) == ([1.0], [1], 1.0)
