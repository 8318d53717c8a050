"""What judging has cost, and what it may: budgets by collection."""

import csv
import io
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.datasets.models import Collection
from auditing.datasets.rejects import harmless
from auditing.datasets.selectors import collections_visible_to
from auditing.judging.budgets import budget_of
from auditing.judging.ledger import this_month
from auditing.judging.models import RunState
from auditing.judging.services import set_collection_budget, set_run_budget
from auditing.judging.spending import BY, Spent, grouped, spending_visible_to, total
from auditing.web.forms import DateField, FilterForm
from auditing.web.judging.forms import RunBudgetForm
from auditing.web.judging.presenters import money
from auditing.web.judging.runs import visible_run
from auditing.web.policy import page, person

COLUMNS = ("name", "spent", "written_off", "estimated", "runs", "trials", "requests", "unpriced", "tokens")


class SpendingFilter(FilterForm):
    by = forms.ChoiceField(label="By", choices=[(name, name.capitalize()) for name in BY])
    collection = forms.ModelChoiceField(Collection.objects.none(), empty_label="Every collection")
    since = DateField(label="From the month of")
    until = DateField(label="To the month of")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reached = collections_visible_to(user, Permission.RUN_AUDITS)
        self.fields["collection"].queryset = reached  # type: ignore[attr-defined]

    def lines(self, user: User) -> list[Spent]:
        chosen = self.value("collection")
        rows = spending_visible_to(
            user,
            collection=chosen.pk if chosen else None,
            since=self.value("since") or None,
            until=self.value("until") or None,
        )
        return grouped(rows, self.value("by") or "collection")


class BudgetForm(forms.Form):
    monthly = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        label="A month ($)",
        help_text="Hard: no call is made that could exceed it. Empty for no limit.",
    )
    confirm_above = forms.DecimalField(
        min_value=0,
        max_value=1_000_000,
        decimal_places=2,
        label="Confirm above ($)",
        help_text="A start that will cost more waits for a person.",
    )


@page(Permission.MANAGE_JUDGES)
def spending(request: HttpRequest) -> HttpResponse:
    user = person(request)
    filters = SpendingFilter.of(request, user=user)
    lines = filters.lines(user)
    context = {
        "filters": filters,
        "by": filters.value("by") or "collection",
        "rows": [(line, money(line.spent), len(line.runs), len(line.trials)) for line in lines],
        "total": money(total(lines)),
        "month": money(total(grouped(spending_visible_to(user, since=this_month()), "month"))),
        "unpriced": sum(line.unpriced for line in lines),
        "csv_url": f"{reverse('spending-csv')}?{request.GET.urlencode()}",
        "budgets": [_budget_row(found) for found in collections_visible_to(user, Permission.MANAGE_JUDGES)],
    }
    return render(request, "judging/spending.html", context)


def _budget_row(collection: Collection) -> dict[str, Any]:
    budget = budget_of(collection)
    initial = {"monthly": budget.monthly, "confirm_above": budget.confirm_above}
    return {
        "collection": collection,
        "monthly": "no limit" if budget.monthly is None else f"${budget.monthly:,.2f}",
        "form": BudgetForm(initial=initial, auto_id=f"budget-{collection.pk}-%s"),
        "confirm_above": f"${budget.confirm_above:,.2f}",
    }


@page(Permission.MANAGE_JUDGES)
def spending_csv(request: HttpRequest) -> HttpResponse:
    """The lines of the page, with the same filters; UTF-8 with a byte-order mark, and no text is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in SpendingFilter.of(request, user=person(request)).lines(person(request)):
        counts = (len(line.runs), len(line.trials), line.requests, line.unpriced, line.tokens)
        writer.writerow((harmless(line.name), line.spent, line.written_off, line.estimated, *counts))
    headers = {"Content-Disposition": 'attachment; filename="spending.csv"'}
    return HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv", headers=headers)


@page(Permission.MANAGE_JUDGES)
@require_POST
def set_budget(request: HttpRequest, slug: str) -> HttpResponse:
    reached = collections_visible_to(person(request), Permission.MANAGE_JUDGES)
    collection = get_object_or_404(reached, slug=slug)
    form = BudgetForm(request.POST)
    if not form.is_valid():
        raise BadInput(_first_error(form))
    set_collection_budget(by=person(request), collection=collection, **form.cleaned_data)
    messages.success(request, f"{collection} has its budget.")
    return redirect("spending")


@page(Permission.RUN_AUDITS)
@require_POST
def set_budget_of_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Empty for no budget of its own; a run that had paused for want of money is then to be resumed."""
    run = visible_run(request, pk)
    form = RunBudgetForm(request.POST)
    if not form.is_valid():
        raise BadInput(_first_error(form))
    budget: Decimal | None = form.cleaned_data["budget"]
    set_run_budget(by=person(request), run=run, budget=budget)
    said = "The budget is lifted." if budget is None else f"The budget is ${budget:,.2f}."
    messages.success(request, f"{said} Resume the run to go on." if run.state == RunState.PAUSED else said)
    return redirect("run", pk)


def _first_error(form: forms.Form) -> str:
    field, errors = next(iter(form.errors.items()))
    return f"{form.fields[field].label}: {errors[0]}"
