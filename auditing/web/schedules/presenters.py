"""From rows to what the pages about schedules show."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from auditing.core.errors import BadInput
from auditing.pipeline.models import Schedule, Trigger
from auditing.pipeline.timing import crontab_of, next_run


@dataclass(frozen=True)
class ScheduleLine:
    schedule: Schedule
    state: str
    timing: str
    next_run: datetime | None


def schedule_line(schedule: Schedule) -> ScheduleLine:
    return ScheduleLine(schedule, state_of(schedule), timing_in_words(schedule), next_run(schedule))


def state_of(schedule: Schedule) -> str:
    if schedule.archived_at:
        return "archived"
    return "active" if schedule.enabled else "off"


def timing_in_words(schedule: Schedule) -> str:
    """When it runs, with the time zone."""
    if schedule.trigger == Trigger.ON_BATCH:
        return "when a batch arrives"
    if schedule.trigger == Trigger.AT_TIME and schedule.at:
        return f"once, {timezone.localtime(schedule.at):%-d %b %Y at %H:%M} {settings.TIME_ZONE}"
    try:
        described: str = crontab_of(schedule.crontab).human_readable
    except BadInput:
        return f"never: {schedule.crontab} is no time that comes"
    return described[0].lower() + described[1:]
