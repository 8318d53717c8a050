"""Rules in order: the first that speaks decides."""

import asyncio

import pytest

from judges.architectures.program import Program, Rule, Ruleset
from judges.contracts import Outcome, Subject
from judges.programs.catalogue import check_from_dict
from judges.providers.switchboard import Switchboard
from judges.runner import run
from tests.judges.bench import CORRECT, HELPFUL

CONTAINS = check_from_dict({"check": "match", "how": "contains"})
APOLOGY = check_from_dict({"check": "regex", "pattern": "^Sorry"})
NOBODY = Switchboard({})


def program(*rules, otherwise="", question=CORRECT):
    return Program([Ruleset(question, rules, otherwise)])


def answer(judge, **payload):
    judgement = asyncio.run(judge.judge(Subject("1", payload), NOBODY))
    assert judgement.calls == ()
    return judgement.answers[0]


def test_the_first_rule_that_speaks_decides():
    judge = program(Rule(APOLOGY, holds="no"), Rule(CONTAINS, holds="yes"), otherwise="no")
    assert answer(judge, output="Paris", reference="Paris").value == "yes"
    assert answer(judge, output="Rome", reference="Paris").value == "no"
    sorry = answer(judge, output="Sorry, Paris", reference="Paris")
    assert sorry.value == "no"
    assert [entry["check"] for entry in sorry.details["checks"]] == ["regex"]
    assert "Sorry" in sorry.rationale


def test_what_no_rule_decides_is_left_open():
    found = answer(program(Rule(CONTAINS, holds="yes")), output="Rome", reference="Paris")
    assert (found.outcome, found.reason) == (Outcome.ABSTAINED, "no check decided")


def test_a_check_that_cannot_be_made_is_never_taken_as_passed():
    found = answer(program(Rule(CONTAINS, fails="no"), otherwise="yes"), output="Rome")
    assert found.outcome is Outcome.ABSTAINED
    assert "'reference'" in found.reason


def test_values_are_on_the_scale():
    assert (
        answer(program(Rule(APOLOGY, fails="2.50", holds="1"), question=HELPFUL), output="x").value == "2.5"
    )
    with pytest.raises(ValueError, match='correct: "maybe" is not one of yes, no'):
        program(Rule(APOLOGY, holds="maybe"))


@pytest.mark.parametrize("rules", [[], [Rule(APOLOGY)]])
def test_rules_that_decide_nothing_are_refused(rules):
    with pytest.raises(ValueError, match="correct: "):
        program(*rules, otherwise="yes")


def test_it_answers_only_what_it_has_rules_for():
    assert [question.key for question in program(Rule(APOLOGY, holds="no")).questions] == ["correct"]


def test_the_fingerprint_covers_every_setting():
    prints = {
        program(Rule(APOLOGY, holds="no")).fingerprint(),
        program(Rule(APOLOGY, holds="yes")).fingerprint(),
        program(Rule(APOLOGY, holds="no"), otherwise="yes").fingerprint(),
        program(Rule(check_from_dict({"check": "regex", "pattern": "^sorry"}), holds="no")).fingerprint(),
    }
    assert len(prints) == 4
    again = program(Rule(check_from_dict({"check": "regex", "pattern": "^Sorry"}), holds="no"))
    assert again.fingerprint() in prints


def test_a_batch_is_looked_through_once_for_its_duplicates():
    judge = program(Rule(check_from_dict({"check": "near_duplicate"}), holds="no", fails="yes"))
    items = [Subject(str(n), {"output": output}) for n, output in enumerate(["one two", "three", "One two."])]
    assert judge.surveys
    judge.survey(iter(items))
    judged = {}
    asyncio.run(
        run(judge, items, NOBODY, concurrency=4,
            on_judgement=lambda one: judged.update({one.item_id: one.answers[0].value}))
    )  # fmt: skip
    assert judged == {"0": "yes", "1": "yes", "2": "no"}
