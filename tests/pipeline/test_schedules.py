"""Audits that open by themselves."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from auditing.audits.models import Audit
from auditing.audits.services import cancel_audit
from auditing.core.errors import BadInput, Conflict, Forbidden, Missing
from auditing.datasets.arrivals import announce
from auditing.journal.models import Entry
from auditing.pipeline import tasks
from auditing.pipeline.models import Schedule, ScheduledAudit, Trigger
from auditing.pipeline.schedules import (
    Timing,
    archive_schedule,
    create_schedule,
    open_due_audits,
    restore_schedule,
    switch_schedule,
    update_schedule,
)
from auditing.pipeline.selectors import is_overdue, live_schedules, pending_batches, schedules_visible_to
from auditing.pipeline.timing import next_run
from auditing.sops.models import Sop
from tests.cast import make_batch

ON_BATCH = Timing(Trigger.ON_BATCH)
NIGHTLY = Timing(Trigger.REPEATING, crontab="30 2 * * *")


@pytest.fixture
def sop(sop_version):
    return sop_version.sop


@pytest.fixture
def on_batch(sop, batch, lead):
    return create_schedule(by=lead, sop=sop, name="Every delivery", timing=ON_BATCH)


def overdue_schedules():
    return [schedule for schedule in live_schedules() if is_overdue(schedule)]


def tomorrow():
    return Timing(Trigger.AT_TIME, at=timezone.now() + timedelta(days=1))


def test_a_batch_that_arrives_is_audited_and_those_before_are_left_alone(on_batch, batch, collection, lead):
    later = make_batch(collection, lead)
    (audit,) = open_due_audits(schedule=on_batch)
    assert audit.batch == later
    assert audit.opened_by is None
    on_batch.refresh_from_db()
    assert on_batch.last_outcome == f"opened {audit}"


def test_a_batch_is_audited_once_however_often_the_schedule_runs(on_batch, collection, lead):
    make_batch(collection, lead)
    open_due_audits(schedule=on_batch)
    assert open_due_audits(schedule=on_batch) == []
    on_batch.refresh_from_db()
    assert on_batch.last_outcome == "nothing new to audit"
    assert Audit.objects.count() == ScheduledAudit.objects.count() == 1


def test_a_cancelled_audit_is_not_opened_again_by_its_schedule(on_batch, collection, lead):
    make_batch(collection, lead)
    (audit,) = open_due_audits(schedule=on_batch)
    cancel_audit(by=lead, audit=audit, reason="Not this one")
    assert open_due_audits(schedule=on_batch) == []


def test_a_schedule_with_a_time_takes_up_the_newest_batch_that_is_there(sop, batch, collection, lead):
    make_batch(collection, lead)
    newest = make_batch(collection, lead)
    schedule = create_schedule(by=lead, sop=sop, name="Tomorrow", timing=tomorrow())
    assert list(pending_batches(schedule)) == [newest]


def test_a_batch_that_does_not_fit_is_said_and_the_others_are_opened(on_batch, collection, lead):
    unfit = make_batch(collection, lead)
    unfit.slice_fields = []
    unfit.save()
    fit = make_batch(collection, lead)
    assert [audit.batch for audit in open_due_audits(schedule=on_batch)] == [fit]
    on_batch.refresh_from_db()
    assert f"{unfit}: field sampling.by" in on_batch.last_outcome


def test_the_beat_gets_a_single_time_a_crontab_or_nothing(sop, batch, lead):
    once = create_schedule(by=lead, sop=sop, name="Once", timing=tomorrow())
    assert once.periodic_task.clocked.clocked_time == once.at
    assert once.periodic_task.one_off
    nightly = create_schedule(by=lead, sop=sop, name="Nightly", timing=NIGHTLY)
    assert nightly.periodic_task.crontab.hour == "2"
    assert str(nightly.periodic_task.crontab.timezone) == "UTC"
    arriving = create_schedule(by=lead, sop=sop, name="Arriving", timing=ON_BATCH)
    assert arriving.periodic_task is None


def test_the_beats_row_names_a_task_that_exists_and_this_schedule(sop, batch, lead):
    nightly = create_schedule(by=lead, sop=sop, name="Nightly", timing=NIGHTLY)
    assert nightly.periodic_task.task == tasks.run_schedule.name
    assert nightly.periodic_task.args == f"[{nightly.pk}]"


def test_changing_the_trigger_changes_the_beat(sop, batch, lead):
    schedule = create_schedule(by=lead, sop=sop, name="Nightly", timing=NIGHTLY)
    update_schedule(by=lead, schedule=schedule, sop=sop, name="Arriving", timing=ON_BATCH)
    schedule.refresh_from_db()
    assert (schedule.name, schedule.crontab, schedule.periodic_task) == ("Arriving", "", None)
    assert not PeriodicTask.objects.filter(task=tasks.run_schedule.name).exists()


def test_switched_off_it_opens_nothing_and_its_beat_rests(sop, batch, collection, lead):
    schedule = create_schedule(by=lead, sop=sop, name="Nightly", timing=NIGHTLY)
    switch_schedule(by=lead, schedule=schedule, on=False)
    make_batch(collection, lead)
    assert open_due_audits(schedule=schedule) == []
    schedule.refresh_from_db()
    assert not schedule.periodic_task.enabled
    assert next_run(schedule) is None


def test_an_archived_schedule_can_be_restored_switched_off(on_batch, lead):
    archive_schedule(by=lead, schedule=on_batch)
    with pytest.raises(Conflict, match="archived"):
        switch_schedule(by=lead, schedule=on_batch, on=True)
    restored = restore_schedule(by=lead, schedule=on_batch)
    assert (restored.archived_at, restored.enabled) == (None, False)


def test_a_name_is_taken_once_a_collection_until_archived(on_batch, sop, lead):
    with pytest.raises(BadInput, match="already"):
        create_schedule(by=lead, sop=sop, name="Every delivery", timing=ON_BATCH)
    archive_schedule(by=lead, schedule=on_batch)
    create_schedule(by=lead, sop=sop, name="Every delivery", timing=ON_BATCH)
    with pytest.raises(BadInput, match="already"):
        restore_schedule(by=lead, schedule=on_batch)


@pytest.mark.parametrize(
    "timing",
    [
        Timing(Trigger.AT_TIME),
        Timing(Trigger.AT_TIME, at=timezone.now() - timedelta(minutes=1)),
        Timing(Trigger.AT_TIME, at=datetime(9999, 12, 31, 23, tzinfo=timezone.get_fixed_timezone(-720))),
        Timing(Trigger.REPEATING, crontab=""),
        Timing(Trigger.REPEATING, crontab="61 * * * *"),
        Timing(Trigger.REPEATING, crontab="every day at six"),
        Timing(Trigger.REPEATING, crontab="0 0 31 2 *"),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_nothing_is_made(sop, lead, timing):
    with pytest.raises(BadInput):
        create_schedule(by=lead, sop=sop, name="Never", timing=timing)
    assert not Schedule.objects.exists()


def test_an_sop_without_a_published_version_cannot_be_scheduled(collection, lead):
    with pytest.raises(Missing, match="no published version"):
        create_schedule(
            by=lead, sop=Sop.objects.create(collection=collection, name="new"), name="x", timing=ON_BATCH
        )


def test_only_who_may_schedule_here_may(on_batch, sop, auditor, viewer, outsider):
    for somebody in (auditor, viewer, outsider):
        with pytest.raises(Forbidden):
            create_schedule(by=somebody, sop=sop, name="Mine", timing=ON_BATCH)
        with pytest.raises(Forbidden):
            archive_schedule(by=somebody, schedule=on_batch)
    assert not schedules_visible_to(outsider).exists()


def test_what_is_done_to_a_schedule_is_journaled(on_batch, lead):
    switch_schedule(by=lead, schedule=on_batch, on=False)
    verbs = Entry.objects.filter(subject_kind="pipeline.schedule").order_by("sequence")
    assert list(verbs.values_list("verb", flat=True)) == ["created", "switched off"]


def test_a_time_missed_in_downtime_is_made_up_for_once(sop, batch, lead):
    nightly = create_schedule(by=lead, sop=sop, name="Nightly", timing=NIGHTLY)
    assert overdue_schedules() == []
    Schedule.objects.filter(pk=nightly.pk).update(set_at=timezone.now() - timedelta(days=3))
    assert overdue_schedules() == [nightly]
    open_due_audits(schedule=nightly)
    assert overdue_schedules() == []
    assert Audit.objects.count() == 1


def test_a_single_time_that_passed_unnoticed_is_made_up_for_once(sop, batch, lead):
    once = create_schedule(by=lead, sop=sop, name="Once", timing=tomorrow())
    earlier = timezone.now() - timedelta(hours=1)
    Schedule.objects.filter(pk=once.pk).update(at=earlier, set_at=earlier - timedelta(hours=1))
    assert overdue_schedules() == [once]
    open_due_audits(schedule=once)
    assert overdue_schedules() == []


def test_the_next_time_is_told(sop, batch, lead):
    nightly = create_schedule(by=lead, sop=sop, name="Nightly", timing=NIGHTLY)
    coming = next_run(nightly)
    assert (coming.hour, coming.minute) == (2, 30)
    assert timezone.now() < coming < timezone.now() + timedelta(days=1)


def test_an_arriving_batch_wakes_the_schedules_that_wait_for_it(
    on_batch, collection, lead, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(tasks.run_schedule, "delay", lambda pk: woken.append(pk))
    with django_capture_on_commit_callbacks(execute=True):
        announce(make_batch(collection, lead))
    assert woken == [on_batch.pk]


def test_a_lost_wake_up_is_sent_again_by_the_tick(
    on_batch, collection, lead, monkeypatch, django_capture_on_commit_callbacks
):
    make_batch(collection, lead)
    woken = []
    monkeypatch.setattr(tasks.run_schedule, "delay", lambda pk: woken.append(pk))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tick()
    assert woken == [on_batch.pk]


@pytest.fixture
def impossible(sop, batch, lead):
    """A row from before such times were refused."""
    schedule = create_schedule(by=lead, sop=sop, name="Impossible", timing=NIGHTLY)
    Schedule.objects.filter(pk=schedule.pk).update(crontab="0 0 31 2 *")
    schedule.refresh_from_db()
    return schedule


def test_a_stored_time_that_never_comes_is_no_time(impossible, sop, lead):
    assert next_run(impossible) is None
    assert not is_overdue(impossible)


@pytest.mark.parametrize("address", ["/", "/schedules/", "/schedules/{pk}/"])
def test_a_stored_time_that_never_comes_breaks_no_page(impossible, lead, client, address):
    client.force_login(lead)
    assert client.get(address.format(pk=impossible.pk)).status_code == 200


def test_a_row_at_fault_does_not_keep_the_tick_from_the_others(
    on_batch, collection, lead, monkeypatch, django_capture_on_commit_callbacks, caplog
):
    other = create_schedule(by=lead, sop=on_batch.sop, name="Other", timing=ON_BATCH)
    make_batch(collection, lead)
    woken = []
    monkeypatch.setattr(tasks.run_schedule, "delay", lambda pk: woken.append(pk))
    unreadable = "0001-12-31 10:00:00+00 BC" if connection.vendor == "postgresql" else "2026-99-99 00:00"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pipeline_schedule SET at = %s WHERE id = %s", [unreadable, on_batch.pk])
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tick()
    assert woken == [other.pk]
    assert f"schedule {on_batch.pk}" in caplog.text
