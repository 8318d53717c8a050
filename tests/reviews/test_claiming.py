"""Who gets which item, and when it goes back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.core.errors import Conflict, Forbidden
from auditing.journal.models import Entry
from auditing.reviews.models import Review, ReviewTask, TaskState
from auditing.reviews.services import (
    beat,
    hand_out_again,
    next_task,
    open_tasks,
    release_idle,
    save_draft,
    skip,
    submit,
    undo_submit,
)
from tests.reviews.building import GOOD, reloaded, review_next


def test_each_draw_gets_as_many_tasks_as_opinions(collecting: Audit) -> None:
    assert list(collecting.review_tasks.values_list("position", "replicate")) == [
        (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (5, 1), (6, 1),
    ]  # fmt: skip


def test_opening_twice_adds_nothing(collecting: Audit, lead: User) -> None:
    assert open_tasks(by=lead, audit=collecting) == 0
    assert collecting.review_tasks.count() == 9
    assert Entry.objects.filter(verb="asked for reviews of").count() == 1


def test_auditors_do_not_open_tasks(audit: Audit, auditor: User) -> None:
    with pytest.raises(Forbidden):
        open_tasks(by=auditor, audit=audit)


def test_items_come_in_the_order_drawn_and_never_twice_to_one_person(
    collecting: Audit, auditor: User
) -> None:
    while review_next(auditor):
        pass
    positions = ReviewTask.objects.filter(reviewer=auditor).values_list("position", flat=True)
    assert list(positions) == [1, 2, 3, 4, 5, 6]


def test_a_begun_task_comes_first(task: ReviewTask, auditor: User) -> None:
    assert next_task(user=auditor) == task


def test_two_auditors_never_share_a_task(collecting: Audit, auditors: list[User]) -> None:
    first, second = next_task(user=auditors[0]), next_task(user=auditors[1])
    assert first
    assert second
    assert first.item == second.item
    assert (first.replicate, second.replicate) == (1, 2)


@pytest.mark.parametrize("stranger", ["outsider", "vendor", "viewer"])
def test_strangers_get_nothing(collecting: Audit, stranger: str, request: pytest.FixtureRequest) -> None:
    assert next_task(user=request.getfixturevalue(stranger)) is None


def test_nothing_is_handed_out_after_the_independent_phase(collecting: Audit, auditor: User) -> None:
    AUDIT.advance(collecting, "rule")
    assert next_task(user=auditor) is None


def test_asking_for_one_audit_gives_no_task_of_another(collecting: Audit, auditor: User, lead: User) -> None:
    other = Audit.objects.create(
        batch=collecting.batch, sop_version=collecting.sop_version, number=2, seed=1, opened_by=lead
    )
    assert next_task(user=auditor, audit=other) is None


@pytest.mark.django_db(transaction=True)
def test_a_crowd_racing_for_tasks_gets_each_once(collecting: Audit, auditors: list[User], lead: User) -> None:
    def take_all(user: User) -> list[int]:
        taken = []
        try:
            while task := next_task(user=user):
                taken.append(task.pk)
                submit(by=user, task=task, answers=GOOD)
        finally:
            connection.close()
        return taken

    with ThreadPoolExecutor(8) as pool:  # each person in two windows
        taken = [pk for pks in pool.map(take_all, [*auditors, lead] * 2) for pk in pks]
    assert len(set(taken)) == 9
    assert ReviewTask.objects.filter(state=TaskState.SUBMITTED).count() == 9
    assert not has_pairs_of_one_person()


def has_pairs_of_one_person() -> bool:
    pairs = list(ReviewTask.objects.values_list("item", "reviewer"))
    return len(pairs) != len(set(pairs))


def test_an_untouched_task_goes_back_after_an_hour(task: ReviewTask, auditor: User) -> None:
    age(task)
    assert release_idle() == 1
    assert (reloaded(task).state, reloaded(task).reviewer) == (TaskState.WAITING, None)


def test_a_fresh_task_stays(task: ReviewTask) -> None:
    assert release_idle() == 0


def test_a_task_with_anything_typed_stays(task: ReviewTask, auditor: User) -> None:
    save_draft(by=auditor, task=task, answers={}, comment="Hm")
    age(task)
    assert release_idle() == 0


def test_a_task_that_was_handed_in_once_stays(task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    undo_submit(by=auditor, task=task)
    save_draft(by=auditor, task=task, answers={})
    age(task)
    assert release_idle() == 0


def test_a_task_that_is_being_read_stays(task: ReviewTask, auditor: User) -> None:
    beat(by=auditor, task=task)
    ReviewTask.objects.filter(pk=task.pk).update(assigned_at=timezone.now() - timedelta(hours=2))
    assert release_idle() == 0


def test_a_colleague_gets_what_was_left_idle(task: ReviewTask, auditors: list[User]) -> None:
    review_next(auditors[1])
    age(task)
    assert next_task(user=auditors[2]) == task


def age(task: ReviewTask) -> None:
    long_ago = timezone.now() - timedelta(hours=2)
    ReviewTask.objects.filter(pk=task.pk).update(assigned_at=long_ago)
    Review.objects.filter(task=task).update(last_seen_at=long_ago)


def test_a_skipped_opinion_is_asked_of_somebody_else(
    task: ReviewTask, auditors: list[User], lead: User
) -> None:
    skip(by=auditors[0], task=task, reason="I wrote this answer")
    again = hand_out_again(by=lead, task=task)
    assert (again.item, again.replicate, again.state) == (task.item, 3, TaskState.WAITING)
    assert next_task(user=auditors[0]).item != task.item
    assert next_task(user=auditors[1]).item == task.item


def test_a_skipped_opinion_is_asked_again_once_only(task: ReviewTask, auditor: User, lead: User) -> None:
    skip(by=auditor, task=task, reason="I wrote this answer")
    hand_out_again(by=lead, task=task)
    with pytest.raises(Conflict):
        hand_out_again(by=lead, task=task)
    with pytest.raises(Conflict):
        undo_submit(by=auditor, task=task)
