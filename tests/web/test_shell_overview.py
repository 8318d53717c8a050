"""The overview: what needs whom today, and nothing of what a role may not see."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from auditing.accounts.models import User
from auditing.adjudication.models import Disagreement
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.datasets.models import Batch, Collection, Delivery
from auditing.estimation.models import Decision
from auditing.judging.services import save_endpoint, set_price
from auditing.reviews.models import Review, ReviewTask
from auditing.rubrics.models import RubricVersion
from auditing.sampling.services import draw_sample
from auditing.sops.models import SopVersion
from auditing.web.overview.needs import needs_of
from auditing.web.overview.presenters import audits_under_way, first_steps, latest_decisions, own_work
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.judging.building import JUDGE, MODEL, make_judge

EVIDENCE = {"estimand": "pass_rate", "estimate": 0.941, "low": 0.912, "high": 0.962}


def titles(user: User) -> list[str]:
    return [need.title for need in needs_of(user)]


def page_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def set_state(audit: Audit, state: str) -> None:
    Audit.objects.filter(pk=audit.pk).update(state=state)


def propose(audit: Audit, **fields: object) -> Decision:
    values = {"rule": {}, "evidence": EVIDENCE, "proposed": "accept", "reason": "The lower bound holds."}
    return Decision.objects.create(audit=audit, **(values | fields))


@pytest.fixture
def tasks(audit: Audit) -> list[ReviewTask]:
    set_state(audit, AuditState.COLLECTING)
    items = audit.batch.items.all()[:3]
    return [ReviewTask.objects.create(audit=audit, item=item, position=n) for n, item in enumerate(items)]


@pytest.mark.parametrize("role", ["admin", "lead", "auditor", "vendor", "viewer", "outsider"])
def test_everybody_has_an_overview(request: pytest.FixtureRequest, audit: Audit, role: str) -> None:
    assert "What needs you today" in page_of(request.getfixturevalue(role))


def test_an_audit_that_was_opened_wants_its_sample(audit: Audit, lead: User, viewer: User) -> None:
    assert titles(lead) == ["Draw the sample of week-10"]
    assert titles(viewer) == []


def test_a_batch_without_an_audit_wants_one(batch: Batch, lead: User, outsider: User) -> None:
    assert titles(lead) == ["week-10 has no audit yet"]
    assert titles(outsider) == []


def test_a_proposed_decision_wants_confirming_until_it_is(audit: Audit, lead: User) -> None:
    set_state(audit, AuditState.ESTIMATED)
    decision = propose(audit)
    assert titles(lead) == ["Confirm: accept week-10"]
    decision.outcome, decision.decided_at, decision.decided_by = "accept", timezone.now(), lead
    decision.save()
    assert titles(lead) == []


def test_disagreements_are_counted_per_audit(audit: Audit, lead: User, auditor: User) -> None:
    set_state(audit, AuditState.RULING)
    for item in audit.batch.items.all()[:2]:
        Disagreement.objects.create(audit=audit, item=item, criterion="correct", kind="differs")
    assert titles(lead) == ["2 disagreements to rule on"]
    assert titles(auditor) == []


def test_reviews_wait_for_auditors(tasks: list[ReviewTask], auditor: User, viewer: User) -> None:
    assert titles(auditor) == ["3 items to review"]
    assert titles(viewer) == []


def test_a_skipped_item_wants_handing_out_again(tasks: list[ReviewTask], lead: User, auditor: User) -> None:
    ReviewTask.objects.filter(pk=tasks[0].pk).update(state="skipped", reviewer=auditor)
    Review.objects.create(task=tasks[0], skip_reason="Not my language.")
    assert "1 item skipped by auditors" in titles(lead)


def test_a_failed_delivery_is_shown_to_who_made_it(collection: Collection, vendor: User, lead: User) -> None:
    Delivery.objects.create(
        collection=collection,
        by=vendor,
        file_name="items.jsonl",
        path="x",
        size=1,
        state="failed",
        error="line 7",
    )
    assert titles(vendor) == ["items.jsonl was not imported"]
    assert titles(lead) == []


def test_audits_under_way_say_how_far_they_are(tasks: list[ReviewTask], lead: User, auditor: User) -> None:
    ReviewTask.objects.filter(pk=tasks[0].pk).update(state="submitted", reviewer=auditor)
    [row] = audits_under_way(lead)
    assert (row.reviewed, row.to_review, row.judged, row.to_judge) == (1, 3, 0, 0)


def test_an_auditor_sees_no_audit_and_no_decision(audit: Audit, auditor: User) -> None:
    propose(audit, outcome="accept", decided_at=timezone.now())
    assert audits_under_way(auditor) == []
    assert latest_decisions(auditor) == []


def test_a_vendor_sees_decisions_on_her_batches_once_they_are_confirmed(audit: Audit, vendor: User) -> None:
    decision = propose(audit)
    assert latest_decisions(vendor) == []
    Decision.objects.filter(pk=decision.pk).update(outcome="reject", decided_at=timezone.now())
    page = page_of(vendor)
    assert "week-10" in page
    assert "94.1%" in page
    assert "/audits/" not in page


def test_an_outsider_sees_nothing_of_it(audit: Audit, outsider: User) -> None:
    propose(audit, outcome="accept", decided_at=timezone.now())
    assert "week-10" not in page_of(outsider)


def test_own_work_counts_what_was_handed_in(tasks: list[ReviewTask], auditor: User, viewer: User) -> None:
    ages = (timedelta(0), timedelta(days=3), timedelta(days=30))
    for task, age in zip(tasks, ages, strict=True):
        ReviewTask.objects.filter(pk=task.pk).update(state="submitted", reviewer=auditor)
        Review.objects.create(task=task, submitted_at=timezone.now() - age, active_seconds=120)
    work = own_work(auditor)
    assert work is not None
    assert (work.today, work.week, work.minutes_today) == (1, 2, 2)
    assert own_work(viewer) is None


def test_a_new_house_shows_the_way_to_the_first_audit(lead: User, auditor: User) -> None:
    assert [step.state for step in first_steps(lead)] == ["now", "todo", "todo", "todo", "todo"]
    assert first_steps(auditor) == []


def test_the_way_goes_on_from_what_is_there(batch: Batch, lead: User) -> None:
    assert [step.state for step in first_steps(lead)] == ["done", "now", "todo", "done", "todo"]


def test_with_an_audit_the_way_is_known(audit: Audit, lead: User) -> None:
    assert first_steps(lead) == []


def test_the_page_asks_the_database_a_bounded_number_of_times(
    audit: Audit, lead: User, django_assert_max_num_queries: object
) -> None:
    client = Client()
    client.force_login(lead)
    with django_assert_max_num_queries(45):  # type: ignore[operator]
        client.get("/")


@pytest.fixture
def dear(collection: Collection, rubric_version: RubricVersion, lead: User) -> SopVersion:
    """A procedure whose judge costs more than may be spent unasked."""
    save_endpoint(by=None, name="default", base_url="http://127.0.0.1:9/v1")
    set_price(by=None, model=MODEL, prompt=Decimal(99_000), completion=Decimal(0))
    make_judge()
    sampling = {"method": "simple", "judge": "all", "human": 2}
    return make_sop(collection, rubric_version, lead, {**SOP, "sampling": sampling, "judges": [JUDGE]})


def test_a_dear_start_takes_one_query_for_its_items(dear: SopVersion, lead: User) -> None:
    asked = []
    for number in range(1, 4):
        audit = make_audit(make_batch(dear.sop.collection, lead), dear, lead)
        draw_sample(by=lead, audit=audit)
        with CaptureQueriesContext(connection) as queries:
            assert len([title for title in titles(lead) if " will cost about $" in title]) == number
        asked.append(len(queries))
    assert [more - first for first, more in pairwise(asked)] == [1, 1]


def test_the_latest_decisions_take_as_many_queries_however_many_they_are(audit: Audit, lead: User) -> None:
    confirmed = {"outcome": "accept", "decided_by": lead, "decided_at": timezone.now()}
    for number in range(3):
        other = make_audit(audit.batch, audit.sop_version, lead)
        propose(other, **confirmed)
        with CaptureQueriesContext(connection) as queries:
            assert len(latest_decisions(lead)) == number + 1
        assert len(queries) == 2
