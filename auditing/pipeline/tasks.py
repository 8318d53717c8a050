"""Wake-ups: each carries ids, reads the rows, and calls one service; twice does no harm."""

import logging

from celery import shared_task

from auditing.audits.models import Audit
from auditing.audits.selectors import unfinished_audits
from auditing.core.errors import DokimaError
from auditing.datasets.models import Batch
from auditing.judging.models import Run
from auditing.pipeline import schedules, services
from auditing.pipeline.models import Schedule
from auditing.pipeline.selectors import overdue_schedules, schedules_waiting_for
from auditing.pipeline.wakeups import wake

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
    """Every minute: send again the wake-ups that rows say were lost."""
    for schedule in overdue_schedules():
        wake(run_schedule, schedule.pk)
    for audit in unfinished_audits():
        if services.can_go_on(audit):
            wake(advance_audit, audit.pk)


def batch_arrived(batch: Batch) -> None:
    """Wake the schedules that wait for a batch like this one."""
    for schedule in schedules_waiting_for(batch):
        wake(run_schedule, schedule.pk)


def run_finished(run: Run) -> None:
    """A judge is done: perhaps the audit can go on."""
    wake(advance_audit, run.audit_id)
