"""Disagreements found, rulings given, superseded, withdrawn, made gold."""

import pytest

from auditing.accounts.models import User
from auditing.adjudication.models import Disagreement, DisagreementState, Kind, Ruling
from auditing.adjudication.selectors import (
    disagreements_visible_to,
    open_for,
    opinions_on,
    rulings_on,
    rulings_visible_to,
    standing_rulings,
)
from auditing.adjudication.services import (
    make_gold,
    open_disagreements,
    reveal_verdicts,
    rule,
    rule_by_majority,
    withdraw_ruling,
)
from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.models import Item
from auditing.journal.models import Entry


def rule_yes(by: User, case: Disagreement, **changes: object) -> Ruling:
    wanted = {"item": case.item, "criterion": "correct", "value": "yes", "rationale": "In the reference."}
    return rule(by=by, audit=case.audit, **{**wanted, **changes})


def test_each_case_on_which_humans_differ_is_found_once(ruling_audit: Audit, lead: User) -> None:
    assert open_disagreements(by=lead, audit=ruling_audit) == 2
    assert open_disagreements(by=lead, audit=ruling_audit) == 0
    assert list(Disagreement.objects.values_list("item__external_id", "criterion", "kind", "state")) == [
        ("item-1", "correct", Kind.DIFFER, DisagreementState.OPEN),
        ("item-2", "helpful", Kind.DIFFER, DisagreementState.OPEN),
    ]


def test_nothing_is_compared_while_reviewers_are_independent(audit: Audit, lead: User) -> None:
    with pytest.raises(Conflict, match="blind to each other"):
        open_disagreements(by=lead, audit=audit)


def test_opinions_are_lettered_in_the_order_asked_for(
    disagreements: list[Disagreement], auditors: list[User]
) -> None:
    opinions = opinions_on(disagreements[0])
    assert [(one.letter, one.value) for one in opinions] == [("A", "yes"), ("B", "no"), ("C", "yes")]
    assert [one.reviewer for one in opinions] == auditors


def test_a_ruling_closes_the_case(disagreements: list[Disagreement], lead: User) -> None:
    ruling = rule_yes(lead, disagreements[0], value=" YES ", gold=True)
    assert (ruling.value, ruling.is_gold, ruling.by) == ("yes", True, lead)
    assert list(open_for(lead)) == [disagreements[1]]
    entry = Entry.objects.get(verb="ruled on")
    assert (entry.subject_name, entry.details) == (
        "correct of item-1 in week-10 · audit 1",
        {"gold": True},
    )


def test_a_later_ruling_supersedes_and_the_earlier_stays_on_record(
    disagreements: list[Disagreement], lead: User
) -> None:
    rule_yes(lead, disagreements[0])
    rule_yes(lead, disagreements[0], value="no")
    audit = disagreements[0].audit
    assert [ruling.value for ruling in standing_rulings(audit)] == ["no"]
    assert [ruling.value for ruling in rulings_on(disagreements[0])] == ["no", "yes"]


def test_a_withdrawn_ruling_opens_the_case_again(disagreements: list[Disagreement], lead: User) -> None:
    ruling = rule_yes(lead, disagreements[0])
    withdraw_ruling(by=lead, ruling=ruling)
    assert not standing_rulings(ruling.audit).exists()
    assert open_for(lead).count() == 2
    with pytest.raises(Conflict):
        withdraw_ruling(by=lead, ruling=ruling)


def test_an_agreed_case_can_be_ruled_on_too(ruling_audit: Audit, lead: User) -> None:
    third = ruling_audit.batch.items.get(external_id="item-3")
    assert rule(by=lead, audit=ruling_audit, item=third, criterion="helpful", value="1").value == "1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "maybe"}, "not one of yes, no"),
        ({"criterion": "style"}, "no criterion 'style'"),
        ({"rationale": "a\x00b"}, "null character"),
    ],
)
def test_bad_rulings_are_refused(
    disagreements: list[Disagreement], lead: User, changes: dict[str, str], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        rule_yes(lead, disagreements[0], **changes)
    assert not Ruling.objects.exists()


def test_an_item_outside_the_sample_cannot_be_ruled_on(disagreements: list[Disagreement], lead: User) -> None:
    with pytest.raises(BadInput, match="not in the sample"):
        rule_yes(lead, disagreements[0], item=Item.objects.get(external_id="item-9"))


@pytest.mark.parametrize("other", ["auditor", "outsider", "viewer", "vendor"])
def test_only_leads_of_the_collection_rule(
    disagreements: list[Disagreement], other: str, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(other)
    assert not disagreements_visible_to(user).exists()
    with pytest.raises(Forbidden):
        rule_yes(user, disagreements[0])


def test_rulings_are_seen_by_who_may_see_opinions(
    disagreements: list[Disagreement], lead: User, viewer: User, auditor: User, outsider: User
) -> None:
    rule_yes(lead, disagreements[0])
    seen = [rulings_visible_to(user).count() for user in (lead, viewer, auditor, outsider)]
    assert seen == [1, 1, 0, 0]


def test_nothing_is_ruled_after_the_decision(disagreements: list[Disagreement], lead: User) -> None:
    audit = disagreements[0].audit
    AUDIT.advance(audit, "estimate")
    rule_yes(lead, disagreements[0])
    AUDIT.advance(audit, "decide")
    with pytest.raises(Conflict, match="over"):
        rule_yes(lead, disagreements[0], value="no")


def test_the_majority_of_three_rules_and_ties_stay_open(
    disagreements: list[Disagreement], lead: User
) -> None:
    audit = disagreements[0].audit
    assert rule_by_majority(by=lead, audit=audit) == 1
    ruling = standing_rulings(audit).get()
    assert (ruling.value, ruling.rationale) == ("yes", "Majority of 3: 2 yes, 1 no.")
    assert list(open_for(lead)) == [disagreements[1]]
    assert rule_by_majority(by=lead, audit=audit) == 0
    assert Entry.objects.filter(verb="ruled by majority in").count() == 1


def test_gold_comes_and_goes(disagreements: list[Disagreement], lead: User) -> None:
    ruling = rule_yes(lead, disagreements[0])
    assert make_gold(by=lead, ruling=ruling).is_gold
    assert not make_gold(by=lead, ruling=ruling, gold=False).is_gold


def test_looking_at_the_judges_first_goes_on_record(disagreements: list[Disagreement], lead: User) -> None:
    reveal_verdicts(by=lead, disagreement=disagreements[0])
    assert Entry.objects.get(verb="looked at the judges before ruling on").actor_id == lead.pk
