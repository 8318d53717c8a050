"""A panel's weights, filled in from what the meta-audit measures of its members."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput, Missing
from auditing.judging import services
from auditing.judging.schema import read_judge
from auditing.judging.schema.panel import PanelJudge
from auditing.metaaudit.skills import FEWEST_LABELS, MEASURE, Skill, measured_skills
from auditing.web.judging.editor import current_content
from auditing.web.judging.forms import SkillsForm
from auditing.web.judging.judges import visible_judge
from auditing.web.policy import page, person


@page(Permission.MANAGE_JUDGES)
@require_POST
def fill_weights(request: HttpRequest, name: str) -> HttpResponse:
    """Write each member's share of agreement into the draft, as plain numbers; what has too few labels is left."""
    judge, form = visible_judge(request, name), SkillsForm(request.POST, user=person(request))
    if not form.is_valid():
        messages.error(request, "Choose the collection and the rubric to measure by.")
        return _back(name)
    content = current_content(judge)
    try:
        panel = read_judge(content)
        if not isinstance(panel, PanelJudge):
            raise BadInput("only the members of a panel have weights")
        skills = measured_skills(panel, by=person(request), **form.cleaned_data)
    except (BadInput, Missing) as error:
        messages.error(request, str(error))
        return _back(name)
    filled, base = with_skills(content, skills), request.POST.get("base")
    services.save_draft(by=person(request), judge=judge, content=filled, base=base)
    _say(request, skills, str(content.get("combine", "majority")))
    return _back(name)


def with_skills(content: dict[str, Any], skills: Sequence[Skill]) -> dict[str, Any]:
    """The panel's content with what was measured; a weight that could not be measured stays as it was."""
    members = []
    for member in content["members"]:
        found = {
            one.criterion: round(one.share, 3)
            for one in skills
            if one.member == member["name"] and one.share is not None
        }
        members.append({**member, "skill": _merged(member.get("skill"), found, skills)} if found else member)
    return {**content, "members": members}


def _merged(before: Any, found: dict[str, float], skills: Sequence[Skill]) -> dict[str, Any]:
    """By criterion; one number for all stands for those that were not measured."""
    criteria = dict.fromkeys(one.criterion for one in skills)
    kept = before if isinstance(before, dict) else {} if before is None else dict.fromkeys(criteria, before)
    return {**kept, **found}


def _say(request: HttpRequest, skills: Sequence[Skill], combine: str) -> None:
    measured = [one for one in skills if one.share is not None]
    if measured:
        said = "; ".join(_words(one) for one in measured)
        messages.success(request, f"Filled in: {said}. Measured: {MEASURE}.")
        if combine != "weighted":
            messages.info(
                request, f"The panel combines by {combine}: the weights count once it says weighted."
            )
    few = [f"{one.member} on {one.criterion} ({one.n})" for one in skills if one.share is None]
    if few:
        messages.warning(
            request, f"Left as they were, for want of {FEWEST_LABELS} labelled items: {', '.join(few)}."
        )


def _words(one: Skill) -> str:
    low, high = one.interval or (float("nan"), float("nan"))
    return f"{one.member} on {one.criterion} {one.share:.3f} ({low:.2f} to {high:.2f}, n = {one.n:,})"


def _back(name: str) -> HttpResponse:
    return redirect(f"{reverse('judge-edit', args=[name])}#weights")
