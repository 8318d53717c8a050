"""Phases, who sees what in them, and counts that give nothing away."""

import pytest

from auditing.accounts.models import User
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.reviews.models import ReviewTask
from auditing.reviews.phase import Phase, phase
from auditing.reviews.selectors import progress, queue, submitted_answers
from auditing.reviews.services import flag, hand_out_again, next_task, skip
from auditing.reviews.visibility import reviews_visible_to, tasks_visible_to
from tests.reviews.building import end_reviews, review_all, review_next


def test_every_state_has_its_phase(audit: Audit) -> None:
    phases = {}
    for state in AuditState:
        audit.state = state
        phases[state.value] = phase(audit)
    assert phases == {
        "opened": Phase.INDEPENDENT,
        "drawn": Phase.INDEPENDENT,
        "collecting": Phase.INDEPENDENT,
        "ruling": Phase.CONSOLIDATING,
        "estimated": Phase.CONSOLIDATING,
        "decided": Phase.COMPLETE,
        "cancelled": Phase.COMPLETE,
    }


@pytest.mark.parametrize("other", ["lead", "viewer", "admin", "outsider", "vendor"])
def test_while_independent_nobody_sees_anothers_review(
    collecting: Audit, auditor: User, other: str, request: pytest.FixtureRequest
) -> None:
    review_next(auditor)
    assert not reviews_visible_to(request.getfixturevalue(other)).exists()
    assert reviews_visible_to(auditor).count() == 1


def test_an_auditor_never_sees_a_colleagues_review(collecting: Audit, auditors: list[User]) -> None:
    review_all(*auditors)
    end_reviews(collecting)
    assert {review.task.reviewer for review in reviews_visible_to(auditors[0])} == {auditors[0]}


@pytest.mark.parametrize(
    ("other", "seen"), [("lead", 9), ("viewer", 9), ("admin", 9), ("outsider", 0), ("vendor", 0)]
)
def test_afterwards_who_may_see_opinions_sees_them(
    collecting: Audit, auditors: list[User], other: str, seen: int, request: pytest.FixtureRequest
) -> None:
    review_all(*auditors)
    end_reviews(collecting)
    assert reviews_visible_to(request.getfixturevalue(other)).count() == seen


def test_a_task_is_its_reviewers_alone(task: ReviewTask, auditors: list[User], lead: User) -> None:
    assert tasks_visible_to(auditors[0]).get() == task
    assert not tasks_visible_to(auditors[1]).exists()
    assert not tasks_visible_to(lead).exists()


def test_the_queue_counts_items_not_tasks(task: ReviewTask, auditors: list[User]) -> None:
    (entry,) = queue(auditors[0])
    assert (entry.free, entry.held, entry.submitted, entry.left) == (5, 1, 0, 6)
    (entry,) = queue(auditors[1])
    assert (entry.free, entry.held, entry.total) == (6, 0, 6)


def test_the_queue_of_a_stranger_is_empty(collecting: Audit, outsider: User, vendor: User) -> None:
    assert queue(outsider) == queue(vendor) == []


def test_progress_counts_opinions_and_people(collecting: Audit, auditors: list[User], lead: User) -> None:
    review_next(auditors[0])
    review_next(auditors[1])
    task = next_task(user=auditors[0])
    flag(by=auditors[0], task=task)
    skip(by=auditors[0], task=task, reason="Conflict of interest")
    found = progress(collecting)
    assert (found.waiting, found.submitted, found.skipped, found.flagged, found.total) == (6, 2, 1, 1, 9)
    assert [(one.reviewer, one.submitted, one.skipped) for one in found.reviewers] == [
        (auditors[0], 1, 1),
        (auditors[1], 1, 0),
    ]
    hand_out_again(by=lead, task=task)
    found = progress(collecting)
    assert (found.waiting, found.skipped, found.total) == (7, 0, 9)


def test_progress_is_complete_when_all_is_handed_in(collecting: Audit, auditors: list[User]) -> None:
    review_all(auditors[0])
    assert not progress(collecting).is_complete
    review_all(auditors[1])
    assert progress(collecting).is_complete
    assert submitted_answers(collecting).count() == 18
