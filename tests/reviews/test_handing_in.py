"""Drafts, submissions, second thoughts; and the time they took."""

from datetime import timedelta

import pytest
from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.lifecycle import AUDIT
from auditing.core.errors import BadInput, Conflict, Missing
from auditing.journal.models import Entry
from auditing.reviews.answers import IncompleteReview
from auditing.reviews.models import Review, ReviewTask, TaskState
from auditing.reviews.services import beat, flag, save_draft, skip, submit, undo_submit
from tests.reviews.building import GOOD, reloaded


def answers_of(task: ReviewTask) -> dict[str, str]:
    return dict(task.review.answer_rows.values_list("criterion", "value"))


def test_submitting_writes_a_row_a_criterion(task: ReviewTask, auditor: User) -> None:
    submit(
        by=auditor, task=task, answers={"correct": " Yes ", "helpful": "3.0"}, notes={"helpful": "All there"}
    )
    task = reloaded(task)
    assert task.state == TaskState.SUBMITTED
    assert answers_of(task) == {"correct": "yes", "helpful": "3"}
    assert task.review.answer_rows.get(criterion="helpful").note == "All there"


def test_every_missing_answer_is_named(task: ReviewTask, auditor: User) -> None:
    with pytest.raises(IncompleteReview) as refused:
        submit(by=auditor, task=task, answers={"correct": "perhaps", "fast": "yes"})
    assert set(refused.value.problems) == {"correct", "helpful", "fast"}
    assert "'perhaps' is not one of yes, no" in refused.value.problems["correct"]
    assert reloaded(task).state == TaskState.ASSIGNED


def test_a_draft_keeps_even_what_is_off_the_scale(task: ReviewTask, auditor: User) -> None:
    save_draft(by=auditor, task=task, answers={"correct": "", "helpful": "many"}, comment=" so far ")
    review = reloaded(task).review
    assert (review.answers, review.comment) == ({"helpful": "many"}, "so far")
    assert not review.answer_rows.exists()


def test_a_null_character_is_refused(task: ReviewTask, auditor: User) -> None:
    with pytest.raises(BadInput, match="null byte"):
        save_draft(by=auditor, task=task, answers={}, comment="a\x00b")


def test_somebody_elses_task_does_not_exist(task: ReviewTask, auditors: list[User], admin: User) -> None:
    for stranger in (auditors[1], admin):
        with pytest.raises(Missing):
            submit(by=stranger, task=task, answers=GOOD)


def test_handing_in_again_keeps_what_it_said_before(task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    submit(by=auditor, task=task, answers={**GOOD, "helpful": "1"})
    assert answers_of(task) == {"correct": "yes", "helpful": "1"}
    assert [revision.content["answers"] for revision in task.review.revisions.all()] == [GOOD]


def test_the_same_handed_in_twice_is_one_act(task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    submit(by=auditor, task=task, answers=GOOD)
    assert task.review.revisions.count() == 0
    assert Entry.objects.filter(verb="reviewed").count() == 1


def test_undo_reopens_the_review_with_its_answers(task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    review = undo_submit(by=auditor, task=task)
    assert reloaded(task).state == TaskState.ASSIGNED
    assert review.answers == GOOD
    assert not review.answer_rows.exists()
    assert review.revisions.get().content["answers"] == GOOD


def test_undo_also_takes_back_a_skip(task: ReviewTask, auditor: User) -> None:
    skip(by=auditor, task=task, reason="Too long")
    review = undo_submit(by=auditor, task=task)
    assert (reloaded(task).state, review.skip_reason) == (TaskState.ASSIGNED, "")
    assert review.revisions.get().content["skip_reason"] == "Too long"


def test_skipping_needs_a_reason_and_keeps_the_draft(task: ReviewTask, auditor: User) -> None:
    save_draft(by=auditor, task=task, answers={"correct": "no"})
    with pytest.raises(BadInput, match="reason"):
        skip(by=auditor, task=task, reason=" ")
    skip(by=auditor, task=task, reason="I know the author")
    assert reloaded(task).state == TaskState.SKIPPED
    assert reloaded(task).review.answers == {"correct": "no"}


def test_nothing_changes_after_the_independent_phase(task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD)
    AUDIT.advance(reloaded(task).audit, "rule")
    for act in (undo_submit, beat, flag):
        with pytest.raises(Conflict):
            act(by=auditor, task=task)
    with pytest.raises(Conflict):
        submit(by=auditor, task=task, answers={**GOOD, "helpful": "1"})


def test_a_flag_goes_up_and_down(task: ReviewTask, auditor: User) -> None:
    assert flag(by=auditor, task=task).flagged
    assert not flag(by=auditor, task=task, flagged=False).flagged


@pytest.mark.parametrize(("gap", "counted"), [(12, 12), (30, 30), (3600, 30)])
def test_time_is_counted_between_signs_of_life_up_to_half_a_minute(
    task: ReviewTask, auditor: User, gap: int, counted: int
) -> None:
    beat(by=auditor, task=task)
    Review.objects.filter(task=task).update(last_seen_at=timezone.now() - timedelta(seconds=gap))
    assert beat(by=auditor, task=task).active_seconds == pytest.approx(counted, abs=1)


def test_the_journal_tells_acts_but_no_answers(task: ReviewTask, auditor: User) -> None:
    submit(by=auditor, task=task, answers=GOOD, comment="unmistakable")
    undo_submit(by=auditor, task=task)
    skip(by=auditor, task=task, reason="Not my language")
    entries = Entry.objects.filter(actor_id=auditor.pk).order_by("sequence")
    assert [entry.verb for entry in entries] == ["reviewed", "took back the review of", "skipped"]
    assert [entry.details for entry in entries] == [{}, {}, {}]
