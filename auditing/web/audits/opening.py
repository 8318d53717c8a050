"""The page that opens an audit: choose a batch and an SOP, see what will happen, then one button."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from auditing.accounts.roles import Permission
from auditing.audits.services import check_fit, open_audit
from auditing.core.errors import BadInput, DokimaError
from auditing.datasets.models import Batch
from auditing.pipeline.services import advance
from auditing.sops.models import SopVersion
from auditing.sops.selectors import published_version
from auditing.web.audits.actions import say
from auditing.web.audits.forms import ChoiceForm, OpenForm
from auditing.web.audits.preview import Preview, preview
from auditing.web.policy import page, person


@page(Permission.RUN_AUDITS)
def audit_open(request: HttpRequest) -> HttpResponse:
    """`?batch=` and `?sop=` choose; POST opens what they name, and with `do=run` sets it going."""
    choice = ChoiceForm.of(request, user=person(request))
    batch, sop = choice.value("batch"), choice.value("sop")
    version = published_version(sop) if sop else None
    form = OpenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _open(request, batch, version, form)
    context = {"choice": choice, "form": form, "batch": batch, "sop_version": version}
    if batch and version:
        context |= _plan(batch, version)
    return render(request, "audits/open.html", context)


def _open(
    request: HttpRequest, batch: Batch | None, version: SopVersion | None, form: OpenForm
) -> HttpResponse:
    if not batch or not version:
        raise BadInput("Choose a batch and an SOP first.")
    user = person(request)
    audit = open_audit(
        by=user,
        batch=batch,
        sop_version=version,
        seed=form.cleaned_data["seed"],
        due_at=form.cleaned_data["due_at"],
    )
    if request.POST.get("do") == "run":
        say(request, advance(by=user, audit=audit))
    return redirect("audit", audit.pk)


def _plan(batch: Batch, version: SopVersion) -> dict[str, Any]:
    """What would be done, or why it cannot be."""
    try:
        check_fit(batch, version)
        plan = preview(batch, version)
    except DokimaError as problem:
        return {"problem": str(problem)}
    return {
        "plan": plan,
        "sop": version.spec,
        "judge_calls": sum(judge.calls for judge in plan.judges),
        "cost_hint": cost_hint(plan),
        "expected": f"± {100 * plan.half_width:.1f} points",
        "expected_hint": f"at a pass rate of {plan.expected_share:.0%}, {plan.confidence:.0%} confidence, humans alone",
    }


def cost_hint(plan: Preview) -> str:
    if not plan.judges:
        return "no judge is asked"
    return "no price known" if plan.cost is None else f"about ${plan.cost:.2f}"
