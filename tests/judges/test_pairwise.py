import json

import pytest

from judges.architectures.pairwise import Pairwise, swapped
from judges.architectures.single import Single
from judges.contracts import Outcome, Question, Subject
from judges.scales import PreferenceScale
from judges.simulator import Persona, Simulator
from tests.judges.bench import CORRECT, ONCE, put, put_all, spec
from tests.judges.canned import canned, said

BETTER = Question("better", "Which is better?", PreferenceScale())
JUDGE = Pairwise(Single(spec(questions=[BETTER], repair_attempts=0)))
PAIR = Subject("1", {"input": "Why?", "candidates": {"a": "good", "b": "bad"}})


def good_one(payload):
    return {"better": next(side for side, text in payload["candidates"].items() if text.startswith("good"))}


def pairs(count):
    sides = [("good", "bad"), ("bad", "good")]
    return [
        Subject(str(n), {"candidates": {"a": f"{sides[n % 2][0]} {n}", "b": f"{sides[n % 2][1]} {n}"}})
        for n in range(count)
    ]


def test_both_orders_are_asked_and_the_preference_is_mapped_back():
    with Simulator({"simulated": Persona(skill=1.0)}, oracle=good_one) as simulator:
        judgement = put(simulator, JUDGE, PAIR)
    (answer,) = judgement.answers
    assert (answer.outcome, answer.value) == (Outcome.SCORED, "a")
    assert [call.role for call in judgement.calls] == ["as given", "swapped"]
    assert json.loads(judgement.calls[1].response_text)["better"]["value"] == "b"


def test_a_judge_that_prefers_a_place_is_caught():
    always_first = Persona(skill={"better": {"a": {"a": 1.0}, "b": {"a": 1.0}}})
    with Simulator({"simulated": always_first}, oracle=good_one) as simulator:
        (answer,) = put(simulator, JUDGE, PAIR).answers
    assert answer.outcome is Outcome.ORDER_INCONSISTENT
    assert answer.value is None
    assert answer.reason == "a as given, b with the candidates swapped: whichever came first won"
    assert answer.details["orders"]["swapped"]["value"] == "b"


def test_accuracy_on_what_is_consistent_is_better_than_in_one_order():
    with Simulator({"simulated": Persona(skill=0.8)}, oracle=good_one) as simulator:
        found = put_all(simulator, JUDGE, pairs(120))
    answers = {judgement.item_id: judgement.answers[0] for judgement in found}
    scored = {key: one.value for key, one in answers.items() if one.outcome is Outcome.SCORED}
    right = sum(value == ("a" if int(key) % 2 == 0 else "b") for key, value in scored.items())
    assert {one.outcome for one in answers.values()} == {Outcome.SCORED, Outcome.ORDER_INCONSISTENT}
    assert right / len(scored) > 0.9


@pytest.mark.parametrize(("other", "outcome"), [("tie", Outcome.SCORED), ("b", Outcome.ORDER_INCONSISTENT)])
def test_a_tie_stands_only_against_a_tie(other, outcome):
    with canned(said('{"better": {"value": "tie"}}'), said(f'{{"better": {{"value": "{other}"}}}}')) as local:
        (answer,) = put(local, JUDGE, PAIR).answers
    assert answer.outcome is outcome


def test_one_order_that_fails_fails_the_whole():
    with Simulator({"other": Persona()}) as simulator:
        (answer,) = put(simulator, JUDGE, PAIR, retry=ONCE).answers
    assert answer.outcome is Outcome.INFRA_FAILED


def test_nothing_but_the_candidates_is_swapped():
    turned = swapped(PAIR)
    assert turned.payload == {"input": "Why?", "candidates": {"a": "bad", "b": "good"}}
    assert swapped(turned) == PAIR


def test_an_item_without_two_candidates_is_not_asked_about():
    with Simulator() as simulator:
        judgement = put(simulator, JUDGE, Subject("2", {"output": "x"}))
    assert (judgement.answers[0].outcome, judgement.calls) == (Outcome.ABSTAINED, ())
    assert "two candidates" in judgement.answers[0].reason
    assert JUDGE.opening(Subject("2", {"candidates": {"a": "x"}})) == []


def test_without_a_preference_there_is_nothing_to_compare():
    with pytest.raises(ValueError, match="preference scale"):
        Pairwise(Single(spec(questions=[CORRECT])))
