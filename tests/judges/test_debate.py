import json

import pytest

from judges.architectures.debate import Debate
from judges.contracts import Outcome
from judges.simulator import Persona, Simulator
from tests.judges.bench import CORRECT, ONCE, put, put_all, spec, subjects

ALWAYS = {
    word: Persona(skill={"correct": {truth: {word: 1.0} for truth in ("yes", "no")}})
    for word in ("yes", "no")
}
PERSONAS = {**ALWAYS, "fair": Persona(skill=1.0), "poor": Persona(skill=0.6)}


def side(model):
    return spec(model=model, questions=[CORRECT])


def debate(first, second, third="fair", rounds=1):
    return Debate(side(first), side(second), side(third), rounds)


def debated(judge, truth="no", **options):
    with Simulator(PERSONAS, oracle=lambda payload: {"correct": truth}) as simulator:
        return put(simulator, judge, **options)


def test_who_agree_need_no_ruling():
    judgement = debated(debate("yes", "yes"))
    (answer,) = judgement.answers
    assert (answer.value, answer.details["by"]) == ("yes", "agreed")
    assert len(judgement.calls) == 2


def test_a_third_rules_on_what_they_differ_about():
    judgement = debated(debate("yes", "no", rounds=2))
    (answer,) = judgement.answers
    assert (answer.value, answer.details["by"]) == ("no", "ruled")
    assert [call.role for call in judgement.calls] == [
        "first judge",
        "second judge",
        "first judge, rebuttal 1",
        "second judge, rebuttal 1",
        "first judge, rebuttal 2",
        "second judge, rebuttal 2",
        "the judge who rules",
    ]
    assert answer.details["debaters"]["first judge"]["value"] == "yes"


def test_each_reads_the_other_inside_a_fence():
    calls = debated(debate("yes", "no")).calls
    rebuttal, ruling = (call.request["messages"][-1]["content"] for call in (calls[2], calls[4]))
    assert '<untrusted-argument by="the other judge">\n- correct: no.' in rebuttal
    assert '<untrusted-argument by="you, before">\n- correct: yes.' in rebuttal
    assert '<untrusted-argument by="the second judge">\n- correct: no.' in ruling


def test_without_rounds_the_third_rules_at_once():
    assert len(debated(debate("yes", "no", rounds=0)).calls) == 3


def test_a_side_that_the_endpoint_fails_can_be_retried():
    judgement = debated(debate("yes", "missing"), retry=ONCE)
    assert judgement.answers[0].outcome is Outcome.INFRA_FAILED
    assert len(judgement.calls) == 2


def test_two_poor_judges_and_a_good_one_are_better_than_a_poor_one():
    with Simulator(PERSONAS, oracle=lambda payload: {"correct": "no"}) as simulator:
        found = put_all(simulator, Debate(*map(side, ("poor", "poor", "fair"))), subjects(60))
    assert sum(json.loads(json.dumps(one.answers[0].value)) == "no" for one in found) / 60 > 0.6


def test_the_fingerprint_knows_the_sides_and_the_rounds():
    judges = [
        debate("yes", "no"),
        debate("no", "yes"),
        debate("yes", "no", rounds=2),
        debate("yes", "no", "poor"),
    ]
    assert len({judge.fingerprint() for judge in judges}) == 4
    with pytest.raises(ValueError, match="cannot take"):
        debate("yes", "no", rounds=-1)
