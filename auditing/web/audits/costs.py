"""What the judges will cost, to be confirmed by a person before it is spent."""

from dataclasses import dataclass
from decimal import Decimal

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from auditing.accounts.roles import Permission
from auditing.judging.budgets import budget_of, confirmation_of, cost_to_confirm, total_cost
from auditing.judging.estimating import CostEstimate, cost_estimate
from auditing.judging.ledger import month_left
from auditing.judging.services import confirm_cost
from auditing.pipeline.services import advance
from auditing.web.audits.actions import say
from auditing.web.audits.shell import shell
from auditing.web.audits.views import visible_audit
from auditing.web.forms import complaints_on
from auditing.web.judging.presenters import money
from auditing.web.policy import page, person


class ConfirmForm(forms.Form):
    budget = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        label="Budget of each judge ($)",
        help_text="Its run stops before it costs more. Left empty, only the collection's budget binds it.",
    )


@dataclass(frozen=True)
class CostRow:
    """One judge's estimate, with its time and its cost in words."""

    estimate: CostEstimate
    time: str
    cost: str


@page(Permission.RUN_AUDITS)
def audit_cost(request: HttpRequest, pk: int) -> HttpResponse:
    """The estimate by judge; POST says that it may be spent, and sets the audit going."""
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    form = ConfirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with complaints_on(form):
            confirm_cost(by=person(request), audit=audit, budget=form.cleaned_data["budget"])
            say(request, advance(by=person(request), audit=audit))
        if form.is_valid():
            return redirect("audit", pk)
    estimates, left = cost_estimate(audit), month_left(audit.batch.collection)
    rows = [CostRow(one, _duration(one), money(one.cost)) for one in estimates]
    context = shell(request, audit, "audit-judges") | {
        "form": form,
        "rows": rows,
        "total": total_cost(estimates),
        "to_confirm": cost_to_confirm(audit),
        "confirmed": confirmation_of(audit),
        "budget": budget_of(audit.batch.collection),
        "month_left": None if left is None else max(left, Decimal(0)),
    }
    return render(request, "audits/cost.html", context)


def _duration(estimate: CostEstimate) -> str:
    if estimate.by_batch:
        return "within a day"
    if estimate.seconds is None:
        return "not known yet"
    return f"{estimate.seconds / 60:,.0f} min" if estimate.seconds >= 90 else f"{estimate.seconds:.0f} s"
