"""What lies on a desk, and giving it to somebody else, by the API."""

import pytest

from auditing.accounts.roles import GRANTS, Permission, Role
from auditing.reviews.models import TaskState
from auditing.reviews.services import save_draft
from tests.api.asking import Program
from tests.cast import make_audit
from tests.reviews.building import reloaded
from tests.reviews.conftest import collecting, task

__all__ = ["collecting", "task"]


@pytest.fixture
def address(task):
    return f"/audits/{task.audit_id}/reviews"


def test_a_lead_finds_who_holds_what_and_nothing_that_is_typed(lead, auditor, task, address):
    save_draft(by=auditor, task=task, answers={"correct": "no"}, comment="unmistakable")
    answer = Program(lead).do("GET", f"{address}/in-work")
    (line,) = answer.json()
    assert (line["id"], line["item"], line["reviewer"]) == (task.pk, str(task.item), str(auditor))
    assert line["last_seen_at"] is not None
    assert "unmistakable" not in answer.text


def test_a_lead_gives_a_task_to_somebody_else(lead, task, address):
    answer = Program(lead).do("POST", f"{address}/{task.pk}/release")
    assert (answer.status_code, answer.json()["item"]) == (200, str(task.item))
    assert reloaded(task).state == TaskState.RELEASED
    assert Program(lead).do("GET", f"{address}/in-work").json() == []
    again = Program(lead).do("POST", f"{address}/{task.pk}/release")
    assert (again.status_code, again.json()["detail"]) == (409, "This task is given to somebody else.")


def test_a_task_is_released_in_its_own_audit(lead, task):
    other = make_audit(task.audit.batch, task.audit.sop_version, lead)
    assert Program(lead).do("POST", f"/audits/{other.pk}/reviews/{task.pk}/release").status_code == 404


def test_who_does_not_run_audits_releases_nothing(auditor, viewer, outsider, lead, task, address):
    narrow = Program(lead, scopes=GRANTS[Role.LEAD] - {Permission.RUN_AUDITS})
    for program, status in (
        (Program(auditor), 403),
        (Program(viewer), 403),
        (narrow, 403),
        (Program(outsider), 404),
    ):
        assert program.do("POST", f"{address}/{task.pk}/release").status_code == status
    assert reloaded(task).state == TaskState.ASSIGNED
