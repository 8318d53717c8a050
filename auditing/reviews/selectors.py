"""Queues and progress: counts for leads, own tasks for reviewers, submitted opinions for the rooms above."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.reviews.models import Answer, ReviewTask, TaskState, Unblinded
from auditing.reviews.phase import INDEPENDENT_STATES, Phase, phase
from auditing.reviews.visibility import (
    audits_open_to,
    batches_reviewed_by,
    reviews_visible_to,
    tasks_visible_to,
)
from auditing.sampling.models import Draw

__all__ = [
    "Phase",
    "QueueEntry",
    "ReviewProgress",
    "ReviewerProgress",
    "audits_open_to",
    "batches_reviewed_by",
    "claimable",
    "given_away",
    "handed_in",
    "held_tasks",
    "in_work",
    "phase",
    "progress",
    "queue",
    "replacements",
    "reviewable_audits",
    "reviews_visible_to",
    "submitted_answers",
    "tasks_visible_to",
    "unfilled_skips",
]


@dataclass(frozen=True)
class QueueEntry:
    """An audit in a reviewer's queue; `free` items she could still take, `held` ones she has begun."""

    audit: Audit
    free: int
    held: int
    submitted: int
    skipped: int
    active_seconds: float

    @property
    def due_at(self) -> datetime | None:
        return self.audit.due_at

    @property
    def left(self) -> int:
        return self.free + self.held

    @property
    def done(self) -> int:
        return self.submitted + self.skipped

    @property
    def total(self) -> int:
        return self.left + self.done


@dataclass(frozen=True)
class ReviewerProgress:
    reviewer: User
    assigned: int
    submitted: int
    skipped: int
    active_seconds: float


@dataclass(frozen=True)
class ReviewProgress:
    """Counts only: no answer shows here, so a lead may see it in every phase."""

    waiting: int
    assigned: int
    submitted: int
    skipped: int
    flagged: int
    reviewers: tuple[ReviewerProgress, ...]

    @property
    def total(self) -> int:
        return self.waiting + self.assigned + self.submitted + self.skipped

    @property
    def is_complete(self) -> bool:
        """Every wanted opinion was handed in, or skipped with a reason."""
        return not self.waiting and not self.assigned


def _count(state: TaskState) -> Count:
    return Count("pk", filter=Q(state=state))


def reviewable_audits(user: User) -> QuerySet[Audit]:
    """Audits in the independent phase in which she may review."""
    return audits_visible_to(user, permission=Permission.REVIEW).filter(state__in=INDEPENDENT_STATES)


def claimable(user: User, audit: Audit | None = None) -> QuerySet[ReviewTask]:
    """Waiting tasks on items she has not had in that audit, in the order to take them.

    None on batches whose opinions she has read.
    """
    read = Unblinded.objects.filter(user=user, batch=OuterRef("audit__batch"))
    had = ReviewTask.objects.filter(audit=OuterRef("audit"), item=OuterRef("item"), reviewer=user)
    tasks = ReviewTask.objects.filter(
        ~Exists(had), ~Exists(read), state=TaskState.WAITING, audit__in=reviewable_audits(user).values("pk")
    )
    return _in_order(tasks if audit is None else tasks.filter(audit=audit))


def held_tasks(user: User, audit: Audit | None = None) -> QuerySet[ReviewTask]:
    """Tasks she has taken and not handed in, in order."""
    tasks = tasks_visible_to(user).filter(state=TaskState.ASSIGNED, audit__state__in=INDEPENDENT_STATES)
    return _in_order(tasks if audit is None else tasks.filter(audit=audit))


def _in_order(tasks: QuerySet[ReviewTask]) -> QuerySet[ReviewTask]:
    return tasks.order_by(F("audit__due_at").asc(nulls_last=True), "audit_id", "position", "replicate")


def handed_in(user: User) -> QuerySet[ReviewTask]:
    """What she submitted or skipped in audits that still take changes, the latest first."""
    draws = Draw.objects.filter(plan__audit=OuterRef("audit"), is_human=True)
    wave = draws.filter(item=OuterRef("item")).values("wave")[:1]
    tasks = tasks_visible_to(user).filter(
        state__in=[TaskState.SUBMITTED, TaskState.SKIPPED], audit__state__in=INDEPENDENT_STATES
    )
    tasks = tasks.annotate(wave=Subquery(wave)).exclude(Exists(draws.filter(wave__gt=OuterRef("wave"))))
    return tasks.select_related("review").order_by("-review__updated_at")


def given_away(user: User) -> QuerySet[ReviewTask]:
    """What she had begun and may still take back: somebody else was asked, and nobody has begun. The latest first."""
    released = tasks_visible_to(user).filter(state=TaskState.RELEASED, audit__state__in=INDEPENDENT_STATES)
    return released.filter(Exists(replacements(OuterRef("audit"), OuterRef("item")))).order_by("-assigned_at")


