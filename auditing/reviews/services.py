"""What happens to review tasks: opened, taken, drafted, handed in, taken back."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict, Forbidden, Stale
from auditing.datasets.models import Batch
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.reviews.answers import Answers, clean, complete, drafted, noted
from auditing.reviews.models import Answer, Review, ReviewRevision, ReviewTask, TaskState, Unblinded
from auditing.reviews.policies import is_reviewing, lock_own_task, require_independent
from auditing.reviews.releasing import ask_again, release_left, withdraw_replacement
from auditing.reviews.selectors import claimable, held_tasks, unfilled_skips
from auditing.sampling.models import Draw
from auditing.sampling.selectors import human_draws

IDLE_AFTER = timedelta(hours=1)  # a task taken and not touched goes back to the others
LONGEST_GAP = 30.0  # seconds between two signs of life that still count as work
OPEN = (TaskState.ASSIGNED,)
DONE = (TaskState.SUBMITTED, TaskState.SKIPPED, TaskState.RELEASED)


@transaction.atomic
def open_tasks(*, by: User | None, audit: Audit) -> int:
    """Ask for as many opinions on each drawn item as its draw says; returns how many tasks are new."""
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    require_independent(audit)
    known = set(ReviewTask.objects.filter(audit=audit).values_list("item", "replicate"))
    wanted = [task for draw in human_draws(audit.plan) for task in _tasks_for(audit, draw)]
    new = [task for task in wanted if (task.item_id, task.replicate) not in known]
    if new:
        ReviewTask.objects.bulk_create(new, batch_size=2000)
        _journal(by, "asked for reviews of", audit, audit, tasks=len(new))
    return len(new)


def _tasks_for(audit: Audit, draw: Draw) -> Iterator[ReviewTask]:
    for replicate in range(1, draw.opinions + 1):
        yield ReviewTask(audit=audit, item_id=draw.item_id, replicate=replicate, position=draw.position)


def next_task(*, user: User, audit: Audit | None = None) -> ReviewTask | None:
    """The task she has begun, else the first free one, hers from now on; None when nothing is left."""
    release_idle(except_for=user)
    release_left()
    return held_tasks(user, audit).first() or _claim(user, audit)


def _claim(user: User, audit: Audit | None) -> ReviewTask | None:
    while task := claimable(user, audit).first():
        # in another window she may have been given it as the one she holds, and handed it in already
        if _take(task, user) and (held := held_tasks(user, audit).filter(pk=task.pk).first()):
            return held
    return None


def _take(task: ReviewTask, user: User) -> bool:
    """Compare-and-set: of two who reach for a task, one gets it."""
    waiting = ReviewTask.objects.filter(pk=task.pk, state=TaskState.WAITING)
    try:
        with transaction.atomic():
            _lock(user)
            if Unblinded.objects.filter(user=user, batch=task.audit.batch).exists():
                return False
            taken = waiting.update(state=TaskState.ASSIGNED, reviewer=user, assigned_at=timezone.now())
    except IntegrityError:  # she took the item's other task in another window just now
        return False
    return bool(taken)


@transaction.atomic
def unblind(*, by: User, batch: Batch) -> None:
    """Give up her part in the blind review of a batch, to read what others say of it; twice is once.

    Raises Forbidden while she reviews items of it.
    """
    require(by, Permission.SEE_VERDICTS, batch.collection)
    _lock(by)
    if is_reviewing(by, batch):
        raise Forbidden(f"You review items of {batch}: others' opinions open to you once all are in.")
    _, is_new = Unblinded.objects.get_or_create(user=by, batch=batch)
    if is_new:
        record(by=by, verb="opened the opinions on", subject=batch, collection_id=batch.collection_id)


def _lock(user: User) -> None:
    """Of a person who takes a task and opens the opinions at the same time, one waits for the other."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


@transaction.atomic
def release_idle(*, except_for: User | None = None) -> int:
    """Give back tasks that were taken but not touched for an hour; whoever has typed anything keeps hers."""
    since = timezone.now() - IDLE_AFTER
    untouched = Q(review=None) | Q(
        review__answers={},
        review__notes={},
        review__comment="",
        review__flagged=False,
        review__last_seen_at__lt=since,
    )
    idle = ReviewTask.objects.filter(untouched, state=TaskState.ASSIGNED, assigned_at__lt=since)
    idle = idle.exclude(reviewer=except_for) if except_for else idle
    # revisions mean that it was handed in once: never forget that
    idle = idle.filter(review__revisions=None)
    # locked, then looked at again: she may be back and typing, and what she types stays hers
    locked = idle.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)
    tasks = list(idle.filter(pk__in=list(locked)).values_list("pk", flat=True))
    Review.objects.filter(task__in=tasks).delete()
    waiting = {"state": TaskState.WAITING, "reviewer": None, "assigned_at": None}
    return ReviewTask.objects.filter(pk__in=tasks, state=TaskState.ASSIGNED).update(**waiting)


@transaction.atomic
def beat(*, by: User, task: ReviewTask) -> Review:
    """A sign of life: the time since the last one is work, up to 30 seconds."""
    review = _review_of(lock_own_task(task, by, *OPEN))
    review.save()
    return review


@transaction.atomic
def save_draft(
    *,
    by: User,
    task: ReviewTask,
    answers: Answers,
    notes: Mapping[str, str] | None = None,
    comment: str = "",
    base: str | None = None,
) -> Review:
    """Keep what she has so far, complete or not.

    `base` is the mark of what she changed. Raises Stale where another tab of hers saved something else meanwhile.
    """
    task = lock_own_task(task, by, *OPEN)
    rubric = task.audit.rubric
    review = _review_of(task)
    kept = review.mark
    review.answers, review.notes = drafted(rubric, answers), noted(rubric, notes or {})
    review.comment = clean(comment)
    _require_unchanged(base, kept, review)
    review.save()
    return review


