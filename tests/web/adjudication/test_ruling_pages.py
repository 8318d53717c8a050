"""The list of disagreements, the ruling screen, and the audit's tab."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.adjudication.models import Disagreement, Ruling
from auditing.adjudication.selectors import standing_rulings
from auditing.adjudication.services import rule
from auditing.audits.models import Audit
from auditing.journal.models import Entry
from auditing.judging.models import Call, Judge, JudgeVersion, Run, Verdict


@pytest.fixture
def desk(client: Client, disagreements: list[Disagreement], lead: User) -> Client:
    client.force_login(lead)
    return client


def address(case: Disagreement, query: str = "") -> str:
    return reverse("disagreement", args=[case.pk]) + query


@pytest.fixture
def verdict(disagreements: list[Disagreement], lead: User) -> Verdict:
    """A judge's opinion on the first case."""
    now = datetime.now(UTC)
    judge = Judge.objects.create(name="strict-judge")
    version = JudgeVersion.objects.create(
        judge=judge,
        content={},
        created_by=lead,
        number=1,
        state="published",
        published_at=now,
        published_by=lead,
    )
    case = disagreements[0]
    run = Run.objects.create(audit=case.audit, judge_version=version, fingerprint="f", created_by=lead)
    call = Call.objects.create(run=run, item=case.item, state="done")
    return Verdict.objects.create(
        call=call,
        run=run,
        item=case.item,
        criterion=case.criterion,
        outcome="scored",
        value="no",
        rationale="It contradicts the reference.",
        at=now,
    )


def test_who_gave_one_of_the_opinions_is_told_so(
    desk: Client, lead: User, disagreements: list[Disagreement]
) -> None:
    case = disagreements[0]
    assert "One of these opinions is yours" not in desk.get(address(case)).text
    task = case.audit.review_tasks.filter(item=case.item, state="submitted").order_by("pk").first()
    task.reviewer = lead
    task.save()
    assert "One of these opinions is yours" in desk.get(address(case)).text


def test_the_list_filters_by_its_address(desk: Client, disagreements: list[Disagreement]) -> None:
    page = desk.get(reverse("disagreements"), {"criterion": "helpful"}).text
    assert address(disagreements[1]) in page
    assert f"{address(disagreements[0])}?" not in page


def test_ruled_cases_leave_the_open_list(desk: Client, disagreements: list[Disagreement], lead: User) -> None:
    for case, value in zip(disagreements, ("yes", "2"), strict=True):
        rule(by=lead, audit=case.audit, item=case.item, criterion=case.criterion, value=value)
    assert "Nothing to rule on" in desk.get(reverse("disagreements")).text
    assert address(disagreements[0]) in desk.get(reverse("disagreements"), {"state": "ruled"}).text


def test_opinions_stand_side_by_side_without_names(
    desk: Client, disagreements: list[Disagreement], auditors: list[User]
) -> None:
    page = desk.get(address(disagreements[0])).text
    assert "Reviewer A" in page
    assert auditors[0].display_name not in page
    assert auditors[0].display_name in desk.get(address(disagreements[0], "?names=1")).text


def test_the_judge_is_hidden_until_the_ruling(
    desk: Client, disagreements: list[Disagreement], verdict: Verdict
) -> None:
    assert verdict.rationale not in desk.get(address(disagreements[0])).text
    desk.post(address(disagreements[0]), {"agree": "A"})
    assert verdict.rationale in desk.get(address(disagreements[0])).text


def test_the_judge_can_be_revealed_on_record(
    desk: Client, disagreements: list[Disagreement], verdict: Verdict
) -> None:
    page = desk.post(reverse("disagreement-verdicts", args=[disagreements[0].pk])).text
    assert verdict.rationale in page
    assert Entry.objects.filter(verb="looked at the judges before ruling on").count() == 1
    assert verdict.rationale not in desk.get(address(disagreements[0])).text


def test_agreeing_rules_and_goes_to_the_next_case(desk: Client, disagreements: list[Disagreement]) -> None:
    first, second = disagreements
    answer = desk.post(address(first, f"?audit={first.audit_id}"), {"agree": "B", "gold": "on"})
    assert answer.headers["Location"] == address(second, f"?audit={first.audit_id}")
    ruling = standing_rulings(first.audit).get()
    assert (ruling.value, ruling.is_gold) == ("no", True)


def test_a_value_of_ones_own_rules_too(desk: Client, disagreements: list[Disagreement]) -> None:
    desk.post(address(disagreements[1]), {"answer-helpful": "2", "rationale": "Half of it is there."})
    ruling = standing_rulings(disagreements[1].audit).get()
    assert (ruling.value, ruling.rationale) == ("2", "Half of it is there.")


def test_ruling_nothing_is_refused(desk: Client, disagreements: list[Disagreement]) -> None:
    where = address(disagreements[0])
    page = desk.post(where, {}, follow=True, headers={"Referer": f"http://testserver{where}"}).text
    assert "Choose a value, or agree with an opinion." in page
    assert not Ruling.objects.exists()


def test_a_refused_ruling_keeps_what_was_typed(desk: Client, disagreements: list[Disagreement]) -> None:
    page = desk.post(address(disagreements[0]), {"rationale": "A long thought.", "gold": "on"}).text
    assert "Choose a value" in page
    assert "A long thought.</textarea>" in page
    assert 'data-key-label="Keep as gold" checked' in page
    assert not Ruling.objects.exists()


def test_the_last_ruling_leads_to_the_audit_and_can_be_withdrawn(
    desk: Client, disagreements: list[Disagreement]
) -> None:
    desk.post(address(disagreements[0]), {"agree": "A"})
    answer = desk.post(address(disagreements[1]), {"agree": "A"})
    assert answer.headers["Location"] == reverse("audit-rulings", args=[disagreements[0].audit_id])
    ruling = Ruling.objects.get(criterion="helpful")
    page = desk.get(answer.headers["Location"]).text
    assert reverse("ruling-withdraw", args=[ruling.pk]) in page
    desk.post(reverse("ruling-withdraw", args=[ruling.pk]))
    assert [one.criterion for one in standing_rulings(ruling.audit)] == ["correct"]


def test_the_majority_rules_from_the_audits_tab(desk: Client, disagreements: list[Disagreement]) -> None:
    tab = reverse("audit-rulings", args=[disagreements[0].audit_id])
    assert "Rule 1 by majority" in desk.get(tab).text
    desk.post(reverse("audit-majority", args=[disagreements[0].audit_id]))
    assert "Majority of 3: 2 yes, 1 no." in desk.get(tab).text


def test_gold_is_made_from_the_audits_tab(desk: Client, disagreements: list[Disagreement]) -> None:
    desk.post(address(disagreements[0]), {"agree": "A"})
    ruling = Ruling.objects.get()
    desk.post(reverse("ruling-gold", args=[ruling.pk]))
    assert Ruling.objects.get().is_gold


def test_while_reviewers_are_independent_the_tab_compares_nothing(
    client: Client, audit: Audit, lead: User
) -> None:
    client.force_login(lead)
    assert "Nothing is compared yet" in client.get(reverse("audit-rulings", args=[audit.pk])).text


@pytest.mark.parametrize("other", ["outsider", "auditor", "viewer", "vendor"])
def test_nobody_else_rules(
    client: Client, disagreements: list[Disagreement], other: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(other))
    assert client.get(address(disagreements[0])).status_code == 404
    assert client.post(reverse("disagreement-verdicts", args=[disagreements[0].pk])).status_code == 404
    assert client.post(reverse("audit-majority", args=[disagreements[0].audit_id])).status_code == 404
    assert not Ruling.objects.exists()
