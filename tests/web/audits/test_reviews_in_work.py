"""What is on auditors' desks, as a lead sees it and takes it from them."""

import pytest
from django.urls import reverse

from auditing.reviews.models import TaskState
from auditing.reviews.services import next_task, save_draft
from tests.reviews.building import begin_reviews, reloaded


@pytest.fixture
def task(audit, lead, auditor):
    begin_reviews(audit, lead)
    task = next_task(user=auditor)
    save_draft(by=auditor, task=task, answers={"correct": "no"}, comment="unmistakable")
    return task


def test_a_lead_sees_who_holds_what_and_never_what_is_typed(client, lead, task):
    client.force_login(lead)
    page = client.get(reverse("audit-reviews", args=[task.audit_id])).text
    assert "Give to somebody else" in page
    assert str(task.item) in page
    assert "unmistakable" not in page


def test_a_viewer_is_offered_no_such_button(client, viewer, task):
    client.force_login(viewer)
    page = client.get(reverse("audit-reviews", args=[task.audit_id])).text
    assert "Give to somebody else" not in page


def test_a_lead_gives_a_task_to_somebody_else(client, lead, task):
    client.force_login(lead)
    answer = client.post(reverse("audit-release", args=[task.audit_id]), {"task": task.pk}, follow=True)
    assert "waits for another auditor" in answer.text
    assert reloaded(task).state == TaskState.RELEASED


def test_the_auditor_is_told_and_finds_what_she_typed(client, lead, auditor, task):
    client.force_login(lead)
    client.post(reverse("audit-release", args=[task.audit_id]), {"task": task.pk})
    client.force_login(auditor)
    assert reverse("review", args=[task.pk]) in client.get(reverse("queue")).text
    page = client.get(reverse("review", args=[task.pk])).text
    assert "given to somebody else" in page
    assert "unmistakable" in page
