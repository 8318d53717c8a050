import pytest

from judges.architectures.cascade import Cascade, Stage
from judges.architectures.consistency import SelfConsistency
from judges.architectures.human import Human
from judges.architectures.single import Single
from judges.architectures.weighted import Weighted
from judges.contracts import Outcome
from judges.simulator import Persona, Simulator
from tests.judges.bench import CORRECT, HELPFUL, ONCE, put, put_all, spec, subjects

TRUTH = {"correct": "no", "helpful": 1}
CHEAP, STRONG = Weighted(spec(model="cheap")), Single(spec(model="strong"))


def cascade(accept, last=STRONG):
    return Cascade([Stage("cheap", CHEAP, accept), Stage("last", last)])


def simulator(cheap=0.8, **options):
    personas = {"cheap": Persona(skill=cheap, **options), "strong": Persona(skill=1.0)}
    return Simulator(personas, oracle=lambda payload: TRUTH)


def test_a_sure_answer_costs_no_second_call():
    with simulator() as endpoint:
        judgement = put(endpoint, cascade({"correct": 0.7, "helpful": 0.7}))
    assert [call.role for call in judgement.calls] == ["cheap"]
    assert [answer.details["stage"] for answer in judgement.answers] == ["cheap", "cheap"]


def test_only_the_question_that_was_unsure_takes_the_next_answer():
    with simulator() as endpoint:
        correct, helpful = put(endpoint, cascade({"correct": 0.9, "helpful": 0.7})).answers
    assert (correct.value, correct.details["stage"]) == ("no", "last")
    assert helpful.details["stage"] == "cheap"
    (passed,) = correct.details["passed_on"]
    assert passed["stage"] == "cheap"
    assert passed["probability"] == pytest.approx(0.8, abs=0.01)
    assert passed["why"].endswith("with 0.80, below 0.9")


def test_a_question_without_a_threshold_always_goes_on():
    with simulator() as endpoint:
        correct, helpful = put(endpoint, cascade({"helpful": 0.1})).answers
    assert (correct.details["stage"], helpful.details["stage"]) == ("last", "cheap")


def test_what_nobody_is_sure_of_is_left_to_a_human():
    judge = cascade({"correct": 0.9, "helpful": 0.1}, Human([CORRECT, HELPFUL]))
    with simulator() as endpoint:
        correct, helpful = put(endpoint, judge).answers
    assert correct.outcome is Outcome.ABSTAINED
    assert correct.reason.startswith("left to a human (cheap: ")
    assert helpful.outcome is Outcome.SCORED


def test_an_endpoint_that_fails_is_retried_and_not_escalated():
    with Simulator({"strong": Persona()}) as endpoint:
        judgement = put(endpoint, cascade({}), retry=ONCE)
    assert {answer.outcome for answer in judgement.answers} == {Outcome.INFRA_FAILED}
    assert [call.role for call in judgement.calls] == ["cheap"]


def test_hard_items_go_on_and_the_whole_is_better_than_the_cheap_judge():
    with simulator(cheap=0.6, spread=0.4) as endpoint:
        alone = put_all(endpoint, CHEAP, subjects(150))
        both = put_all(endpoint, cascade({"correct": 0.75, "helpful": 0.0}), subjects(150))
    wrong = [sum(one.answers[0].value != "no" for one in found) / 150 for found in (alone, both)]
    assert wrong[1] < wrong[0] / 2
    assert 60 < sum(len(one.calls) == 2 for one in both) < 140


def test_the_opening_is_the_first_stage_alone():
    assert [request.role for request in cascade({}).opening(subjects(1)[0])] == ["cheap"]
    samples = Cascade([Stage("n", SelfConsistency(spec(temperature=1.0), 2)), Stage("last", STRONG)])
    assert [one.role for one in samples.opening(subjects(1)[0])] == ["n, sample 1", "n, sample 2"]


def test_thresholds_and_stages_are_in_the_fingerprint():
    prints = {
        judge.fingerprint()
        for judge in (cascade({}), cascade({"correct": 0.5}), cascade({}, Human([CORRECT, HELPFUL])))
    }
    assert len(prints) == 3


def test_the_last_stage_answers_everything():
    with pytest.raises(ValueError, match="at least two"):
        Cascade([Stage("only", STRONG)])
    with pytest.raises(ValueError, match="must answer every question"):
        cascade({}, Single(spec(questions=[CORRECT])))
