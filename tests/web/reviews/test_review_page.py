"""The screen on which one opinion is given, with and without scripts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.datasets.models import Item
from auditing.reviews.models import ReviewTask, TaskState
from auditing.reviews.services import next_task, submit
from tests.reviews.building import GOOD, end_reviews, reloaded, review_all

FORM = {"answer-correct": "yes", "answer-helpful": "2", "note-helpful": "Half of it", "comment": "Fine"}


@pytest.fixture
def screen(client: Client, task: ReviewTask, auditor: User) -> Client:
    client.force_login(auditor)
    return client


def post(client: Client, task: ReviewTask, do: str = "submit", **fields: str) -> Any:
    return client.post(reverse("review", args=[task.pk]), {"do": do, **fields})


def test_it_shows_the_payload_and_the_questions(screen: Client, task: ReviewTask) -> None:
    page = screen.get(reverse("review", args=[task.pk])).text
    assert "Question 1?" in page
    assert "Is the answer correct?" in page
    assert "Nothing in it helps." in page


def test_it_names_neither_producer_nor_item_id(screen: Client, task: ReviewTask, producer_name: str) -> None:
    page = screen.get(reverse("review", args=[task.pk])).text
    assert producer_name not in page
    assert task.item.external_id not in page


def test_the_procedure_is_at_hand(screen: Client, task: ReviewTask) -> None:
    page = screen.get(reverse("review", args=[task.pk])).text
    assert "Read the whole item" in page
    assert "Score what is <strong>there</strong>." in page


def test_an_item_cannot_break_out_of_its_place(screen: Client, task: ReviewTask) -> None:
    Item.objects.filter(pk=task.item_id).update(payload={"output": "</section><script>alert(1)</script>"})
    page = screen.get(reverse("review", args=[task.pk])).text
    assert "<script>alert" not in page


def test_submitting_leads_to_the_next_item(screen: Client, task: ReviewTask, auditor: User) -> None:
    answer = post(screen, task, **FORM)
    following = next_task(user=auditor)
    assert following.pk != task.pk
    assert answer.headers["Location"] == reverse("review", args=[following.pk])
    review = reloaded(task).review
    assert (review.answers, review.notes) == ({"correct": "yes", "helpful": "2"}, {"helpful": "Half of it"})


def test_a_missing_answer_is_asked_for_and_the_rest_is_kept(screen: Client, task: ReviewTask) -> None:
    page = post(screen, task, **{"answer-helpful": "2", "comment": "Fine"}).text
    assert "an answer is missing" in page
    assert page.count("field-error") == 1
    assert reloaded(task).review.answers == {"helpful": "2"}
    assert reloaded(task).state == TaskState.ASSIGNED


def test_a_draft_comes_back(screen: Client, task: ReviewTask) -> None:
    saved = screen.post(reverse("review-draft", args=[task.pk]), {"answer-helpful": "3", "comment": "so far"})
    assert saved.status_code == 204
    page = screen.get(reverse("review", args=[task.pk])).text
    assert 'value="3" data-choice="3" checked' in page
    assert "so far" in page


def test_the_last_item_leads_to_the_queue_and_can_be_taken_back(
    screen: Client, task: ReviewTask, auditor: User
) -> None:
    while (last := next_task(user=auditor)) and last.position < 6:
        submit(by=auditor, task=last, answers=GOOD)
    page = screen.post(reverse("review", args=[last.pk]), {"do": "submit", **FORM}, follow=True).text
    assert reverse("review-undo", args=[last.pk]) in page


def test_without_a_next_item_htmx_is_sent_to_the_queue(
    screen: Client, task: ReviewTask, auditor: User
) -> None:
    while (last := next_task(user=auditor)) and last.position < 6:
        submit(by=auditor, task=last, answers=GOOD)
    address = reverse("review", args=[last.pk])
    answer = screen.post(address, {"do": "submit", **FORM}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("queue")


def test_undo_goes_back_to_the_review_before_and_keeps_this_draft(
    screen: Client, task: ReviewTask, auditor: User
) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    following = next_task(user=auditor)
    answer = post(screen, following, "undo", **{"answer-correct": "no"})
    assert answer.headers["Location"] == reverse("review", args=[task.pk])
    assert reloaded(task).state == TaskState.ASSIGNED
    assert reloaded(following).review.answers == {"correct": "no"}


def test_undo_with_nothing_handed_in_is_no_page(screen: Client, task: ReviewTask) -> None:
    assert post(screen, task, "undo").status_code == 404


def test_skipping_asks_for_a_reason(screen: Client, task: ReviewTask) -> None:
    refused = screen.post(
        reverse("review", args=[task.pk]), {"do": "skip", "reason": ""}, headers={"HX-Request": "true"}
    )
    assert refused.status_code == 422
    assert "Say why you skip this item." in refused.text
    post(screen, task, "skip", reason="Not my language", **{"answer-correct": "no"})
    assert reloaded(task).state == TaskState.SKIPPED
    assert reloaded(task).review.answers == {"correct": "no"}


def test_a_flag_is_raised_and_lowered(screen: Client, task: ReviewTask) -> None:
    post(screen, task, "flag", flagged="no", **FORM)
    assert reloaded(task).review.flagged
    post(screen, task, "flag", flagged="yes", **FORM)
    assert not reloaded(task).review.flagged


def test_a_beat_counts_time_and_answers_nothing(screen: Client, task: ReviewTask) -> None:
    assert screen.post(reverse("review-beat", args=[task.pk])).status_code == 204
    assert reloaded(task).review.last_seen_at is not None


def test_a_handed_in_review_shows_what_was_said(screen: Client, task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD, comment="As expected")
    page = screen.get(reverse("review", args=[task.pk])).text
    assert "3 · Complete" in page
    assert "As expected" in page
    assert "Take back and change" in page


def test_after_the_independent_phase_nothing_can_be_taken_back(
    screen: Client, task: ReviewTask, auditors: list[User]
) -> None:
    review_all(*auditors)
    end_reviews(reloaded(task).audit)
    page = screen.get(reverse("review", args=[task.pk])).text
    assert "Take back and change" not in page


@pytest.mark.parametrize("other", ["lead", "admin", "outsider", "viewer"])
def test_nobody_else_opens_it(
    client: Client, task: ReviewTask, other: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(other))
    for name in ("review", "review-draft", "review-beat", "review-undo"):
        assert client.post(reverse(name, args=[task.pk])).status_code == 404
