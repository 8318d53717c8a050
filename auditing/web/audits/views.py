"""The list of audits, and the tabs of one audit that show how far it has come."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.datasets.policies import may
from auditing.pipeline.facts import imported_labels, labels_are_imported
from auditing.reviews.phase import Phase, phase
from auditing.reviews.policies import has_part, hides_strata, may_see_opinions
from auditing.reviews.selectors import in_work, unfilled_skips
from auditing.reviews.selectors import progress as review_progress
from auditing.sampling.models import Draw, Plan
from auditing.sampling.selectors import draws_of, plan_of
from auditing.web.audits.forms import AuditFilter, CancelForm, DrawFilter
from auditing.web.audits.presenters import (
    BLIND,
    StratumRow,
    audit_line,
    figures,
    history,
    links,
    reviewer_rows,
    run_cards,
)
from auditing.web.audits.shell import paused_runs, progress, shell
from auditing.web.judging.forms import OtherJudgeForm
from auditing.web.places import address_of
from auditing.web.policy import page, person
from auditing.web.sops.presenters import METHODS
from auditing.web.tables import TableState

AUDITS_SORTABLE = {"opened": "opened_at", "batch": "batch__name", "state": "state", "due": "due_at"}
DRAWS_SORTABLE = {
    "position": "position",
    "item": "item__external_id",
    "stratum": "stratum",
    "chance": "human_probability",
}


BLIND_SORTABLE = ("position", "item")
METHOD_WORDS = dict(METHODS)

BLIND_SCORES = (
    "They open here once every opinion is in: before, they would tell auditors what the judges think."
)
BLIND_PRODUCERS = (
    "Strata open here once every opinion is in: before, they would tell reviewers who made each item."
)


@page(Permission.SEE_AUDITS)
def audits(request: HttpRequest) -> HttpResponse:
    user = person(request)
    filters = AuditFilter.of(request, user=user)
    table = TableState.from_request(request, AUDITS_SORTABLE, default="-opened")
    rows = table.page(_filtered(audits_visible_to(user), filters).prefetch_related("decision"))
    context = {
        "filters": filters,
        "table": table,
        "page": rows,
        "lines": [audit_line(audit) for audit in rows],
        "may_open": user.may(Permission.RUN_AUDITS),
    }
    return render(request, "audits/audits.html", context)


def _filtered(found: QuerySet[Audit], filters: AuditFilter) -> QuerySet[Audit]:
    if filters.value("search"):
        found = found.filter(batch__name__icontains=filters.value("search"))
    if filters.value("collection"):
        found = found.filter(batch__collection=filters.value("collection"))
    if filters.value("state"):
        found = found.filter(state=filters.value("state"))
    if filters.value("sop"):
        found = found.filter(sop_version__sop=filters.value("sop"))
    return found


@page(Permission.SEE_AUDITS)
def audit(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_audit(request, pk)
    opinions_open = may_see_opinions(person(request), found)
    context = shell(request, found, "audit") | {
        "figures": figures(found, with_estimate=opinions_open),
        "opinions_open": opinions_open,
        "decision": getattr(found, "decision", None),
        "entries": history(found),
        "cancel_form": CancelForm(),
        **links(found),
    }
    return render(request, "audits/audit.html", context)


@page(Permission.SEE_AUDITS)
def audit_progress(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "audits/_progress.html", progress(person(request), visible_audit(request, pk)))


@page(Permission.SEE_AUDITS)
def audit_sample(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_audit(request, pk)
    plan = plan_of(found)
    context = shell(request, found, "audit-sample") | {
        "plan": plan,
        "draw_url": address_of("audit-draw", found.pk),
        "replay_url": address_of("audit-replay", found.pk),
    }
    if plan is not None:
        context |= _sample_context(request, found, plan)
    return render(request, "audits/sample.html", context)


def _sample_context(request: HttpRequest, audit: Audit, plan: Plan) -> dict[str, Any]:
    filters = DrawFilter.of(request, plan=plan)
    blind = hides_strata(person(request), plan)
    sortable = {name: field for name, field in DRAWS_SORTABLE.items() if not blind or name in BLIND_SORTABLE}
    table = TableState.from_request(request, sortable, default="position")
    return {
        "blind": blind,
        "blind_words": BLIND_SCORES if plan.tells_scores else BLIND_PRODUCERS,
        "method_words": METHOD_WORDS[plan.method],
        "strata": [] if blind else [StratumRow.of(stratum) for stratum in plan.strata.all()],
        "waves": [{**wave, "drawn_at": datetime.fromisoformat(wave["drawn_at"])} for wave in plan.waves],
        "overlapping": plan.draws.filter(opinions__gt=1).count(),
        "filters": filters,
        "table": table,
        "page": table.page(_drawn(draws_of(audit), filters, blind=blind)),
        "item_pages": person(request).may(Permission.SEE_ITEMS) and address_of("item", 1),
    }


def _drawn(draws: QuerySet[Draw], filters: DrawFilter, *, blind: bool) -> QuerySet[Draw]:
    if filters.value("search"):
        draws = draws.filter(item__external_id__icontains=filters.value("search"))
    if filters.value("stratum") and not blind:
        draws = draws.filter(stratum=filters.value("stratum"))
    if filters.value("sample"):
        draws = draws.filter(is_human=filters.value("sample") == "auditors")
    return draws


@page(Permission.SEE_VERDICTS)
def audit_judges(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_audit(request, pk)
    context = shell(request, found, "audit-judges") | _runs_context(request, found)
    if context["may_run"]:
        user = person(request)
        context["instead_of"] = [(run, OtherJudgeForm(user=user)) for run in paused_runs(user, found)]
    return render(request, "audits/judges.html", context)


@page(Permission.SEE_VERDICTS)
def audit_runs(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "audits/_runs.html", _runs_context(request, visible_audit(request, pk)))


def _runs_context(request: HttpRequest, audit: Audit) -> dict[str, Any]:
    runs = run_cards(audit, may_run=may(person(request), Permission.RUN_AUDITS, audit.batch.collection))
    names = ", ".join(audit.sop.judges)
    return {
        "audit": audit,
        "runs": runs,
        "busy": any(run.busy for run in runs),
        "empty_text": f"Once collecting starts, {names} will be put to the judge sample.",
    }


@page(Permission.SEE_VERDICTS)
def audit_reviews(request: HttpRequest, pk: int) -> HttpResponse:
    found = visible_audit(request, pk)
    counts = review_progress(found)
    labelled, drawn = imported_labels(found)
    user = person(request)
    context = shell(request, found, "audit-reviews") | {
        "imported": labels_are_imported(found),
        "labelled": labelled,
        "drawn": drawn,
        "import_url": user.may(Permission.IMPORT_RATINGS) and address_of("import-ratings", found.batch_id),
        "counts": counts,
        "of_total": f"of {counts.total:,}",
        "blind": BLIND,
        "reviewers": reviewer_rows(counts),
        "in_work": in_work(found) if phase(found) is Phase.INDEPENDENT else [],
        "skipped": unfilled_skips(found),
        "tells_reasons": not has_part(user, found.batch),
        "may_hand_out": may(user, Permission.RUN_AUDITS, found.batch.collection),
    }
    return render(request, "audits/reviews.html", context)


def visible_audit(request: HttpRequest, pk: int, permission: Permission = Permission.SEE_AUDITS) -> Audit:
    """The audit, or 404 where she does not reach it."""
    return get_object_or_404(audits_visible_to(person(request), permission), pk=pk)
