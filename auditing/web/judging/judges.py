"""Judges: the list, one judge with its versions and runs, what changed between two versions."""

from typing import Any

from django.contrib import messages
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core import versions
from auditing.judging import services
from auditing.judging.endpoints import usual_endpoint
from auditing.judging.files import export_judge
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.selectors import judges_visible_to, runs_visible_to, versions_visible_to
from auditing.web.diffs import diff_lines
from auditing.web.forms import complaints_on
from auditing.web.judging.forms import JudgeFilter, NewJudgeForm
from auditing.web.judging.presenters import lessons_of, run_line, setting_rows, settings_text
from auditing.web.policy import page, person
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

SORTABLE = {"name": "name", "version": "newest_number", "published": "published_at"}
RUNS_SORTABLE = {"started": "created_at", "state": "state", "version": "judge_version__number"}


@page(Permission.SEE_VERDICTS)
def judges(request: HttpRequest) -> HttpResponse:
    user, filters = person(request), JudgeFilter.of(request)
    table = TableState.from_request(request, SORTABLE, default="name")
    found = judges_visible_to(user).filter(archived_at__isnull=not filters.value("archived"))
    if filters.value("search"):
        words = filters.value("search")
        found = found.filter(Q(name__icontains=words) | Q(description__icontains=words))
    found = found.annotate(newest_number=Max("versions__number"), published_at=Max("versions__published_at"))
    context = {
        "filters": filters,
        "table": table,
        "page": table.page(found.prefetch_related("versions")),
        "may_manage": user.may(Permission.MANAGE_JUDGES),
    }
    return render(request, "judging/judges.html", context)


@page(Permission.MANAGE_JUDGES)
def new(request: HttpRequest) -> HttpResponse:
    form = NewJudgeForm(request.POST or None)
    if form.is_valid():
        values = dict(form.cleaned_data)
        content = {"endpoint": usual_endpoint(), "model": values.pop("model")}
        with complaints_on(form):
            services.create_judge(by=person(request), content=content, **values)
        if form.is_valid():
            return redirect("judge-edit", values["name"])
    return render(request, "judging/judge_new.html", {"form": form})


@page(Permission.SEE_VERDICTS)
def judge(request: HttpRequest, name: str) -> HttpResponse:
    """The newest version; for a judge that was never published, its draft."""
    found = visible_judge(request, name)
    newest = versions.newest_of(found)
    if newest is None:
        return redirect("judge-edit", name)
    return _page(request, found, newest)


@page(Permission.SEE_VERDICTS)
def version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    found = get_object_or_404(versions_visible_to(person(request)), judge__name=name, number=number)
    return _page(request, found.judge, found)


def _page(request: HttpRequest, judge: Judge, version: JudgeVersion) -> HttpResponse:
    user = person(request)
    table = TableState.from_request(request, RUNS_SORTABLE, default="-started")
    rows = table.page(runs_visible_to(user).filter(judge_version__judge=judge), 20)
    context = {
        "judge": judge,
        "version": version,
        "versions": versions_visible_to(user).filter(judge=judge),
        "settings": setting_rows(version.spec),
        "lessons": lessons_of(version.spec),
        "file": export_judge(version),
        "table": table,
        "page": rows,
        "runs": [run_line(run) for run in rows],
        "has_draft": versions.draft_of(judge) is not None,
        "may_manage": user.may(Permission.MANAGE_JUDGES),
    }
    return render(request, "judging/judge.html", context)


@page(Permission.SEE_VERDICTS)
def diff(request: HttpRequest, name: str) -> HttpResponse:
    """What changed from one version to another (`?old=1&new=2`); the newest two unless said."""
    found = visible_judge(request, name)
    sides = _sides(person(request), found)
    names = list(sides)
    new = request.GET.get("new") if request.GET.get("new") in sides else next(iter(names), "")
    older = names[names.index(new) + 1 :] if new else []
    old = request.GET.get("old") if request.GET.get("old") in sides else next(iter(older), "")
    context: dict[str, Any] = {"judge": found, "sides": names, "old": old, "new": new}
    if old and new:
        context["lines"] = diff_lines(settings_text(sides[old]), settings_text(sides[new]))
        context["differs"] = sides[old].content != sides[new].content
    return render(request, "judging/diff.html", context)


def _sides(user: User, judge: Judge) -> dict[str, JudgeVersion]:
    """What can be compared, newest first: the draft for who may edit it, and the version numbers as texts."""
    draft = versions.draft_of(judge) if user.may(Permission.MANAGE_JUDGES) else None
    published = {str(found.number): found for found in versions_visible_to(user).filter(judge=judge)}
    return {"draft": draft, **published} if draft else published


@page(Permission.MANAGE_JUDGES)
@require_POST
def archive(request: HttpRequest, name: str) -> HttpResponse:
    found = visible_judge(request, name)
    services.archive(by=person(request), judge=found)
    say_with_undo(request, f"{found} is archived.", reverse("judge-restore", args=[name]))
    return redirect("judges")


@page(Permission.MANAGE_JUDGES)
@require_POST
def restore(request: HttpRequest, name: str) -> HttpResponse:
    found = visible_judge(request, name)
    services.restore(by=person(request), judge=found)
    messages.success(request, f"{found} is back.")
    return redirect("judge", name)


def visible_judge(request: HttpRequest, name: str) -> Judge:
    return get_object_or_404(judges_visible_to(person(request)), name=name)
