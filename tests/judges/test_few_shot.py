"""What a judge is shown beside the item: examples, and the reference or not."""

import json

from judges.architectures.single import Single
from judges.contracts import Example, Outcome, Subject
from judges.simulator import Persona, Simulator
from tests.judges.bench import CORRECT, HELPFUL, put, spec, subjects

SHOWN = Example(
    {"input": "2 + 2?", "output": "4"}, {"correct": "yes", "helpful": "4"}, {"correct": "It is 4."}
)
HALF = Example({"output": "5"}, {"correct": "no"})
ITEM = subjects(1)[0]


def turns(judge, item=ITEM, number=0):
    return list(Single(judge).opening(item)[number].messages)[1:]


def test_an_example_is_a_fenced_item_and_the_reply_that_was_right():
    item, reply, question = turns(spec(examples=[SHOWN]))
    assert "<untrusted-item>" in item["content"]
    assert json.loads(reply["content"]) == {
        "correct": {"rationale": "It is 4.", "value": "yes"},
        "helpful": {"rationale": "So it was ruled.", "value": 4},
    }
    assert "answer 0" in question["content"]


def test_the_item_itself_is_never_its_own_example():
    item = Subject("x", dict(SHOWN.payload))
    assert len(turns(spec(examples=[SHOWN, HALF]), item)) == 3


def test_a_question_of_its_own_gets_the_examples_that_answer_it():
    judge = Single(spec(examples=[SHOWN, HALF]), "per_criterion")
    correct, helpful = judge.opening(ITEM)
    assert [len(request.messages) for request in (correct, helpful)] == [6, 4]
    assert [request.role for request in (correct, helpful)] == ["correct", "helpful"]


def test_a_hidden_reference_is_shown_nowhere():
    item = Subject("1", {"output": "5", "reference": "the secret truth"})
    example = Example({"output": "6", "reference": "another secret"}, {"correct": "no"})
    for reference, seen in (("show", True), ("hide", False)):
        text = json.dumps(turns(spec(reference=reference, examples=[example]), item))
        assert ("the secret truth" in text) == seen
        assert ("another secret" in text) == seen


def test_one_call_a_criterion_answers_each_apart():
    truth = {"correct": "no", "helpful": 4}
    with Simulator({"simulated": Persona(skill=1.0)}, oracle=lambda payload: truth) as simulator:
        judgement = put(simulator, Single(spec(questions=[CORRECT, HELPFUL]), "per_criterion"))
    assert [answer.value for answer in judgement.answers] == ["no", "4"]
    assert [call.role for call in judgement.calls] == ["correct", "helpful"]
    assert {answer.outcome for answer in judgement.answers} == {Outcome.SCORED}


def test_one_call_a_criterion_is_another_judge():
    assert Single(spec()).fingerprint() != Single(spec(), "per_criterion").fingerprint()
