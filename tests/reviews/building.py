"""Builders for audits that are under review."""

from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.reviews.models import Review, ReviewTask
from auditing.reviews.services import next_task, open_tasks, submit
from auditing.sampling.models import Draw, Plan

GOOD = {"correct": "yes", "helpful": "3"}


def begin_reviews(audit: Audit, lead: User, opinions: tuple[int, ...] = (2, 2, 2, 1, 1, 1)) -> Audit:
    """The batch's first items drawn in order, so many opinions wanted on each, and reviewing begun."""
    draw_first(audit, opinions)
    AUDIT.advance(audit, "draw")
    AUDIT.advance(audit, "collect")
    open_tasks(by=lead, audit=audit)
    return audit


def draw_first(audit: Audit, opinions: tuple[int, ...]) -> Plan:
    """A simple plan of known draws: item 1 first, and so on."""
    size = audit.batch.item_count
    plan = Plan.objects.create(
        audit=audit,
        method="simple",
        parameters={},
        seed=audit.seed,
        generator="by hand",
        frame_hash="0" * 64,
        frame_size=size,
        judge_size=len(opinions),
        human_size=len(opinions),
        locked_at=timezone.now(),
    )
    Draw.objects.bulk_create(
        Draw(
            plan=plan,
            item=item,
            position=position,
            judge_probability=1,
            human_probability=len(opinions) / size,
            is_human=True,
            opinions=wanted,
        )
        for position, (item, wanted) in enumerate(
            zip(audit.batch.items.all(), opinions, strict=False), start=1
        )
    )
    return plan


def review_next(user: User, **answers: str) -> Review | None:
    """Take the next task and hand in good answers, or those given."""
    task = next_task(user=user)
    return submit(by=user, task=task, answers={**GOOD, **answers}) if task else None


def review_all(*users: User, **answers: str) -> None:
    """Each in turn, until nothing is left for any of them."""
    busy = True
    while busy:
        busy = any([review_next(user, **answers) is not None for user in users])  # noqa: C419 - each gets a turn


def end_reviews(audit: Audit) -> Audit:
    AUDIT.advance(audit, "rule")
    return audit


def reloaded(task: ReviewTask) -> ReviewTask:
    return ReviewTask.objects.get(pk=task.pk)