def replacements(audit: int | OuterRef, item: int | OuterRef) -> QuerySet[ReviewTask]:
    """Waiting tasks on an item beyond those that its draw asks for: the next wave would ask for those again."""
    asked = Draw.objects.filter(plan__audit=OuterRef("audit"), item=OuterRef("item")).values("opinions")
    return ReviewTask.objects.filter(
        audit=audit, item=item, state=TaskState.WAITING, replicate__gt=Subquery(asked)
    )


def in_work(audit: Audit) -> QuerySet[ReviewTask]:
    """What lies on reviewers' desks, the longest first; nothing of what is typed."""
    tasks = ReviewTask.objects.filter(audit=audit, state=TaskState.ASSIGNED)
    return (
        tasks.select_related("item", "reviewer")
        .annotate(last_seen_at=F("review__last_seen_at"))
        .order_by("assigned_at")
    )


def queue(user: User) -> list[QueueEntry]:
    """Her audits that take reviews, the most urgent first; audits without a task for her are left out."""
    audits = reviewable_audits(user).order_by(F("due_at").asc(nulls_last=True), "pk")
    free = dict(claimable(user).order_by().values_list("audit").annotate(items=Count("item", distinct=True)))
    own = {row["audit"]: row for row in _own_counts(user)}
    entries = [_entry(audit, free.get(audit.pk, 0), own.get(audit.pk)) for audit in audits]
    return [entry for entry in entries if entry.total]


def _own_counts(user: User) -> list[dict[str, Any]]:
    rows = (
        tasks_visible_to(user)
        .order_by()
        .values("audit")
        .annotate(
            held=_count(TaskState.ASSIGNED),
            submitted=_count(TaskState.SUBMITTED),
            skipped=_count(TaskState.SKIPPED),
            seconds=Sum("review__active_seconds", default=0.0),
        )
    )
    return [dict(row) for row in rows]


def _entry(audit: Audit, free: int, own: dict[str, Any] | None) -> QueueEntry:
    counts = own or {"held": 0, "submitted": 0, "skipped": 0, "seconds": 0.0}
    return QueueEntry(
        audit=audit,
        free=free,
        held=counts["held"],
        submitted=counts["submitted"],
        skipped=counts["skipped"],
        active_seconds=counts["seconds"],
    )


def progress(audit: Audit) -> ReviewProgress:
    """How far the reviews of an audit are; a skipped task that was handed out again is not counted twice."""
    tasks = ReviewTask.objects.filter(audit=audit).order_by()
    counts = tasks.aggregate(
        waiting=_count(TaskState.WAITING),
        assigned=_count(TaskState.ASSIGNED),
        submitted=_count(TaskState.SUBMITTED),
        flagged=Count("pk", filter=Q(review__flagged=True) & ~Q(state=TaskState.RELEASED)),
    )
    return ReviewProgress(**counts, skipped=len(unfilled_skips(audit)), reviewers=_reviewers(tasks))


def _reviewers(tasks: QuerySet[ReviewTask]) -> tuple[ReviewerProgress, ...]:
    rows = (
        tasks.filter(reviewer__isnull=False)
        .values("reviewer")
        .annotate(
            assigned=_count(TaskState.ASSIGNED),
            submitted=_count(TaskState.SUBMITTED),
            skipped=_count(TaskState.SKIPPED),
            active_seconds=Sum("review__active_seconds", default=0.0),
        )
    )
    people = User.objects.in_bulk([row["reviewer"] for row in rows])
    counts: list[dict[str, Any]] = [dict(row) for row in rows]
    found = [ReviewerProgress(**{**row, "reviewer": people[row["reviewer"]]}) for row in counts]
    return tuple(sorted(found, key=lambda one: str(one.reviewer)))


def unfilled_skips(audit: Audit) -> list[ReviewTask]:
    """Skipped tasks whose opinion nobody else was asked for (see `services.hand_out_again`)."""
    tasks = ReviewTask.objects.filter(audit=audit).select_related("item", "reviewer", "review")
    skipped = tasks.filter(state=TaskState.SKIPPED).order_by("position", "replicate")
    replaced = _replacements(audit)
    unfilled = []
    for task in skipped:
        if replaced.get(task.item_id, 0) > 0:
            replaced[task.item_id] -= 1
        else:
            unfilled.append(task)
    return unfilled


def _replacements(audit: Audit) -> dict[int, int]:
    """Item -> how many tasks were added to those its draw asked for; one in a released task's place adds nothing."""
    counts = (
        ReviewTask.objects.filter(audit=audit, item__draws__plan__audit=audit)
        .exclude(state=TaskState.RELEASED)
        .order_by()
        .values_list("item", "item__draws__opinions")
        .annotate(tasks=Count("pk", distinct=True))
    )
    return {item: tasks - wanted for item, wanted, tasks in counts}


def submitted_answers(audit: Audit) -> QuerySet[Answer]:
    """Every submitted answer, for rooms that compare; check the phase before showing any."""
    return (
        Answer.objects.filter(review__task__audit=audit, review__task__state=TaskState.SUBMITTED)
        .select_related("review__task__reviewer", "review__task__item")
        .order_by("review__task__position", "review__task__replicate")
    )