@transaction.atomic
def submit(
    *,
    by: User,
    task: ReviewTask,
    answers: Answers,
    notes: Mapping[str, str] | None = None,
    comment: str = "",
    base: str | None = None,
) -> Review:
    """Hand in her opinion; handing in again changes it and keeps what it said before.

    Raises IncompleteReview with a sentence for each criterion that is missing or off its scale; Stale as `save_draft`.
    """
    task = lock_own_task(task, by, TaskState.ASSIGNED, TaskState.SUBMITTED)
    rubric = task.audit.rubric
    said: dict[str, Any] = {
        "answers": complete(rubric, answers),
        "notes": noted(rubric, notes or {}),
        "comment": clean(comment),
    }
    review = _review_of(task)
    if task.state == TaskState.SUBMITTED and said == _said(review):
        return review
    if task.state == TaskState.SUBMITTED:
        _keep_revision(review, by)
    kept = review.mark
    review.answers, review.notes, review.comment = said["answers"], said["notes"], said["comment"]
    _require_unchanged(base, kept, review)
    review.submitted_at = timezone.now()
    review.save()
    _write_answers(review)
    _move(task, TaskState.SUBMITTED)
    _journal(by, "reviewed", task, task.audit)
    return review


@transaction.atomic
def skip(*, by: User, task: ReviewTask, reason: str) -> Review:
    """Leave an item out, saying why; what was typed stays on record."""
    task = lock_own_task(task, by, *OPEN)
    review = _review_of(task)
    review.skip_reason = clean(reason)
    if not review.skip_reason:
        raise BadInput("Say why you skip this item.", field="reason")
    review.save()
    _move(task, TaskState.SKIPPED)
    _journal(by, "skipped", task, task.audit)
    return review


@transaction.atomic
def undo_submit(*, by: User, task: ReviewTask) -> Review:
    """Take back a review that was submitted, skipped or given to somebody else; what it said is kept as a revision.

    Raises Conflict where somebody else was asked for the opinion, and has begun what was only begun here.
    """
    task = lock_own_task(task, by, *DONE)
    if task.state == TaskState.RELEASED:
        withdraw_replacement(task)
    if task.state == TaskState.SKIPPED and task not in unfilled_skips(task.audit):
        raise Conflict("Somebody else was asked for this opinion meanwhile.")
    review = _review_of(task)
    _keep_revision(review, by)
    review.answer_rows.all().delete()
    review.submitted_at, review.skip_reason = None, ""
    review.save()
    _move(task, TaskState.ASSIGNED)
    _journal(by, "took back the review of", task, task.audit)
    return review


@transaction.atomic
def flag(*, by: User, task: ReviewTask, flagged: bool = True) -> Review:
    """Mark an item for a lead's attention, or take the mark away."""
    task = lock_own_task(task, by, TaskState.ASSIGNED, TaskState.SUBMITTED)
    review = _review_of(task)
    review.flagged = flagged
    review.save()
    _journal(by, "flagged" if flagged else "unflagged", task, task.audit)
    return review


@transaction.atomic
def hand_out_again(*, by: User, task: ReviewTask) -> ReviewTask:
    """Ask somebody else for a skipped opinion; the skipped task stays, so she never gets it again."""
    audit = task.audit
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    require_independent(audit)
    # locked first: of two who hand it out, one finds it handed out
    list(ReviewTask.objects.select_for_update().filter(audit=audit, item=task.item_id))
    if task not in unfilled_skips(audit):
        raise Conflict("This task is not skipped, or was handed out again already.")
    again = ask_again(task)
    _journal(by, "handed out again", again, audit)
    return again


def _review_of(task: ReviewTask) -> Review:
    """Her review of the task, begun now if need be, with her time brought up to date (not yet saved)."""
    review, _ = Review.objects.get_or_create(task=task)
    now = timezone.now()
    if review.last_seen_at:
        review.active_seconds += min((now - review.last_seen_at).total_seconds(), LONGEST_GAP)
    review.last_seen_at = now
    return review


def _require_unchanged(base: str | None, kept: str, wanted: Review) -> None:
    """Raises Stale where what is kept is neither what she changed, nor what she wants kept.

    `base` is empty where she saw nothing, None where she does not say.
    """
    if base is not None and kept not in (base or Review().mark, wanted.mark):
        raise Stale("You changed this review in another tab or window.", mark=kept)


def _said(review: Review) -> dict[str, Any]:
    return {"answers": review.answers, "notes": review.notes, "comment": review.comment}


def _keep_revision(review: Review, by: User) -> None:
    extra = {"skip_reason": review.skip_reason} if review.skip_reason else {}
    ReviewRevision.objects.create(review=review, by=by, content={**_said(review), **extra})


def _write_answers(review: Review) -> None:
    review.answer_rows.all().delete()
    Answer.objects.bulk_create(
        Answer(review=review, criterion=key, value=value, note=review.notes.get(key, ""))
        for key, value in review.answers.items()
    )


def _move(task: ReviewTask, state: TaskState) -> None:
    task.state = state
    task.save(update_fields=["state"])


def _journal(by: User | None, verb: str, subject: Any, audit: Audit, **details: Any) -> None:
    """Never an answer in here: leads read the journal while reviewers must stay independent."""
    record(by=by, verb=verb, subject=subject, collection_id=audit.batch.collection_id, details=details)
