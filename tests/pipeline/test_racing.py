"""Two who drive one audit at the same time: each stage runs once."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.pipeline.models import ScheduledAudit, Trigger
from auditing.pipeline.schedules import Timing, create_schedule, open_due_audits
from auditing.pipeline.services import advance
from auditing.reviews.models import ReviewTask
from auditing.sampling.models import Plan
from tests.cast import make_batch

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(act, times=4):
    def alone(_):
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(alone, range(times)))


def test_every_stage_runs_once(audit, lead):
    at_once(lambda: advance(by=lead, audit=Audit.objects.get(pk=audit.pk)))
    audit.refresh_from_db()
    assert audit.state == AuditState.COLLECTING
    assert Plan.objects.filter(audit=audit).count() == 1
    assert ReviewTask.objects.filter(audit=audit).count() == 9


def test_a_batch_is_opened_once_a_schedule(sop_version, batch, collection, lead):
    timing = Timing(Trigger.ON_BATCH)
    schedule = create_schedule(by=lead, sop=sop_version.sop, name="Arrivals", timing=timing)
    make_batch(collection, lead)
    opened = at_once(lambda: open_due_audits(schedule=schedule))
    assert sum(len(audits) for audits in opened) == 1
    assert Audit.objects.count() == ScheduledAudit.objects.count() == 1
