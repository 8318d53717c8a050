"""The SOP editor: fields or YAML on the left, what it will do in plain words on the right, saved as one types."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core import versions
from auditing.core.errors import BadInput
from auditing.sops import services
from auditing.sops.models import Sop
from auditing.sops.selectors import sops_visible_to
from auditing.web import editing_page
from auditing.web.policy import page, person
from auditing.web.sops import editing, presenters
from auditing.web.sops.presenters import Editor

REVISIONS_SHOWN = 20


@page(Permission.DEFINE)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    sop = _sop(request, pk)
    if request.method == "POST":
        return _edited(request, sop)
    as_yaml = request.GET.get("as") == "yaml"
    kept = versions.current_of(sop)
    return _page(request, presenters.editor(person(request), sop, kept.content, as_yaml=as_yaml), kept.mark)


@page(Permission.DEFINE)
@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    services.discard_draft(by=person(request), sop=_sop(request, pk))
    messages.success(request, "The draft is gone; its revisions are kept.")
    return redirect("sop", pk)


@page(Permission.DEFINE)
@require_POST
def restore_revision(request: HttpRequest, pk: int, revision: int) -> HttpResponse:
    sop = _sop(request, pk)
    kept = get_object_or_404(sop.draft_revisions, pk=revision)
    services.save_draft(by=person(request), sop=sop, content=kept.content)
    messages.success(request, "The draft is as it was then.")
    return redirect("sop-edit", pk)


def _sop(request: HttpRequest, pk: int) -> Sop:
    return get_object_or_404(sops_visible_to(person(request), Permission.DEFINE), pk=pk)


def _edited(request: HttpRequest, sop: Sop) -> HttpResponse:
    """Keep what was typed, do what the button says, and show what came of it."""
    user, operation, as_yaml = person(request), request.POST.get("do", ""), "yaml" in request.POST
    try:
        content = editing_page.content_of(request, editing.read_fields)
    except BadInput as error:
        if not as_yaml:
            raise
        editor = presenters.unreadable(sop, request.POST["yaml"], error)
        return _shown(request, editor, request.POST.get("base", ""), typed=True)
    if editing_page.is_edit(operation):
        content = editing.operate(content, operation)
    if operation == "publish":
        return _published(request, sop, content, as_yaml)
    kept = services.save_draft(by=user, sop=sop, content=content, base=request.POST.get("base"))
    as_yaml = editing_page.shows_yaml(operation, as_yaml)
    return _shown(
        request, presenters.editor(user, sop, content, as_yaml=as_yaml), kept.mark, typed=not operation
    )


def _published(request: HttpRequest, sop: Sop, content: dict[str, Any], as_yaml: bool) -> HttpResponse:
    user, base, note = person(request), request.POST.get("base"), request.POST.get("note", "")[:500]
    try:
        version = services.publish(by=user, sop=sop, note=note, content=content, base=base)
    except BadInput as error:
        kept = services.save_draft(by=user, sop=sop, content=content, base=base)
        messages.error(request, f"Not published: {error}")
        editor = presenters.editor(user, sop, kept.content, as_yaml=as_yaml)
        return _shown(request, editor, kept.mark, typed=False)
    messages.success(request, f"{version} is published.")
    return editing_page.go_to(request, reverse("sop-version", args=[sop.pk, version.number]))


def _shown(request: HttpRequest, editor: Editor, mark: str, *, typed: bool) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return _page(request, editor, mark)
    return editing_page.fragment(request, "sops", editor, mark, typed=typed)


def _page(request: HttpRequest, editor: Editor, mark: str) -> HttpResponse:
    context = {
        "editor": editor,
        "mark": mark,
        "newest": versions.newest_of(editor.sop),
        "sop": editor.sop,
        "revisions": editor.sop.draft_revisions.select_related("by")[:REVISIONS_SHOWN],
        "may_discard": editing_page.may_discard(editor.sop),
    }
    return render(request, "sops/edit.html", context)
