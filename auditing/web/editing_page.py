"""What the editors of rubrics and SOPs do alike: one form, saved as one types, beside a preview of what it means."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone

from auditing.core import yaml_text

MARK = "Draft-Mark"  # the answer to a save names what is kept now; the next save sends it as its `base`


def content_of(request: HttpRequest, read_fields: Callable[[QueryDict], dict[str, Any]]) -> dict[str, Any]:
    """The content as it was sent: as YAML or as fields. Raises BadInput."""
    if "yaml" in request.POST:
        return yaml_text.read(request.POST["yaml"])
    return read_fields(request.POST)


def is_edit(operation: str) -> bool:
    """Does the button change the content (`add:criteria`), and not just what is shown?"""
    return ":" in operation and not operation.startswith("show:")


def shows_yaml(operation: str, before: bool) -> bool:
    return operation == "show:yaml" if operation.startswith("show:") else before


def fragment(request: HttpRequest, folder: str, editor: Any, mark: str, *, typed: bool) -> HttpResponse:
    """The editor anew; while somebody types the preview and the mark alone, so that the cursor stays where it is."""
    context = {"editor": editor, "mark": mark, "now": timezone.localtime(), "with_preview": True}
    if not typed:
        return render(request, f"{folder}/_editor.html", context)
    preview = render_to_string(f"{folder}/_preview.html", context, request)
    answer = HttpResponse(preview + render_to_string("_draft_mark.html", {"mark": mark, "oob": True}))
    answer["HX-Retarget"], answer["HX-Reswap"] = "#preview", "outerHTML"
    return answer


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """Leave the editor for another page."""
    return HttpResponse(headers={"HX-Redirect": url}) if request.headers.get("HX-Request") else redirect(url)


def may_discard(owner: Any) -> bool:
    """A draft can go when a published version stays."""
    return set(owner.versions.values_list("state", flat=True)) == {"draft", "published"}
