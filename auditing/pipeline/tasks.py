"""Wake-ups: each carries ids, reads the rows, and calls one service; twice does no harm."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from celery import shared_task

from auditing.audits.models import Audit
from auditing.audits.selectors import unfinished_audits
from auditing.core.errors import DokimaError
from auditing.datasets.models import Batch
from auditing.judging.models import Run
from auditing.pipeline import schedules, services
from auditing.pipeline.models import Schedule
from auditing.pipeline.selectors import is_overdue, live_schedules, schedules_waiting_for
from auditing.pipeline.wakeups import wake
from auditing.reviews.releasing import release_left

logger = logging.getLogger(__name__)


@shared_task
def advance_audit(audit_id: int) -> None:
    """Run every stage of an audit that can run now."""
    audit = Audit.objects.filter(pk=audit_id).first()
    if audit is None or audit.is_over:
        return
    try:
        services.advance(by=None, audit=audit)
    except DokimaError as problem:  # somebody has to act; her page says the same when she tries
        logger.warning("Audit %s cannot go on: %s", audit_id, problem)


@shared_task
def run_schedule(schedule_id: int) -> None:
    """Open the audits a schedule has still to open, and set them going."""
    schedule = Schedule.objects.filter(pk=schedule_id).first()
    if schedule is None:
        return
    for audit in schedules.open_due_audits(schedule=schedule):
        wake(advance_audit, audit.pk)


@shared_task
def tick() -> None:
    """Every minute: send again the wake-ups that rows say were lost, and ask others for what leavers had begun."""
    for pk in list(live_schedules().values_list("pk", flat=True)):
        with _in_spite_of_the_others("schedule", pk):
            _wake_schedule(pk)
    for pk in list(unfinished_audits().values_list("pk", flat=True)):
        with _in_spite_of_the_others("audit", pk):
            _wake_audit(pk)
    release_left()


def _wake_schedule(pk: int) -> None:
    schedule = live_schedules().filter(pk=pk).first()
    if schedule and is_overdue(schedule):
        wake(run_schedule, pk)


def _wake_audit(pk: int) -> None:
    audit = unfinished_audits().filter(pk=pk).first()
    if audit and services.can_go_on(audit):
        wake(advance_audit, pk)


@contextmanager
def _in_spite_of_the_others(what: str, pk: int) -> Iterator[None]:
    """One row that nobody foresaw is told in the log and does not keep the tick from the rest."""
    try:
        yield
    except Exception:
        logger.exception("The tick cannot tell whether %s %s waits.", what, pk)


def batch_arrived(batch: Batch) -> None:
    """Wake the schedules that wait for a batch like this one."""
    for schedule in schedules_waiting_for(batch):
        wake(run_schedule, schedule.pk)


def run_finished(run: Run) -> None:
    """A judge is done: perhaps the audit can go on."""
    wake(advance_audit, run.audit_id)
