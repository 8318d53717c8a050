"""The rubric editor: fields or YAML on the left, what auditors and judges get on the right, saved as one types."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core import versions
from auditing.core.errors import BadInput
from auditing.rubrics import services
from auditing.rubrics.models import Rubric
from auditing.rubrics.selectors import rubrics_visible_to
from auditing.web import editing_page
from auditing.web.policy import page, person
from auditing.web.rubrics import editing, presenters
from auditing.web.rubrics.presenters import REVISIONS_SHOWN, Editor


@page(Permission.DEFINE)
def edit(request: HttpRequest, name: str) -> HttpResponse:
    rubric = get_object_or_404(rubrics_visible_to(person(request)), name=name)
    if request.method == "POST":
        return _edited(request, rubric)
    as_yaml = request.GET.get("as") == "yaml"
    kept = versions.current_of(rubric)
    return _page(request, presenters.editor(rubric, kept.content, as_yaml=as_yaml), kept.mark)


@page(Permission.DEFINE)
@require_POST
def discard(request: HttpRequest, name: str) -> HttpResponse:
    rubric = get_object_or_404(rubrics_visible_to(person(request)), name=name)
    services.discard_draft(by=person(request), rubric=rubric)
    messages.success(request, "The draft is gone; its revisions are kept.")
    return redirect("rubric", name)


@page(Permission.DEFINE)
@require_POST
def restore_revision(request: HttpRequest, name: str, pk: int) -> HttpResponse:
    rubric = get_object_or_404(rubrics_visible_to(person(request)), name=name)
    revision = get_object_or_404(rubric.draft_revisions, pk=pk)
    services.save_draft(by=person(request), rubric=rubric, content=revision.content)
    messages.success(request, "The draft is as it was then.")
    return redirect("rubric-edit", name)


def _edited(request: HttpRequest, rubric: Rubric) -> HttpResponse:
    """Keep what was typed, do what the button says, and show what came of it."""
    operation, as_yaml = request.POST.get("do", ""), "yaml" in request.POST
    try:
        content = editing_page.content_of(request, editing.read_fields)
    except BadInput as error:
        if not as_yaml:
            raise
        editor = presenters.unreadable(rubric, request.POST["yaml"], error)
        return _shown(request, editor, request.POST.get("base", ""), typed=True)
    if editing_page.is_edit(operation):
        content = editing.operate(content, operation)
    if operation == "publish":
        return _published(request, rubric, content, as_yaml)
    kept = services.save_draft(
        by=person(request), rubric=rubric, content=content, base=request.POST.get("base")
    )
    as_yaml = editing_page.shows_yaml(operation, as_yaml)
    return _shown(
        request, presenters.editor(rubric, content, as_yaml=as_yaml), kept.mark, typed=not operation
    )


def _published(request: HttpRequest, rubric: Rubric, content: dict[str, Any], as_yaml: bool) -> HttpResponse:
    user, base, note = person(request), request.POST.get("base"), request.POST.get("note", "")[:500]
    try:
        version = services.publish(by=user, rubric=rubric, note=note, content=content, base=base)
    except BadInput as error:
        kept = services.save_draft(by=user, rubric=rubric, content=content, base=base)
        messages.error(request, f"Not published: {error}")
        editor = presenters.editor(rubric, kept.content, as_yaml=as_yaml)
        return _shown(request, editor, kept.mark, typed=False)
    messages.success(request, f"{version} is published.")
    return editing_page.go_to(request, reverse("rubric-version", args=[rubric.name, version.number]))


def _shown(request: HttpRequest, editor: Editor, mark: str, *, typed: bool) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return _page(request, editor, mark)
    return editing_page.fragment(request, "rubrics", editor, mark, typed=typed)


def _page(request: HttpRequest, editor: Editor, mark: str) -> HttpResponse:
    rubric = editor.rubric
    revisions = rubric.draft_revisions.select_related("by")[:REVISIONS_SHOWN]
    context = {
        "editor": editor,
        "mark": mark,
        "newest": versions.newest_of(rubric),
        "rubric": rubric,
        "revisions": revisions,
        "may_discard": editing_page.may_discard(rubric),
    }
    return render(request, "rubrics/edit.html", context)
