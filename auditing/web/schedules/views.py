"""Schedules: audits that open by themselves."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.pipeline.models import Schedule
from auditing.pipeline.schedules import (
    archive_schedule,
    create_schedule,
    restore_schedule,
    switch_schedule,
    update_schedule,
)
from auditing.pipeline.selectors import pending_batches, schedules_visible_to
from auditing.pipeline.tasks import run_schedule
from auditing.pipeline.wakeups import wake
from auditing.web.forms import complaints_on
from auditing.web.policy import page, person
from auditing.web.schedules.forms import ScheduleFilter, ScheduleForm
from auditing.web.schedules.presenters import schedule_line, timing_in_words
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

SORTABLE = {"name": "name", "collection": "collection__name", "last": "last_run_at"}


@page(Permission.SCHEDULE)
def schedules(request: HttpRequest) -> HttpResponse:
    user = person(request)
    filters = ScheduleFilter.of(request, user=user)
    found = schedules_visible_to(user).filter(archived_at__isnull=filters.value("show") != "archived")
    if filters.value("collection"):
        found = found.filter(collection=filters.value("collection"))
    table = TableState.from_request(request, SORTABLE, default="name")
    rows = table.page(found)
    context = {
        "filters": filters,
        "table": table,
        "page": rows,
        "lines": [schedule_line(row) for row in rows],
    }
    return render(request, "schedules/schedules.html", context)


@page(Permission.SCHEDULE)
def schedule_new(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = ScheduleForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid() and (made := _create(request, form)):
        messages.success(request, f"{made} is set: {timing_in_words(made)}.")
        return redirect("schedule", made.pk)
    return render(request, "schedules/new.html", {"form": form})


def _create(request: HttpRequest, form: ScheduleForm) -> Schedule | None:
    """None, with the complaint on its field, for a time that cannot be."""
    given = form.cleaned_data
    with complaints_on(form):
        return create_schedule(by=person(request), sop=given["sop"], name=given["name"], timing=form.timing())
    return None


@page(Permission.SCHEDULE)
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_schedule(request, pk)
    form = ScheduleForm(request.POST or None, user=person(request), schedule=found)
    if request.method == "POST" and form.is_valid() and _update(request, found, form):
        messages.success(request, "Saved.")
        return redirect("schedule", pk)
    return render(request, "schedules/schedule.html", _context(found, form))


def _update(request: HttpRequest, schedule: Schedule, form: ScheduleForm) -> bool:
    given = form.cleaned_data
    with complaints_on(form):
        update_schedule(
            by=person(request), schedule=schedule, sop=given["sop"], name=given["name"], timing=form.timing()
        )
    return form.is_valid()


def _context(schedule: Schedule, form: ScheduleForm) -> dict[str, Any]:
    return {
        "schedule": schedule,
        "form": form,
        "line": schedule_line(schedule),
        "openings": schedule.openings.select_related("audit__batch", "batch")[:50],
        "pending": list(pending_batches(schedule)[:20]),
    }


@page(Permission.SCHEDULE)
@require_POST
def schedule_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Now, whatever its time: what it has to do, and nothing more."""
    found = visible_schedule(request, pk)
    if not found.enabled:
        raise BadInput("Switch the schedule on first.")
    wake(run_schedule, found.pk)
    messages.success(request, "A worker has been asked to run it; what comes of it shows here.")
    return redirect("schedule", pk)


@page(Permission.SCHEDULE)
@require_POST
def schedule_switch(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_schedule(request, pk)
    changed = switch_schedule(by=person(request), schedule=found, on=not found.enabled)
    messages.success(request, f"{changed} is switched {'on' if changed.enabled else 'off'}.")
    return redirect("schedule", pk)


@page(Permission.SCHEDULE)
@require_POST
def schedule_archive(request: HttpRequest, pk: int) -> HttpResponse:
    found = archive_schedule(by=person(request), schedule=visible_schedule(request, pk))
    say_with_undo(request, f"{found} is archived.", reverse("schedule-restore", args=[pk]))
    return redirect("schedules")


@page(Permission.SCHEDULE)
@require_POST
def schedule_restore(request: HttpRequest, pk: int) -> HttpResponse:
    found = restore_schedule(by=person(request), schedule=visible_schedule(request, pk))
    messages.success(request, f"{found} is back, switched off.")
    return redirect("schedule", pk)


def visible_schedule(request: HttpRequest, pk: int) -> Schedule:
    return get_object_or_404(schedules_visible_to(person(request)), pk=pk)
