"""From rows to what the pages about schedules show."""

from dataclasses import dataclass
from datetime import datetime

from cron_descriptor import Options, get_description
from django.conf import settings
from django.utils import timezone

from auditing.pipeline.models import Schedule, Trigger
from auditing.pipeline.timing import next_run


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
    return f"{_described(schedule.crontab)} {settings.TIME_ZONE}"


def _described(crontab: str) -> str:
    options = Options()
    options.use_24hour_time_format = True
    text: str = get_description(crontab, options)
    return text[0].lower() + text[1:]
