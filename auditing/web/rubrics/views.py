"""Rubrics: the list, one version to read, what changed between two, files in and out."""

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
from auditing.rubrics import services
from auditing.rubrics.diff import differences
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.selectors import rubrics_visible_to, versions_visible_to
from auditing.web.diffs import diff_lines
from auditing.web.forms import complaints_on
from auditing.web.policy import page, person
from auditing.web.rubrics import editing, presenters
from auditing.web.rubrics.forms import ImportForm, NewRubricForm, RubricFilter
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

SORTABLE = {"name": "name", "version": "newest_number", "published": "published_at"}


@page(Permission.SEE_DEFINITIONS)
def rubrics(request: HttpRequest) -> HttpResponse:
    user, filters = person(request), RubricFilter.of(request)
    table = TableState.from_request(request, SORTABLE, default="name")
    found = rubrics_visible_to(user).filter(archived_at__isnull=not filters.value("archived"))
    if filters.value("search"):
        words = filters.value("search")
        found = found.filter(Q(name__icontains=words) | Q(description__icontains=words))
    found = found.annotate(newest_number=Max("versions__number"), published_at=Max("versions__published_at"))
    rows = table.page(found.prefetch_related("versions"))
    context = {"filters": filters, "table": table, "page": rows, "may_define": user.may(Permission.DEFINE)}
    return render(request, "rubrics/rubrics.html", context)


@page(Permission.DEFINE)
def new(request: HttpRequest) -> HttpResponse:
    form = NewRubricForm(request.POST or None)
    if form.is_valid():
        name = form.cleaned_data["name"]
        content = editing.new_content(name, form.cleaned_data["description"])
        with complaints_on(form):
            services.create_rubric(by=person(request), name=name, content=content)
        if form.is_valid():
            return redirect("rubric-edit", name)
    return render(request, "rubrics/new.html", {"form": form})


@page(Permission.DEFINE)
def import_file(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        with complaints_on(form):
            version = services.import_rubric(by=person(request), text=form.text_given, file=form.file_name)
        if form.is_valid():
            messages.success(request, f"{version} is published.")
            return redirect("rubric-version", version.rubric.name, version.number)
    return render(request, "rubrics/import.html", {"form": form})


@page(Permission.SEE_DEFINITIONS)
def rubric(request: HttpRequest, name: str) -> HttpResponse:
    """The newest version; for a rubric that was never published, its draft."""
    found = get_object_or_404(rubrics_visible_to(person(request)), name=name)
    newest = versions.newest_of(found)
    if newest is None:
        return redirect("rubric-edit", name)
    return _version_page(request, newest)


@page(Permission.SEE_DEFINITIONS)
def version(request: HttpRequest, name: str, number: int) -> HttpResponse:
    return _version_page(request, _version(person(request), name, number))


@page(Permission.SEE_DEFINITIONS)
def export(request: HttpRequest, name: str, number: int) -> HttpResponse:
    found = _version(person(request), name, number)
    headers = {"Content-Disposition": f'attachment; filename="{name}-v{number}.yaml"'}
    return HttpResponse(
        services.export_rubric(found), content_type="application/yaml; charset=utf-8", headers=headers
    )


@page(Permission.SEE_DEFINITIONS)
def diff(request: HttpRequest, name: str) -> HttpResponse:
    """What changed from one version to another (`?old=1&new=2`); the newest two unless said."""
    user = person(request)
    found = get_object_or_404(rubrics_visible_to(user), name=name)
    sides = comparable(found, may_see_draft=user.may(Permission.DEFINE))
    old, new = chosen(sides, request.GET.get("old", ""), request.GET.get("new", ""))
    context: dict[str, Any] = {"rubric": found, "sides": list(sides), "old": old, "new": new}
    if old and new:
        before, after = sides[old], sides[new]
        context["changes"] = differences(before.content, after.content)
        context["lines"] = diff_lines(services.export_rubric(before), services.export_rubric(after))
    return render(request, "rubrics/diff.html", context)


@page(Permission.DEFINE)
@require_POST
def archive(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(rubrics_visible_to(person(request)), name=name)
    services.archive(by=person(request), rubric=found)
    say_with_undo(request, f"{found} is archived.", reverse("rubric-restore", args=[name]))
    return redirect("rubrics")


@page(Permission.DEFINE)
@require_POST
def restore(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(rubrics_visible_to(person(request)), name=name)
    services.restore(by=person(request), rubric=found)
    messages.success(request, f"{found} is back.")
    return redirect("rubric", name)


def comparable(owner: Any, *, may_see_draft: bool) -> dict[str, Any]:
    """What can be compared, newest first: `draft` and the version numbers as texts."""
    draft = versions.draft_of(owner) if may_see_draft else None
    published = owner.versions.filter(state="published").order_by("-number")
    sides = {str(found.number): found for found in published}
    return {"draft": draft, **sides} if draft else sides


def chosen(sides: dict[str, Any], old: str, new: str) -> tuple[str, str]:
    """The two sides asked for, or the newest two; empty where there is nothing to compare."""
    names = list(sides)
    new = new if new in sides else (names[0] if names else "")
    older = names[names.index(new) + 1 :] if new else []
    return (old if old in sides else (older[0] if older else "")), new


def _version(user: User, name: str, number: int) -> RubricVersion:
    return get_object_or_404(versions_visible_to(user), rubric__name=name, number=number)


def _version_page(request: HttpRequest, found: RubricVersion) -> HttpResponse:
    user = person(request)
    context = {
        "rubric": found.rubric,
        "version": found,
        "preview": presenters.preview(found.content),
        "versions": found.rubric.versions.filter(state="published").select_related("published_by"),
        "draft": versions.draft_of(found.rubric),
        "usage": presenters.usage(found, user),
        "may_define": user.may(Permission.DEFINE),
    }
    return render(request, "rubrics/rubric.html", context)
