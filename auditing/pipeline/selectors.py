"""Schedules, as far as somebody may see them, and what they have to do."""

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.selectors import batches_not_audited_under
from auditing.datasets.models import Batch
from auditing.datasets.selectors import collections_visible_to
from auditing.pipeline.models import Schedule, Trigger
from auditing.pipeline.timing import missed_its_time


def schedules_visible_to(user: User, permission: Permission = Permission.SCHEDULE) -> QuerySet[Schedule]:
    """Schedules of her collections; archived ones too, so that they can be brought back."""
    reached = collections_visible_to(user, permission)
    return Schedule.objects.filter(collection__in=reached).select_related("collection", "sop", "created_by")


def pending_batches(schedule: Schedule) -> QuerySet[Batch]:
    """The batches it has still to open an audit for, oldest first."""
    batches = batches_not_audited_under(schedule.sop).filter(pk__gt=schedule.after_batch)
    return batches.exclude(openings__schedule=schedule)


def schedules_waiting_for(batch: Batch) -> QuerySet[Schedule]:
    """Who wants to audit a batch as soon as it has arrived."""
    return live_schedules().filter(collection=batch.collection_id, trigger=Trigger.ON_BATCH)


def live_schedules() -> QuerySet[Schedule]:
    return Schedule.objects.filter(enabled=True, archived_at=None).select_related("collection", "sop")


def is_overdue(schedule: Schedule) -> bool:
    """Was its wake-up lost: a batch that nobody took up, a time that passed unnoticed?"""
    if schedule.trigger == Trigger.ON_BATCH:
        return pending_batches(schedule).exists()
    return missed_its_time(schedule)
