"""The planner: what is asked stands in the address, the answer comes as one types."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.sops.services import save_draft
from auditing.web.planner.forms import PlannerForm, UseForm
from auditing.web.planner.presenters import answered, curve_chart, merged, tiles
from auditing.web.policy import page, person
from auditing.web.sops.presenters import current_content


@page(Permission.SEE_AUDITS)
def planner(request: HttpRequest) -> HttpResponse:
    form = PlannerForm(request.GET, user=person(request))
    context = {"form": form, "query": request.GET.urlencode(), **_answer(request, form)}
    return render(
        request,
        "planner/_answer.html" if request.headers.get("HX-Request") else "planner/planner.html",
        context,
    )


def _answer(request: HttpRequest, form: PlannerForm) -> dict[str, Any]:
    """The plan, or why there is none."""
    user = person(request)
    try:
        found = answered(form)
    except BadInput as problem:
        return {"problem": problem}
    use = UseForm(None, user=user, batch=form.value("batch") or None) if user.may(Permission.DEFINE) else None
    usable = use if use and use.fields["sop"].queryset.exists() else None  # type: ignore[attr-defined]
    return {"found": found, "tiles": tiles(found), "use": usable}


@page(Permission.SEE_AUDITS)
def planner_chart(request: HttpRequest) -> HttpResponse:
    """The curve by itself: drawing it takes longer than all the rest."""
    form = PlannerForm(request.GET, user=person(request))
    try:
        return render(request, "planner/_chart.html", {"curve": curve_chart(answered(form))})
    except BadInput:
        return HttpResponse(status=204)


@page(Permission.DEFINE)
@require_POST
def planner_use(request: HttpRequest) -> HttpResponse:
    """Put the plan into an SOP's draft, and go there."""
    user = person(request)
    form = PlannerForm(QueryDict(request.POST.get("plan", "")), user=user)
    found = answered(form)
    use = UseForm(request.POST, user=user, batch=form.value("batch") or None)
    if not use.is_valid():
        raise BadInput("Choose the SOP that the plan is for.", field="sop")
    sop = use.cleaned_data["sop"]
    save_draft(by=user, sop=sop, content=merged(current_content(sop), found))
    messages.success(request, "The plan is in the draft; publish it to audit by it.")
    return redirect("sop-edit", sop.pk)
