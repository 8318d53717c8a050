"""What is left on the desk of somebody who has gone, or who is asked to give it up, goes to somebody else."""

import pytest
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Role
from auditing.accounts.services import deactivate, set_role
from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.core.errors import Conflict, Forbidden
from auditing.datasets.services import grant_access, withdraw_access
from auditing.journal.models import Entry
from auditing.pipeline.tasks import tick
from auditing.reviews.models import ReviewTask, TaskState
from auditing.reviews.releasing import give_to_somebody_else, release_left
from auditing.reviews.selectors import given_away, progress, unfilled_skips
from auditing.reviews.services import (
    IDLE_AFTER,
    flag,
    next_task,
    open_tasks,
    release_idle,
    save_draft,
    skip,
    undo_submit,
)
from tests.reviews.building import reloaded, review_all

TYPED = {"correct": "no"}


@pytest.fixture
def typed(task: ReviewTask, auditor: User) -> ReviewTask:
    save_draft(by=auditor, task=task, answers=TYPED, comment="half of it")
    return task


def leave_by_deactivation(user: User, audit: Audit, admin: User) -> None:
    deactivate(by=admin, user=user)


def leave_the_collection(user: User, audit: Audit, admin: User) -> None:
    withdraw_access(by=admin, collection=audit.batch.collection, user=user)


def leave_for_another_role(user: User, audit: Audit, admin: User) -> None:
    set_role(by=admin, user=user, role=Role.VIEWER)


@pytest.mark.parametrize("leave", [leave_by_deactivation, leave_the_collection, leave_for_another_role])
def test_the_audit_of_somebody_who_left_goes_on(typed, collecting, auditors, admin, leave) -> None:
    leave(auditors[0], collecting, admin)
    tick()
    assert reloaded(typed).state == TaskState.RELEASED
    review_all(auditors[1], auditors[2])
    assert progress(collecting).is_complete


def test_what_she_typed_is_kept(typed: ReviewTask, auditor: User, admin: User) -> None:
    deactivate(by=admin, user=auditor)
    assert release_left() == 1
    review = reloaded(typed).review
    assert (review.answers, review.comment) == (TYPED, "half of it")


def test_the_next_who_asks_need_not_wait_for_the_tick(typed, auditors, admin) -> None:
    review_all(auditors[1])
    deactivate(by=admin, user=auditors[0])
    again = next_task(user=auditors[2])
    assert (again.item, again.replicate) == (typed.item, 3)


def test_who_is_still_here_keeps_hers(typed: ReviewTask) -> None:
    assert release_left() == 0
    assert reloaded(typed).state == TaskState.ASSIGNED


def test_nothing_is_released_once_reviewing_is_over(typed, collecting, auditor, admin) -> None:
    AUDIT.advance(collecting, "rule")
    deactivate(by=admin, user=auditor)
    assert release_left() == 0


def test_who_comes_back_in_time_goes_on_where_she_was(typed, collecting, auditor, admin) -> None:
    withdraw_access(by=admin, collection=collecting.batch.collection, user=auditor)
    release_left()
    grant_access(by=admin, collection=collecting.batch.collection, user=auditor)
    undo_submit(by=auditor, task=typed)
    assert reloaded(typed).state == TaskState.ASSIGNED
    assert reloaded(typed).review.answers == TYPED
    assert progress(collecting).total == 9


def test_who_comes_back_too_late_finds_it_taken(typed, collecting, auditors, lead) -> None:
    give_to_somebody_else(by=lead, task=typed)
    review_all(auditors[1], auditors[2])
    with pytest.raises(Conflict, match="Somebody else"):
        undo_submit(by=auditors[0], task=typed)


def test_who_comes_back_displaces_no_opinion_that_the_draw_asks_for(
    typed, collecting, auditors, lead
) -> None:
    give_to_somebody_else(by=lead, task=typed)
    asked_for, _ = next_task(user=auditors[1]), next_task(user=auditors[2])
    ReviewTask.objects.filter(pk=asked_for.pk).update(assigned_at=timezone.now() - 2 * IDLE_AFTER)
    release_idle()
    with pytest.raises(Conflict, match="Somebody else"):
        undo_submit(by=auditors[0], task=typed)
    assert open_tasks(by=lead, audit=collecting) == 0


def test_a_lead_gives_it_to_somebody_else_by_hand(typed, collecting, auditors, lead) -> None:
    again = give_to_somebody_else(by=lead, task=typed)
    assert (again.item, again.state) == (typed.item, TaskState.WAITING)
    assert next_task(user=auditors[0]).item != typed.item
    assert (progress(collecting).total, progress(collecting).assigned) == (9, 1)
    entry = Entry.objects.get(verb="gave to somebody else")
    assert entry.details == {"taken_from": str(auditors[0])}


def test_she_is_offered_to_take_back_what_nobody_else_has_begun(typed, auditors, lead) -> None:
    give_to_somebody_else(by=lead, task=typed)
    assert list(given_away(auditors[0])) == [typed]
    review_all(auditors[1], auditors[2])
    assert list(given_away(auditors[0])) == []


def test_a_flag_on_what_was_given_away_is_not_counted(typed, collecting, auditor, lead) -> None:
    flag(by=auditor, task=typed)
    assert progress(collecting).flagged == 1
    give_to_somebody_else(by=lead, task=typed)
    assert progress(collecting).flagged == 0


def test_it_is_given_away_once(typed: ReviewTask, lead: User) -> None:
    give_to_somebody_else(by=lead, task=typed)
    with pytest.raises(Conflict, match="given to somebody else"):
        give_to_somebody_else(by=lead, task=typed)


def test_auditors_give_nothing_away(typed: ReviewTask, auditors: list[User]) -> None:
    with pytest.raises(Forbidden):
        give_to_somebody_else(by=auditors[1], task=typed)


def test_a_skip_beside_it_still_waits_to_be_handed_out(typed, collecting, auditors, lead) -> None:
    other = next_task(user=auditors[1])
    assert other.item == typed.item
    skip(by=auditors[1], task=other, reason="I know the author")
    give_to_somebody_else(by=lead, task=typed)
    assert unfilled_skips(collecting) == [reloaded(other)]
