"""The judge editor: fields or YAML on the left, saved as one types; on the right the prompts for a chosen item."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.adjudication.examples import drawn_examples
from auditing.core import versions
from auditing.core.errors import BadInput, Missing
from auditing.judging import services
from auditing.judging.adapters import opening_of, readable
from auditing.judging.endpoints import missing_endpoints
from auditing.judging.fitting import misfit
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.schema import JudgeSpec
from auditing.judging.schema.starters import starter
from auditing.rubrics.selectors import versions_visible_to as rubric_versions_visible_to
from auditing.web import editing_page
from auditing.web.forms import complaints_on
from auditing.web.judging.check_form import changed_checks
from auditing.web.judging.forms import ExamplesForm, PreviewForm, SkillsForm
from auditing.web.judging.judge_form import (
    FIELDS_OF,
    LEFT_ALONE,
    AboutForm,
    JudgeForm,
    YamlForm,
    architecture_choices,
    architecture_named,
)
from auditing.web.judging.judges import visible_judge
from auditing.web.judging.part_form import changed, read_typed
from auditing.web.policy import page, person


@dataclass(frozen=True)
class Typed:
    """What was sent from the editor; no content where it is YAML that cannot be read."""

    form: AboutForm
    content: dict[str, Any] | None
    is_complete: bool = True
    problem: str = ""


@page(Permission.MANAGE_JUDGES)
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """The draft; without one, what the newest version says. `?as=yaml` shows it as text."""
    judge = visible_judge(request, name)
    if request.method == "POST":
        return _sent(request, judge)
    kept = versions.current_of(judge)
    content = kept.content
    as_yaml = request.GET.get("as") == "yaml" or not JudgeForm.fits(content)
    form = _yaml_form(judge, content) if as_yaml else _field_form(judge, content)
    return _page(request, judge, form, _preview(request, content, {}), kept.mark)


def _sent(request: HttpRequest, judge: Judge) -> HttpResponse:
    """Keep what was typed, and do what the button says."""
    typed = _typed(request, judge)
    if typed.content is None:
        problem = _preview(request, None, request.POST, typed.problem)
        return _page(request, judge, typed.form, problem, request.POST.get("base", ""))
    operation = request.POST.get("do", "publish")
    if operation == "publish":
        return _publish(request, judge, typed.form, typed.content, is_complete=typed.is_complete)
    kept = _keep(request, judge, typed.form, typed.content)
    match operation:
        case "architecture":
            return _change_architecture(request, judge, kept)
        case _ if operation.startswith(("part:", "check:")):
            return _change_parts(request, judge, kept, operation)
        case "show:yaml":
            return redirect(f"{reverse('judge-edit', args=[judge.name])}?as=yaml")
    return redirect("judge-edit", judge.name)


def _publish(
    request: HttpRequest, judge: Judge, form: AboutForm, content: dict[str, Any], *, is_complete: bool
) -> HttpResponse:
    preview = _preview(request, content, request.POST)
    if is_complete and not preview.get("problem"):
        with complaints_on(form):
            version = services.publish(
                **_typed_by(request, judge, form, content), note=request.POST.get("note", "")[:500]
            )
        if form.is_valid():
            messages.success(request, f"{version} is published.")
            _warn_of_endpoints(request, version)
            return redirect("judge", judge.name)
    elif preview.get("problem"):
        with complaints_on(form):  # at their fields, where they have any
            read_typed(content)
        if form.is_valid():
            form.add_error(None, f"Not published: {preview['problem']}")
    return _page(request, judge, form, preview, _keep(request, judge, form, content).mark)


def _warn_of_endpoints(request: HttpRequest, version: JudgeVersion) -> None:
    missing = missing_endpoints(version.spec)
    if missing:
        said = f"There is no endpoint named {', '.join(missing)}: it cannot be asked before one is added."
        messages.warning(request, said)


def _change_architecture(request: HttpRequest, judge: Judge, kept: JudgeVersion) -> HttpResponse:
    wanted = request.POST.get("wanted", "")
    if wanted != architecture_named(kept.content):
        content = starter(wanted, kept.content)
        services.save_draft(by=person(request), judge=judge, content=content, base=kept.mark)
    return redirect("judge-edit", judge.name)


def _change_parts(request: HttpRequest, judge: Judge, kept: JudgeVersion, operation: str) -> HttpResponse:
    if operation.startswith("check:"):
        content = changed_checks(kept.content, operation)
    else:
        content = changed(architecture_named(kept.content), kept.content, operation)
    services.save_draft(by=person(request), judge=judge, content=content, base=kept.mark)
    return redirect(f"{reverse('judge-edit', args=[judge.name])}#parts")


@page(Permission.MANAGE_JUDGES)
@require_POST
def save(request: HttpRequest, name: str) -> HttpResponse:
    judge = visible_judge(request, name)
    typed = _typed(request, judge)
    if typed.content is None:
        return HttpResponse(typed.problem, status=422)
    kept = _keep(request, judge, typed.form, typed.content)
    return HttpResponse(status=204, headers={editing_page.MARK: kept.mark})


@page(Permission.MANAGE_JUDGES)
@require_POST
def preview(request: HttpRequest, name: str) -> HttpResponse:
    """The prompts that what is typed would send; nothing is saved."""
    typed = _typed(request, visible_judge(request, name))
    context = _preview(request, typed.content, request.POST, typed.problem)
    return render(request, "judging/_preview.html", context)


@page(Permission.MANAGE_JUDGES)
@require_POST
def examples(request: HttpRequest, name: str) -> HttpResponse:
    """Draw few-shot examples from rulings into the draft, or with `do=remove` take them out."""
    judge, form = visible_judge(request, name), ExamplesForm(request.POST, user=person(request))
    content = {key: value for key, value in current_content(judge).items() if key != "examples"}
    if request.POST.get("do") != "remove":
        if not form.is_valid():
            messages.error(request, "Choose the rubric, and how many examples: 1 to 32.")
            return redirect("judge-edit", name)
        try:
            content["examples"] = drawn_examples(user=person(request), **form.cleaned_data)
        except Missing as error:
            messages.error(request, str(error))
            return redirect("judge-edit", name)
    services.save_draft(by=person(request), judge=judge, content=content, base=request.POST.get("base"))
    return redirect(f"{reverse('judge-edit', args=[name])}#examples")


@page(Permission.MANAGE_JUDGES)
@require_POST
def discard(request: HttpRequest, name: str) -> HttpResponse:
    services.discard_draft(by=person(request), judge=visible_judge(request, name))
    messages.success(request, "The draft is gone; its revisions are kept.")
    return redirect("judge", name)


def _typed(request: HttpRequest, judge: Judge) -> Typed:
    if "yaml" in request.POST:
        return _typed_yaml(request)
    current = current_content(judge)
    wanted = request.POST.get("architecture") or architecture_named(current)
    form = JudgeForm(request.POST, architecture=wanted if wanted in FIELDS_OF else "single")
    is_complete = form.is_valid()
    kept = {key: current[key] for key in LEFT_ALONE if key in current}
    return Typed(form, {**form.content, **kept}, is_complete)


def _typed_yaml(request: HttpRequest) -> Typed:
    form = YamlForm(request.POST)
    form.is_valid()
    try:
        return Typed(form, form.content)
    except BadInput as error:
        return Typed(form, None, problem=str(error))


def current_content(judge: Judge) -> dict[str, Any]:
    """What the draft says; without one, what the newest version says."""
    content: dict[str, Any] = versions.current_of(judge).content
    return content


def _field_form(judge: Judge, content: dict[str, Any]) -> JudgeForm:
    initial = JudgeForm.initial_of(content, judge.description)
    return JudgeForm(initial=initial, architecture=architecture_named(content), content=content)


def _yaml_form(judge: Judge, content: dict[str, Any]) -> YamlForm:
    return YamlForm(initial=YamlForm.initial_of(content, judge.description))


def _keep(request: HttpRequest, judge: Judge, form: AboutForm, content: dict[str, Any]) -> JudgeVersion:
    return services.save_draft(**_typed_by(request, judge, form, content))


def _typed_by(request: HttpRequest, judge: Judge, form: AboutForm, content: dict[str, Any]) -> dict[str, Any]:
    """Who typed what, and against what: the keyword arguments of the services that keep or publish it."""
    return {
        "by": person(request),
        "judge": judge,
        "content": content,
        "description": form.typed_description,
        "base": request.POST.get("base"),
    }


def _preview(
    request: HttpRequest, content: dict[str, Any] | None, chosen: Any, problem: str = ""
) -> dict[str, Any]:
    """The prompts on the chosen item, by default the first she can see; or what is wrong with the draft."""
    on = PreviewForm(chosen or _first_choice(request), user=person(request))
    on.is_valid()
    context: dict[str, Any] = {"on": on, "rubric": on.chosen_rubric, "item": on.chosen_item}
    if content is None:
        return context | {"problem": problem}
    try:
        spec = read_typed(content)
    except BadInput as error:
        return context | {"problem": str(error)}
    context["missing"] = missing_endpoints(spec)
    try:
        if on.chosen_rubric and on.chosen_item:
            opening = opening_of(spec, on.chosen_rubric, on.chosen_item)
            context["prompts"] = [(asked.role, readable(asked.messages)) for asked in opening]
    except BadInput as error:
        fits = _fits_another(request, spec)
        said = error.message if fits else f"no published rubric suits it: {error.message}"
        context["misfit" if fits else "problem"] = said
    return context


def _fits_another(request: HttpRequest, spec: JudgeSpec) -> bool:
    """Is there a published rubric that this judge can be asked about?"""
    return any(misfit(spec, version.spec) is None for version in rubric_versions_visible_to(person(request)))


def _first_choice(request: HttpRequest) -> dict[str, Any]:
    fields = PreviewForm(user=person(request)).fields
    rubric, batch = (fields[name].queryset.first() for name in ("rubric", "batch"))  # type: ignore[attr-defined]
    return {"rubric": rubric and rubric.pk, "batch": batch and batch.pk, "position": 1}


def _page(
    request: HttpRequest, judge: Judge, form: AboutForm, preview: dict[str, Any], mark: str
) -> HttpResponse:
    """`mark` names what the form was filled in from, or what was kept of it just now."""
    current = current_content(judge)
    architecture = architecture_named(current)
    context = {
        "judge": judge,
        "mark": mark,
        "form": form,
        "as_yaml": isinstance(form, YamlForm),
        "has_fields": JudgeForm.fits(current),
        "architecture": architecture,
        "architectures": architecture_choices(architecture),
        "shows_examples": "model" in FIELDS_OF.get(architecture, ()) and architecture != "decision",
        "examples": current.get("examples") or [],
        "drawing": ExamplesForm(user=person(request)),
        "has_members": architecture == "panel",
        "measuring": SkillsForm(user=person(request)),
        "draft": versions.draft_of(judge),
        "newest": versions.newest_of(judge),
        "may_discard": editing_page.may_discard(judge),
        **preview,
    }
    return render(request, "judging/edit.html", context)
