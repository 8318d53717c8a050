"""When a schedule is due: its row for the beat, its next time, and whether a time was missed."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, PeriodicTask

from auditing.core.errors import BadInput
from auditing.pipeline.models import Schedule, Trigger

TASK = "auditing.pipeline.tasks.run_schedule"
CRONTAB_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
GRACE = timedelta(minutes=2)  # the beat's own time to fire before a time counts as missed

logger = logging.getLogger(__name__)


def crontab_of(text: str) -> CrontabSchedule:
    """The stored crontab of five fields, in the installation's time zone. Raises BadInput."""
    wanted = _read(text)
    return CrontabSchedule.objects.filter(**wanted).first() or CrontabSchedule.objects.create(**wanted)


def _read(text: str) -> dict[str, str]:
    """Its fields, once it is sure that the time they tell comes. Raises BadInput."""
    parts = text.split()
    if len(parts) != len(CRONTAB_FIELDS):
        raise BadInput(
            f"Give five fields (minute, hour, day of month, month, day of week), not {len(parts)}.",
            field="crontab",
        )
    wanted = {**dict(zip(CRONTAB_FIELDS, parts, strict=True)), "timezone": settings.TIME_ZONE}
    try:
        CrontabSchedule(**wanted).full_clean()
        _ = CrontabSchedule(**wanted).schedule  # refuses what passes field by field: 31 February
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), field="crontab") from error
    except ValueError as error:
        raise BadInput(f"This time never comes: {error}", field="crontab") from error
    return wanted


def set_beat(schedule: Schedule) -> None:
    """Make the beat's row say what the schedule says; a schedule that waits for batches has none."""
    if schedule.trigger == Trigger.ON_BATCH:
        drop_beat(schedule)
        return
    at_time = schedule.trigger == Trigger.AT_TIME
    task = schedule.periodic_task or PeriodicTask(name=f"schedule {schedule.pk}", task=TASK)
    task.args = json.dumps([schedule.pk])
    task.clocked = ClockedSchedule.objects.get_or_create(clocked_time=schedule.at)[0] if at_time else None
    task.crontab = None if at_time else crontab_of(schedule.crontab)
    task.one_off, task.enabled = at_time, schedule.enabled
    task.save()
    schedule.periodic_task = task


def drop_beat(schedule: Schedule) -> None:
    task, schedule.periodic_task = schedule.periodic_task, None
    if task is not None:
        Schedule.objects.filter(pk=schedule.pk).update(periodic_task=None)
        task.delete()


def counts_from(schedule: Schedule) -> datetime:
    """The moment after which its next time counts: when it last ran or was last set."""
    return max(schedule.set_at, schedule.last_run_at or schedule.set_at)


def next_run(schedule: Schedule) -> datetime | None:
    """Its next time; None when it waits for a batch, is off, or has had its only time."""
    if not schedule.enabled or schedule.trigger == Trigger.ON_BATCH:
        return None
    if schedule.trigger == Trigger.AT_TIME:
        return schedule.at if has_its_time_to_come(schedule) else None
    times = _times_of(schedule)
    if times is None:
        return None
    start, until_due, _ = times.remaining_delta(timezone.now())
    due: datetime = start + until_due
    return due


def _times_of(schedule: Schedule) -> Any:
    """A repeating one's times, as Celery's `crontab`; None, and said in the log, where they cannot be told."""
    try:
        return CrontabSchedule(**_read(schedule.crontab)).schedule
    except BadInput as problem:
        logger.warning("Schedule %s has no times: %s", schedule.pk, problem)
        return None


def has_its_time_to_come(schedule: Schedule) -> bool:
    """For a single time: it has not run since it was set."""
    return schedule.last_run_at is None or schedule.last_run_at < schedule.set_at


def missed_its_time(schedule: Schedule) -> bool:
    """Should it have run by now, as after downtime? However many times were missed, it runs once."""
    if schedule.trigger == Trigger.AT_TIME:
        late = schedule.at is not None and schedule.at < timezone.now() - GRACE
        return late and has_its_time_to_come(schedule)
    if schedule.trigger == Trigger.REPEATING:
        times = _times_of(schedule)
        return times is not None and bool(times.remaining_estimate(counts_from(schedule)) < -GRACE)
    return False
