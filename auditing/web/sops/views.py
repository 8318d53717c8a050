"""SOPs: the list, one version to read and acknowledge, what changed between two, files in and out."""

from typing import Any

from django.contrib import messages
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.audits.selectors import audits_visible_to
from auditing.core import versions
from auditing.datasets.policies import may
from auditing.rubrics.diff import differences
from auditing.sops import services
from auditing.sops.models import Sop, SopVersion
from auditing.sops.selectors import has_acknowledged, sops_visible_to, versions_visible_to
from auditing.web.diffs import diff_lines
from auditing.web.forms import complaints_on
from auditing.web.policy import page, person
from auditing.web.rubrics.views import chosen, comparable
from auditing.web.sops import editing, presenters
from auditing.web.sops.forms import ImportSopForm, NewSopForm, SopFilter
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

SORTABLE = {
    "name": "name",
    "collection": "collection__name",
    "version": "newest_number",
    "published": "published_at",
}


@page(Permission.SEE_DEFINITIONS)
def sops(request: HttpRequest) -> HttpResponse:
    user = person(request)
    filters = SopFilter.of(request, user=user)
    table = TableState.from_request(request, SORTABLE, default="name")
    found = sops_visible_to(user).filter(archived_at__isnull=not filters.value("archived"))
    if filters.value("search"):
        found = found.filter(Q(name__icontains=filters.value("search")))
    if filters.value("collection"):
        found = found.filter(collection=filters.value("collection"))
    found = found.annotate(newest_number=Max("versions__number"), published_at=Max("versions__published_at"))
    rows = table.page(found.prefetch_related("versions__rubric_version__rubric"))
    context = {"filters": filters, "table": table, "page": rows, "may_define": user.may(Permission.DEFINE)}
    return render(request, "sops/sops.html", context)


@page(Permission.DEFINE)
def new(request: HttpRequest) -> HttpResponse:
    user = person(request)
    initial = {"collection": request.GET.get("collection", ""), "rubric": request.GET.get("rubric", "")}
    form = NewSopForm(request.POST or None, user=user, initial=initial)
    if form.is_valid():
        collection, name, rubric = (form.cleaned_data[key] for key in ("collection", "name", "rubric"))
        content = editing.new_content(name, collection.name, rubric)
        with complaints_on(form):
            sop = services.create_sop(by=user, collection=collection, name=name, content=content)
        if form.is_valid():
            return redirect("sop-edit", sop.pk)
    context = {"form": form, "has_rubrics": bool(presenters.rubric_choices(user))}
    return render(request, "sops/new.html", context)


@page(Permission.DEFINE)
def import_file(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = ImportSopForm(request.POST or None, request.FILES or None, user=user)
    if form.is_valid():
        where = form.cleaned_data["collection"]
        with complaints_on(form):
            version = services.import_sop(
                by=user, text=form.text_given, file=form.file_name, collection=where
            )
        if form.is_valid():
            messages.success(request, f"{version} is published.")
            return redirect("sop-version", version.sop.pk, version.number)
    return render(request, "sops/import.html", {"form": form})


@page(Permission.SEE_DEFINITIONS)
def sop(request: HttpRequest, pk: int) -> HttpResponse:
    """The newest version; for an SOP that was never published, its draft."""
    found = _sop(request, pk)
    newest = versions.newest_of(found)
    if newest is None:
        return redirect("sop-edit", pk)
    return _version_page(request, _version(request, pk, newest.number))


@page(Permission.SEE_DEFINITIONS)
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    return _version_page(request, _version(request, pk, number))


@page(Permission.SEE_DEFINITIONS)
@require_POST
def acknowledge(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    found = _version(request, pk, number)
    services.acknowledge(by=person(request), version=found)
    messages.success(request, f"Noted: you have read {found}.")
    return redirect("sop-version", pk, number)


@page(Permission.SEE_DEFINITIONS)
def export(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    found = _version(request, pk, number)
    headers = {"Content-Disposition": f'attachment; filename="{found.sop.name}-v{number}.yaml"'}
    text = services.export_sop(found)
    return HttpResponse(text, content_type="application/yaml; charset=utf-8", headers=headers)


@page(Permission.SEE_DEFINITIONS)
def diff(request: HttpRequest, pk: int) -> HttpResponse:
    """What changed from one version to another (`?old=1&new=2`); the newest two unless said."""
    found = _sop(request, pk)
    sees_draft = may(person(request), Permission.DEFINE, found.collection)
    sides = comparable(found, may_see_draft=sees_draft)
    old, new = chosen(sides, request.GET.get("old", ""), request.GET.get("new", ""))
    context: dict[str, Any] = {"sop": found, "sides": list(sides), "old": old, "new": new}
    if old and new:
        before, after = sides[old], sides[new]
        context["changes"] = differences(before.content, after.content)
        context["lines"] = diff_lines(services.export_sop(before), services.export_sop(after))
    return render(request, "sops/diff.html", context)


@page(Permission.DEFINE)
@require_POST
def archive(request: HttpRequest, pk: int) -> HttpResponse:
    found = _sop(request, pk)
    services.archive(by=person(request), sop=found)
    say_with_undo(request, f"{found} is archived.", reverse("sop-restore", args=[pk]))
    return redirect("sops")


@page(Permission.DEFINE)
@require_POST
def restore(request: HttpRequest, pk: int) -> HttpResponse:
    found = _sop(request, pk)
    services.restore(by=person(request), sop=found)
    messages.success(request, f"{found} is back.")
    return redirect("sop", pk)


def _sop(request: HttpRequest, pk: int) -> Sop:
    return get_object_or_404(sops_visible_to(person(request)), pk=pk)


def _version(request: HttpRequest, pk: int, number: int) -> SopVersion:
    return get_object_or_404(versions_visible_to(person(request)), sop=pk, number=number)


def _version_page(request: HttpRequest, found: SopVersion) -> HttpResponse:
    user, sop = person(request), found.sop
    may_define = may(user, Permission.DEFINE, sop.collection)
    context = {
        "sop": sop,
        "version": found,
        "preview": presenters.preview(found.content),
        "versions": sop.versions.filter(state="published").select_related("published_by"),
        "draft": versions.draft_of(sop),
        "audits": audits_visible_to(user).filter(sop_version=found)[:20],
        "may_define": may_define,
        "readers": presenters.readers(found) if may_define else [],
        "has_acknowledged": has_acknowledged(user, found),
    }
    return render(request, "sops/sop.html", context)
