"""An audit's tab of rulings: what was ruled, what is still open."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.adjudication.models import Disagreement, DisagreementState
from auditing.adjudication.selectors import standing_rulings
from auditing.adjudication.services import rule_by_majority
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.datasets.policies import may
from auditing.reviews.policies import closed_because
from auditing.web.adjudication.presenters import majorities, ruling_rows
from auditing.web.audits.shell import shell
from auditing.web.policy import page, person
from auditing.web.tables import TableState

SORTABLE = {"item": "item__position", "criterion": "criterion", "value": "value", "at": "at"}


@page(Permission.SEE_VERDICTS)
def audit_rulings(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    audit = get_object_or_404(audits_visible_to(user, permission=Permission.SEE_VERDICTS), pk=pk)
    hidden = closed_because(user, audit)
    if hidden:
        context = {**shell(request, audit, "audit-rulings"), "hidden": hidden}
        return render(request, "adjudication/audit_rulings.html", context)
    return render(request, "adjudication/audit_rulings.html", _rulings(request, audit))


def _rulings(request: HttpRequest, audit: Audit) -> dict[str, Any]:
    cases = Disagreement.objects.filter(audit=audit)
    open_cases = cases.filter(state=DisagreementState.OPEN)
    table = TableState.from_request(request, SORTABLE, default="-at")
    found = table.page(standing_rulings(audit))
    decidable = majorities(audit)
    return {
        **shell(request, audit, "audit-rulings"),
        "found": cases.count(),
        "open": open_cases.count(),
        "first_open": open_cases.order_by("pk").first(),
        "majorities": decidable,
        "majority_label": f"Rule {decidable} by majority",
        "may_rule": may(person(request), Permission.RULE, audit.batch.collection),
        "table": table,
        "page": found,
        "rows": ruling_rows(audit, list(found.object_list)),
    }


@page(Permission.RULE)
@require_POST
def rule_majority(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    audit = get_object_or_404(audits_visible_to(user, permission=Permission.RULE), pk=pk)
    ruled = rule_by_majority(by=user, audit=audit)
    messages.success(request, f"{ruled} ruled by majority.")
    return redirect("audit-rulings", pk)
