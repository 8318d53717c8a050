"""Whoever reviews items of a batch sees no judge's verdict on them before all opinions are in."""

import pytest
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.api.blindness import require_no_part
from auditing.audits.models import Audit
from auditing.journal.models import Entry
from auditing.judging.models import Run
from auditing.reviews.models import ReviewTask
from auditing.reviews.policies import may_yet_review
from auditing.reviews.selectors import claimable
from auditing.reviews.services import next_task
from tests.reviews.building import begin_reviews

UNSEEN = b"You may still be asked to review"
REVIEWS = b"You review items"


@pytest.fixture
def collecting(audit: Audit, lead: User) -> Audit:
    return begin_reviews(audit, lead)


def pages(client: Client, run: Run) -> list[bytes]:
    call = run.calls.first()
    return [
        client.get(reverse(name, args=args)).content
        for name, args in (("run", [run.pk]), ("run-call", [call.pk]))
    ]


def test_verdicts_stay_closed_to_a_lead_who_might_yet_review(run: Run, lead: User, client: Client) -> None:
    client.force_login(lead)
    for page in pages(client, run):
        assert UNSEEN in page
        assert b"Tokens out" not in page


def test_who_opens_the_verdicts_reviews_no_more(collecting: Audit, lead: User, client: Client) -> None:
    client.force_login(lead)
    assert claimable(lead).exists()
    back = reverse("audit", args=[collecting.pk])
    answer = client.post(reverse("batch-unblind", args=[collecting.batch_id]), {"next": back})
    assert answer["Location"] == back
    assert next_task(user=lead) is None
    assert not may_yet_review(lead, collecting.batch)
    assert Entry.objects.filter(verb="opened the opinions on").count() == 1


def test_the_way_back_leads_nowhere_else(run: Run, lead: User, client: Client) -> None:
    client.force_login(lead)
    address = reverse("batch-unblind", args=[run.audit.batch_id])
    assert client.post(address, {"next": "https://elsewhere.example/"})["Location"].startswith("/batches/")


def test_a_lead_who_reviews_sees_no_verdicts_while_the_audit_collects(
    run: Run, lead: User, client: Client
) -> None:
    client.force_login(lead)
    call = run.calls.first()
    ReviewTask.objects.create(audit=run.audit, item=call.item, position=1, state="assigned", reviewer=lead)
    run_page, call_page = pages(client, run)
    assert REVIEWS in run_page
    assert REVIEWS in call_page
    assert client.post(reverse("batch-unblind", args=[run.audit.batch_id])).status_code == 403
    assert client.get(reverse("run-progress", args=[run.pk])).status_code == 200

    Audit.objects.filter(pk=run.audit_id).update(state="ruling")
    assert b"Tokens out" in pages(client, run)[0]


def test_a_viewer_reads_along(run: Run, viewer: User, client: Client) -> None:
    client.force_login(viewer)
    assert b"Tokens out" in pages(client, run)[0]


def test_the_api_closes_reviewing_to_who_reads_verdicts(
    collecting: Audit, lead: User, client: Client
) -> None:
    client.force_login(lead)
    require_no_part(lead, collecting.batch)
    assert next_task(user=lead) is None
