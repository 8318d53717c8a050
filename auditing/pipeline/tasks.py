"""Wake-ups: each carries ids, reads the rows, and calls one service; twice does no harm."""

from celery import shared_task

from auditing.audits.models import Audit
from auditing.audits.selectors import unfinished_audits
from auditing.datasets.models import Batch
from auditing.pipeline import schedules, services
from auditing.pipeline.models import Schedule
from auditing.pipeline.selectors import overdue_schedules, schedules_waiting_for
from auditing.pipeline.wakeups import wake


@shared_task
def advance_audit(audit_id: int) -> None:
    """Run every stage of an audit that can run now."""
    audit = Audit.objects.filter(pk=audit_id).first()
    if audit is not None and not audit.is_over:
        services.advance(by=None, audit=audit)


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
