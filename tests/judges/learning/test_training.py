"""A judge learnt from labels: as good unseen as it says, the same when read back, honest about its own items."""

import asyncio
import json
import random

import pytest

from judges.architectures.learned import Learned, LearnedJudge
from judges.contracts import Outcome, Subject
from judges.learning.model import LearnedModel, content_key
from judges.learning.training import Example, train
from judges.providers.switchboard import Switchboard
from tests.judges.bench import CORRECT, HELPFUL

WORDS = [f"w{n}" for n in range(300)]


def example(number, skill=0.9, **changes):
    """The answer repeats the question's words where it is right, mostly; a judge's number knows it, mostly."""
    chance = random.Random(number)
    asked, right = chance.sample(WORDS, 8), chance.random() < 0.6
    shares = right if chance.random() < skill else not right
    said = [*(asked[:5] if shares else []), *chance.sample(WORDS, 6)]
    opinion = float(right if chance.random() < 0.8 else not right)
    fields = {"label": "yes" if right else "no", "opinions": {"other judge": opinion}} | changes
    return Example({"input": " ".join(asked), "output": " ".join(said)}, **fields)


@pytest.fixture(scope="module")
def trained():
    return train([example(number) for number in range(200)])


def test_it_says_how_good_it_is_unseen(trained):
    report, unseen = trained.report, [example(number) for number in range(1000, 1300)]
    said = [trained.model.probabilities(Subject("1", one.payload), one.opinions) for one in unseen]
    right = [max(one, key=one.get) == truth.label for one, truth in zip(said, unseen, strict=True)]
    assert report.accuracy > report.base_accuracy + 0.1
    assert report.brier < report.base_brier
    assert sum(right) / len(right) == pytest.approx(report.accuracy, abs=0.08)
    assert report.calibration_error < 0.15
    assert sum(one.items for one in report.bins) == report.items == 200


def test_the_model_reads_back_as_itself_from_json(trained):
    written = json.loads(json.dumps(trained.model.to_dict()))
    again = LearnedModel.from_dict(written)
    assert again.to_dict() == written
    item = Subject("1", example(5000).payload)
    assert again.probabilities(item, {})["yes"] == pytest.approx(
        trained.model.probabilities(item, {})["yes"], abs=1e-4
    )


def test_training_is_repeatable():
    examples = [example(number) for number in range(60)]
    first, second = train(examples), train(examples)
    assert (first.model, first.out_of_fold) == (second.model, second.out_of_fold)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"intercepts": [0.0]},
        {"means": [1.0]},
        {"temperature": 0},
        {"idf": None},
        {"words": [{"1": "nan"}, {}]},
    ],
)
def test_a_model_that_is_not_whole_is_refused(trained, spoilt):
    with pytest.raises(ValueError, match="learned model"):
        LearnedModel.from_dict(trained.model.to_dict() | spoilt)


def judge(trained, question=CORRECT):
    return LearnedJudge([Learned(question, trained.model, trained.out_of_fold)])


def answer(judge_, item_id, payload):
    return asyncio.run(judge_.judge(Subject(item_id, payload), Switchboard({}))).answers[0]


def test_on_its_own_training_items_it_says_what_it_said_unseen(trained):
    own = example(3)
    found = answer(judge(trained), "1", own.payload)
    unseen = trained.out_of_fold[content_key(own.payload)]
    assert found.details["trained_on_it"] == "out of fold"
    assert found.probability == max(unseen.values())
    assert answer(judge(trained), "1", example(7000).payload).details["trained_on_it"] == "no"


def test_it_is_told_what_other_judges_said(trained):
    told, item = judge(trained), example(8000).payload
    told.inform({"1": {"other judge": 1.0}, "2": {"other judge": 0.0}})
    yes = [answer(told, item_id, item).probabilities["yes"] for item_id in ("1", "3", "2")]
    assert yes[0] > yes[1] > yes[2]


def test_it_answers_on_the_scale_with_reasons(trained):
    found = answer(judge(trained), "1", example(9001).payload)
    assert found.outcome is Outcome.SCORED
    assert sum(found.probabilities.values()) == pytest.approx(1)
    assert "(+" in found.rationale
    with pytest.raises(ValueError, match="helpful: "):
        judge(trained, HELPFUL)


def test_copies_never_stand_on_both_sides():
    """Labels that cannot be learnt: whoever sees a copy of an item in training would know its label."""
    chance = random.Random(1)
    texts = [" ".join(chance.choices(WORDS, k=30)) for _ in range(60)]
    examples = [
        Example({"output": f"{text} x{copy}"}, "yes" if number % 2 else "no")
        for number, text in enumerate(texts)
        for copy in range(3)
    ]
    report = train(examples).report
    assert report.clusters == 60
    assert report.accuracy < 0.65


def test_items_of_one_cluster_stay_together():
    examples = [example(number, cluster=f"question {number // 10}") for number in range(100)]
    assert train(examples).report.clusters == 10


def test_three_classes_are_learnt_too():
    examples = [
        Example({"output": f"{word} " + " ".join(random.Random(n).choices(WORDS, k=5))}, label)
        for n in range(40)
        for label, word in {"1": "bad", "2.5": "middling", "4": "good"}.items()
    ]
    trained = train(examples)
    assert trained.report.accuracy > 0.8
    assert answer(judge(trained, HELPFUL), "1", {"output": "good w1 w2 w3 w4 w5"}).value == "4"


@pytest.mark.parametrize(
    ("examples", "complaint"),
    [
        ([example(n) for n in range(20)], "20 labelled items are too few"),
        ([example(n, label="yes") for n in range(60)], "all labels are the same"),
        ([example(n, label="yes" if n else "no") for n in range(60)], "fewer than 5 items are labelled no"),
        ([example(n, cluster=str(n % 3)) for n in range(60)], "3 clusters, which cannot fill 5 folds"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(examples, complaint):
    with pytest.raises(ValueError, match=complaint):
        train(examples)
