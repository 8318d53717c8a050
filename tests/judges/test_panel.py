import pytest

from judges.architectures.panel import Member, Panel
from judges.architectures.single import Single
from judges.contracts import Outcome
from judges.simulator import Persona, Simulator
from tests.judges.bench import CORRECT, HELPFUL, ONCE, put, put_all, spec, subjects

TRUTH = {"correct": "no", "helpful": 4}


def panel(*models, how="majority", needs=2, **changes):
    return Panel([Member(model, Single(spec(model=model, **changes))) for model in models], how, needs)


def test_three_fair_judges_together_are_better_than_one():
    personas = {model: Persona(skill=0.75) for model in "abc"}
    with Simulator(personas, oracle=lambda payload: TRUTH) as simulator:
        alone = put_all(simulator, Single(spec(model="a")), subjects(200))
        together = put_all(simulator, panel("a", "b", "c"), subjects(200))
    right = [sum(one.answers[0].value == "no" for one in found) / 200 for found in (alone, together)]
    assert right[0] == pytest.approx(0.75, abs=0.08)
    assert right[1] == pytest.approx(0.75**3 + 3 * 0.75**2 * 0.25, abs=0.07)


def test_every_call_says_whose_it_is():
    with Simulator({"a": Persona(), "b": Persona()}) as simulator:
        judgement = put(simulator, panel("a", "b", needs=1))
    assert [call.role for call in judgement.calls] == ["a", "b"]
    assert [request.role for request in panel("a", "b").opening(subjects(1)[0])] == ["a", "b"]


def test_a_failed_member_is_shown_and_the_others_decide():
    with Simulator({"a": Persona(skill=1.0), "b": Persona(skill=1.0)}, oracle=lambda _: TRUTH) as simulator:
        judgement = put(simulator, panel("a", "b", "unknown"), retry=ONCE)
    answer = judgement.answers[0]
    assert (answer.outcome, answer.value) == (Outcome.SCORED, "no")
    failed = answer.details["votes"][2]
    assert (failed["name"], failed["outcome"]) == ("unknown", "infra_failed")
    assert "UnknownModel" in failed["reason"]
    assert judgement.calls[2].error_kind == "UnknownModel"


def test_too_many_failed_members_can_be_retried():
    with Simulator({"a": Persona()}) as simulator:
        judgement = put(simulator, panel("a", "unknown"), retry=ONCE)
    assert {answer.outcome for answer in judgement.answers} == {Outcome.INFRA_FAILED}
    assert "1 of 2 scored it and 2 are needed" in judgement.answers[0].reason


def test_a_member_that_is_not_asked_a_question_does_not_vote_on_it():
    members = [
        Member("both", Single(spec(questions=[CORRECT, HELPFUL]))),
        Member("one", Single(spec(questions=[CORRECT]))),
    ]
    with Simulator({"simulated": Persona(skill=1.0)}, oracle=lambda _: TRUTH) as simulator:
        correct, helpful = put(simulator, Panel(members, "majority", 2)).answers
    assert [len(answer.details["votes"]) for answer in (correct, helpful)] == [2, 1]
    assert helpful.value == "4"


def test_the_fingerprint_knows_members_rule_and_need():
    prints = {
        panel("a", "b").fingerprint(),
        panel("b", "a").fingerprint(),
        panel("a", "b", needs=1).fingerprint(),
        panel("a", "b", how="minimum").fingerprint(),
        panel("a", "b", instructions="Be strict.").fingerprint(),
    }
    assert len(prints) == 5


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="cannot need 3"):
        panel("a", "b", needs=3)
    with pytest.raises(ValueError, match="a on correct, a on helpful"):
        panel("a", "b", how="weighted")
