"""How strictly each producer's batches are inspected under the acceptance tables, and how it came to that."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.datasets.policies import may
from auditing.estimation.inspecting import inspections_visible_to, resume
from auditing.estimation.lifecycle import InspectionState
from auditing.web.policy import page, person
from auditing.web.tables import TableState

SORTABLE = {
    "producer": "producer__name",
    "collection": "collection__name",
    "state": "state",
    "since": "since",
}
RULES = {
    InspectionState.NORMAL: "Two rejected of five batches in a row tighten it; ten accepted in a row reduce it.",
    InspectionState.TIGHTENED: "Five accepted in a row make it normal; five rejected in all discontinue it.",
    InspectionState.REDUCED: "One batch that is rejected, or lies between the two numbers, makes it normal.",
    InspectionState.DISCONTINUED: "No batch is drawn until a lead says what has changed; then it is tightened.",
}
RESULTS = {"A": "accepted", "R": "rejected", "M": "accepted, between the numbers", "": "resumed"}


class ResumeForm(forms.Form):
    reason = forms.CharField(
        label="What has changed", widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )


@page(Permission.SEE_AUDITS)
def inspections(request: HttpRequest) -> HttpResponse:
    table = TableState.from_request(request, SORTABLE, default="producer")
    rows = table.page(inspections_visible_to(person(request)))
    return render(request, "planner/inspections.html", {"table": table, "page": rows})


@page(Permission.SEE_AUDITS)
def inspection(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(inspections_visible_to(person(request)), pk=pk)
    lots = found.lots.select_related("audit__batch")
    context = {
        "inspection": found,
        "rule": RULES[InspectionState(found.state)],
        "lots": [(lot, RESULTS[lot.result]) for lot in lots[:100]],
        "form": ResumeForm()
        if found.state == InspectionState.DISCONTINUED
        and may(person(request), Permission.DECIDE, found.collection)
        else None,
    }
    return render(request, "planner/inspection.html", context)


@page(Permission.DECIDE)
@require_POST
def inspection_resume(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(inspections_visible_to(person(request), Permission.DECIDE), pk=pk)
    form = ResumeForm(request.POST)
    if not form.is_valid():
        raise BadInput("Say what has changed.", field="reason")
    resume(by=person(request), inspection=found, reason=form.cleaned_data["reason"])
    messages.success(request, f"{found} is inspected again, tightened.")
    return redirect("inspection", pk)
