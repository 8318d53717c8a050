"""A run with its calls, and one call with the exact words that went and came."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput
from auditing.datasets.models import Batch
from auditing.datasets.policies import may
from auditing.judging import selectors, services
from auditing.judging.ledger import limits_of
from auditing.judging.models import Call, Run, RunState, Verdict
from auditing.judging.selectors import SETTLED, calls_visible_to, runs_visible_to
from auditing.judging.spending import estimated_of
from auditing.judging.tasks import work_on_run
from auditing.judging.unasked import not_asked
from auditing.pipeline.wakeups import wake
from auditing.reviews.policies import is_reviewing, may_yet_review, require_no_part
from auditing.web.judging.forms import CallFilter, OtherJudgeForm, RunBudgetForm
from auditing.web.judging.presenters import (
    acts_on,
    charts_of,
    exchange_cards,
    figures,
    money,
    outcome_rows,
    shortfall,
    verdict_rows,
)
from auditing.web.policy import page, person
from auditing.web.tables import TableState

SMALL = 20_000  # calls, that can be counted every second
SORTABLE = {
    "order": "pk",
    "item": "item__external_id",
    "finished": "finished_at",
    "tokens": "completion_tokens",
    "cost": "cost",
    "latency": "latency_ms",
}


@page(Permission.SEE_VERDICTS)
def run(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_run(request, pk)
    context = _progress_context(request, found) | _blindness(person(request), found.audit.batch)
    context |= {
        "rubric_version": found.audit.sop_version.rubric_version,
        "spec": found.judge_version.spec,
        "budget_form": RunBudgetForm(initial={"budget": found.budget and f"{found.budget:.2f}"}),
        "limits": limits_of(found),
    }
    if not (context["reviews"] or context["may_yet_review"]):
        context |= _opinions(request, found)
    return render(request, "judging/run.html", context)


def _blindness(user: User, batch: Batch) -> dict[str, Any]:
    """Is she one of the blind, or could she be made one?"""
    return {
        "batch": batch,
        "reviews": is_reviewing(user, batch),
        "may_yet_review": may_yet_review(user, batch),
    }


def _opinions(request: HttpRequest, found: Run) -> dict[str, Any]:
    rubric = found.audit.rubric
    filters = CallFilter.of(request, rubric=rubric)
    table = TableState.from_request(request, SORTABLE, default="order")
    return {
        "charts": charts_of(rubric, selectors.distribution(found)),
        "reasons": selectors.unscored_by_reason(found),
        "failures": selectors.failures(found),
        "outcomes": outcome_rows(found, selectors.outcomes(found)),
        "not_asked": not_asked(found),
        "filters": filters,
        "table": table,
        "page": table.page(_filtered(found, filters)),
        "criteria": rubric.criteria,
    }


def _filtered(run: Run, filters: CallFilter) -> QuerySet[Call]:
    calls = Call.objects.filter(run=run).select_related("item").defer("exchanges", "item__payload")
    if filters.value("search"):
        calls = calls.filter(item__external_id__icontains=filters.value("search"))
    if filters.value("state"):
        calls = calls.filter(state=filters.value("state"))
    if filters.value("suspicious"):
        calls = calls.exclude(suspicion="")
    verdicts = _verdicts(run, filters)
    if verdicts is not None:
        calls = calls.filter(pk__in=verdicts.values("call"))
    ordered = Verdict.objects.order_by("pk")
    return calls.prefetch_related(Prefetch("verdicts", ordered))


def _verdicts(run: Run, filters: CallFilter) -> QuerySet[Verdict] | None:
    """The verdicts that the filters ask for; None when they ask for none in particular."""
    criterion, outcome, answer = (filters.value(name) for name in ("criterion", "outcome", "answer"))
    if not (outcome or answer):
        return None
    found = Verdict.objects.filter(run=run)
    if criterion:
        found = found.filter(criterion=criterion)
    if answer:
        found = found.filter(value=answer)
    if outcome == "unscored":
        return found.exclude(outcome__in=SETTLED)
    return found.filter(outcome=outcome) if outcome else found


@page(Permission.SEE_VERDICTS)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "judging/_progress.html", _progress_context(request, visible_run(request, pk)))


def _progress_context(request: HttpRequest, run: Run) -> dict[str, Any]:
    found, estimated = selectors.progress(run), estimated_of(run)
    may_run = may(person(request), Permission.RUN_AUDITS, run.audit.batch.collection)
    return {
        "run": run,
        "progress": found,
        "estimated": money(estimated) if estimated else "",
        "figures": figures(run, found),
        "shortfall": shortfall(run, found),
        "stopped": "Paused." if run.state == RunState.PAUSED else "Why it stopped:",
        "acts": acts_on(run, found) if may_run else [],
        "may_run": may_run,
        "is_active": run.state in ("queued", "running"),
        "beat": 1 if found.total <= SMALL else 10,
    }


@page(Permission.RUN_AUDITS)
@require_POST
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.pause, "Paused. What is under way is still finished and kept.")


@page(Permission.RUN_AUDITS)
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.resume, "Going on where it stopped.", wakes=True)


@page(Permission.RUN_AUDITS)
@require_POST
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.retry_failed, "The failed calls are made again.", wakes=True)


@page(Permission.RUN_AUDITS)
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    return _act(request, pk, services.cancel, "Cancelled. What was judged stays.")


@page(Permission.RUN_AUDITS)
@require_POST
def replace(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask another judge instead of this one."""
    user, stopped = person(request), visible_run(request, pk)
    form = OtherJudgeForm(request.POST, user=user)
    if not form.is_valid():
        raise BadInput("Choose the judge to ask.", field="judge")
    other = services.replace(by=user, run=stopped, judge=form.cleaned_data["judge"].name)
    wake(work_on_run, other.pk)
    messages.success(request, f"{other.judge_version} is asked instead of {stopped.judge_version}.")
    return redirect("audit-judges", other.audit_id)


def _act(
    request: HttpRequest, pk: int, service: Callable[..., Run], said: str, *, wakes: bool = False
) -> HttpResponse:
    run = service(by=person(request), run=visible_run(request, pk))
    if wakes:
        wake(work_on_run, run.pk)
    messages.success(request, said)
    return redirect("run", pk)


@page(Permission.SEE_VERDICTS)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    calls = calls_visible_to(person(request)).select_related(
        "item",
        "run__judge_version__judge",
        "run__audit__batch__collection",
        "run__audit__sop_version__rubric_version",
    )
    view = selectors.call_view(get_object_or_404(calls, pk=pk))
    require_no_part(person(request), view.run.audit.batch)
    context = {
        "view": view,
        "call": view.call,
        "run": view.run,
        "verdicts": verdict_rows(view),
        "exchanges": exchange_cards(view.exchanges),
    }
    return render(request, "judging/call.html", context)


def visible_run(request: HttpRequest, pk: int) -> Run:
    return get_object_or_404(runs_visible_to(person(request)), pk=pk)
