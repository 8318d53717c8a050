"""The judge editor: fields on the left, saved as one types; on the right the exact prompt for a chosen item."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core import versions
from auditing.core.errors import BadInput
from auditing.judging import services
from auditing.judging.adapters import opening_of, readable
from auditing.judging.models import Judge
from auditing.judging.schema import read_judge
from auditing.web import editing_page
from auditing.web.forms import complaints_on
from auditing.web.judging.forms import JudgeForm, PreviewForm
from auditing.web.judging.judges import visible_judge
from auditing.web.policy import page, person


@page(Permission.MANAGE_JUDGES)
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The draft; without one, what the newest version says."""
    judge = visible_judge(request, name)
    if request.method == "POST":
        return _publish(request, judge)
    current = versions.draft_of(judge) or versions.newest_of(judge)
    form = JudgeForm(initial=JudgeForm.initial_of(current.content, judge.description))
    return _page(request, judge, form, _preview(request, current.content, {}))


def _publish(request: HttpRequest, judge: Judge) -> HttpResponse:
    form = JudgeForm(request.POST)
    is_complete, content = form.is_valid(), form.content
    _keep(request, judge, form)
    if is_complete:
        with complaints_on(form):
            version = services.publish(
                by=person(request), judge=judge, note=request.POST.get("note", "")[:500]
            )
        if form.is_valid():
            messages.success(request, f"{version} is published.")
            return redirect("judge", judge.name)
    return _page(request, judge, form, _preview(request, content, request.POST))


@page(Permission.MANAGE_JUDGES)
@require_POST
def save(request: HttpRequest, name: str) -> HttpResponse:
    judge, form = visible_judge(request, name), JudgeForm(request.POST)
    form.is_valid()
    _keep(request, judge, form)
    return HttpResponse(status=204)


def _keep(request: HttpRequest, judge: Judge, form: JudgeForm) -> None:
    services.save_draft(
        by=person(request), judge=judge, content=form.content, description=form.typed_description
    )


@page(Permission.MANAGE_JUDGES)
@require_POST
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """The prompt that the typed fields would send; nothing is saved."""
    visible_judge(request, name)
    form = JudgeForm(request.POST)
    form.is_valid()
    return render(request, "judging/_preview.html", _preview(request, form.content, request.POST))


@page(Permission.MANAGE_JUDGES)
@require_POST
def discard(request: HttpRequest, name: str) -> HttpResponse:
    services.discard_draft(by=person(request), judge=visible_judge(request, name))
    messages.success(request, "The draft is gone; its revisions are kept.")
    return redirect("judge", name)


def _preview(request: HttpRequest, content: dict[str, Any], chosen: Any) -> dict[str, Any]:
    """The prompt on the chosen item, by default the first she can see; or what is wrong with the draft."""
    on = PreviewForm(chosen or _first_choice(request), user=person(request))
    on.is_valid()
    context: dict[str, Any] = {"on": on, "rubric": on.chosen_rubric, "item": on.chosen_item}
    try:
        spec = read_judge(content)
        if on.chosen_rubric and on.chosen_item:
            opening = opening_of(spec, on.chosen_rubric, on.chosen_item)
            context["prompts"] = [(request.role, readable(request.messages)) for request in opening]
    except BadInput as error:
        context["problem"] = str(error)
    return context


def _first_choice(request: HttpRequest) -> dict[str, Any]:
    fields = PreviewForm(user=person(request)).fields
    rubric, batch = (fields[name].queryset.first() for name in ("rubric", "batch"))  # type: ignore[attr-defined]
    return {"rubric": rubric and rubric.pk, "batch": batch and batch.pk, "position": 1}


def _page(request: HttpRequest, judge: Judge, form: JudgeForm, preview: dict[str, Any]) -> HttpResponse:
    context = {"judge": judge, "form": form, "may_discard": editing_page.may_discard(judge), **preview}
    return render(request, "judging/edit.html", context)
