"""Setting, changing and switching schedules through the pages."""

import pytest
from django.urls import reverse

from auditing.pipeline import tasks
from auditing.pipeline.models import Schedule, Trigger
from auditing.pipeline.schedules import Timing, create_schedule


@pytest.fixture
def schedule(sop_version, batch, lead):
    timing = Timing(Trigger.REPEATING, crontab="30 6 * * mon")
    return create_schedule(by=lead, sop=sop_version.sop, name="Mondays", timing=timing)


def get(client, user, name, *args, query=""):
    client.force_login(user)
    return client.get(reverse(name, args=args) + query)


def post(client, user, address, *args, **data):
    client.force_login(user)
    return client.post(reverse(address, args=args), data, follow=True)


def test_the_list_says_when_each_runs_and_in_which_time_zone(client, lead, schedule):
    text = get(client, lead, "schedules").text
    assert "at 06:30 AM, only on Monday UTC" in text
    assert "active" in text


def test_a_schedule_is_set_through_the_form(client, lead, sop_version):
    page = post(
        client, lead, "schedule-new", name="Every delivery", sop=sop_version.sop_id, trigger=Trigger.ON_BATCH
    )
    assert "when a batch arrives" in page.text
    assert Schedule.objects.get().created_by == lead


def test_a_time_that_cannot_be_is_said_at_its_field_and_nothing_typed_is_lost(client, lead, sop_version):
    data = {"name": "Odd", "sop": sop_version.sop_id, "trigger": Trigger.REPEATING, "crontab": "99 * * * *"}
    page = post(client, lead, "schedule-new", **data)
    assert page.context["form"].errors["crontab"]
    assert "99 * * * *" in page.text
    assert not Schedule.objects.exists()


def test_changing_it_through_the_form(client, lead, schedule):
    data = {"name": "Arrivals", "sop": schedule.sop_id, "trigger": Trigger.ON_BATCH}
    assert "Saved." in post(client, lead, "schedule", schedule.pk, **data).text
    schedule.refresh_from_db()
    assert (schedule.name, schedule.trigger) == ("Arrivals", Trigger.ON_BATCH)


def test_switching_off_and_on(client, lead, schedule):
    assert "switched off" in post(client, lead, "schedule-switch", schedule.pk).text
    assert "switched on" in post(client, lead, "schedule-switch", schedule.pk).text


def test_archiving_can_be_undone(client, lead, schedule):
    page = post(client, lead, "schedule-archive", schedule.pk)
    assert reverse("schedule-restore", args=[schedule.pk]) in page.text
    assert "Mondays" in get(client, lead, "schedules", query="?show=archived").text
    post(client, lead, "schedule-restore", schedule.pk)
    schedule.refresh_from_db()
    assert schedule.archived_at is None


def test_run_now_wakes_a_worker(client, lead, schedule, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr(tasks.run_schedule, "delay", lambda pk: woken.append(pk))
    with django_capture_on_commit_callbacks(execute=True):
        post(client, lead, "schedule-run", schedule.pk)
    assert woken == [schedule.pk]


def test_nobody_else_gets_in(client, outsider, auditor, viewer, vendor, schedule):
    for somebody in (auditor, viewer, vendor):
        assert get(client, somebody, "schedules").status_code == 404
    assert "Mondays" not in get(client, outsider, "schedules").text
    for somebody in (outsider, auditor, viewer, vendor):
        assert get(client, somebody, "schedule", schedule.pk).status_code == 404
        for name in ("schedule-run", "schedule-switch", "schedule-archive", "schedule-restore"):
            assert post(client, somebody, name, schedule.pk).status_code == 404
