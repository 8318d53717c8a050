"""The list of disagreements, and the screen on which a lead rules on one."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.adjudication import services
from auditing.adjudication.models import Disagreement, DisagreementState, Ruling
from auditing.adjudication.selectors import disagreements_visible_to, rulings_visible_to, values_of
from auditing.core.errors import BadInput, Conflict
from auditing.reviews.policies import require_open
from auditing.web.adjudication.forms import DisagreementFilter, ruled_value
from auditing.web.adjudication.presenters import case_context, rows_of
from auditing.web.policy import page, person
from auditing.web.tables import TableState
from auditing.web.toasts import say_with_undo

SORTABLE = {"item": "item__position", "criterion": "criterion", "found": "created_at"}


@page(Permission.RULE)
def disagreements(request: HttpRequest) -> HttpResponse:
    filters = DisagreementFilter.of(request)
    table = TableState.from_request(request, SORTABLE, default="found")
    found = table.page(filters.rows())
    cases = list(found.object_list)
    context = {
        "filters": filters,
        "table": table,
        "page": found,
        "rows": rows_of(cases, values_of(cases)),
        "query": request.GET.urlencode(),
    }
    return render(request, "adjudication/disagreements.html", context)


@page(Permission.RULE)
def disagreement(request: HttpRequest, pk: int) -> HttpResponse:
    case = own_case(request, pk)
    return rule(request, case) if request.method == "POST" else show(request, case)


@page(Permission.RULE)
@require_POST
def reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at the judges before ruling: allowed, and on record."""
    case = own_case(request, pk)
    services.reveal_verdicts(by=person(request), disagreement=case)
    return show(request, case, with_verdicts=True)


@page(Permission.RULE)
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    ruling = services.withdraw_ruling(by=person(request), ruling=own_ruling(request, pk))
    case = disagreements_visible_to(person(request)).filter(
        audit=ruling.audit_id, item=ruling.item_id, criterion=ruling.criterion
    )
    found = case.first()
    return redirect("disagreement", found.pk) if found else redirect("audit-rulings", ruling.audit_id)


@page(Permission.RULE)
@require_POST
def toggle_gold(request: HttpRequest, pk: int) -> HttpResponse:
    ruling = own_ruling(request, pk)
    services.make_gold(by=person(request), ruling=ruling, gold=not ruling.is_gold)
    return redirect("audit-rulings", ruling.audit_id)


def own_case(request: HttpRequest, pk: int) -> Disagreement:
    """The case, or 404 where she does not reach it. Raises Forbidden while its opinions are closed to her."""
    case = get_object_or_404(disagreements_visible_to(person(request)), pk=pk)
    require_open(person(request), case.audit)
    return case


def own_ruling(request: HttpRequest, pk: int) -> Ruling:
    return get_object_or_404(rulings_visible_to(person(request)), pk=pk)


def show(request: HttpRequest, case: Disagreement, *, with_verdicts: bool = False) -> HttpResponse:
    context = case_context(request, case, with_verdicts=with_verdicts)
    return render(request, "adjudication/disagreement.html", context)


def rule(request: HttpRequest, case: Disagreement) -> HttpResponse:
    """Save the ruling and go to the next open case of the same list; a refusal keeps what was typed."""
    try:
        ruling = services.rule(
            by=person(request),
            audit=case.audit,
            item=case.item,
            criterion=case.criterion,
            value=ruled_value(request, case, case.audit.rubric.criterion(case.criterion)),
            rationale=request.POST.get("rationale", ""),
            gold="gold" in request.POST,
        )
    except (BadInput, Conflict) as error:
        messages.error(request, str(error))
        return show(request, case)
    text = f"Ruled: {case.criterion} of {case.item} is {ruling.value}."
    say_with_undo(request, text, reverse("ruling-withdraw", args=[ruling.pk]))
    query = request.GET.urlencode()
    following = next_open(request, case)
    if following is None:
        return redirect("audit-rulings", case.audit_id)
    return redirect(f"{reverse('disagreement', args=[following.pk])}?{query}")


def next_open(request: HttpRequest, case: Disagreement) -> Disagreement | None:
    """The next open case of the list she works through, from the top again after the last."""
    rows = DisagreementFilter.of(request).rows().filter(state=DisagreementState.OPEN).order_by("pk")
    return rows.filter(pk__gt=case.pk).first() or rows.first()
