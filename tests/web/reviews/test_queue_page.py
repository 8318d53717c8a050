"""The reviewer's queue."""

from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.reviews.models import ReviewTask
from auditing.reviews.services import submit
from tests.reviews.building import GOOD, review_all


def test_an_empty_queue_says_so(client: Client, auditor: User) -> None:
    client.force_login(auditor)
    assert "Nothing waits for you" in client.get(reverse("queue")).text


def test_the_queue_counts_what_is_left(client: Client, task: ReviewTask, auditor: User) -> None:
    client.force_login(auditor)
    page = client.get(reverse("queue")).text
    assert "<strong>6</strong> left, 1 begun" in page
    assert "Continue" in page


def test_start_leads_to_the_next_item(client: Client, collecting: Audit, auditor: User) -> None:
    client.force_login(auditor)
    answer = client.post(reverse("review-next"), {"audit": collecting.pk})
    task = ReviewTask.objects.get(reviewer=auditor)
    assert answer.headers["Location"] == reverse("review", args=[task.pk])


def test_an_audit_out_of_reach_cannot_be_started(client: Client, collecting: Audit, outsider: User) -> None:
    client.force_login(outsider)
    assert client.post(reverse("review-next"), {"audit": collecting.pk}).status_code == 404


def test_with_nothing_left_it_leads_back_to_the_queue(
    client: Client, collecting: Audit, auditor: User
) -> None:
    review_all(auditor)
    client.force_login(auditor)
    assert client.post(reverse("review-next")).headers["Location"] == reverse("queue")


def test_what_was_handed_in_can_be_opened_again(client: Client, task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    client.force_login(auditor)
    assert reverse("review", args=[task.pk]) in client.get(reverse("queue")).text


def test_a_vendor_has_no_queue(client: Client, collecting: Audit, vendor: User) -> None:
    client.force_login(vendor)
    assert client.get(reverse("queue")).status_code == 404
