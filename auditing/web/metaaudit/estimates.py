"""The estimates of an audit with its decision, and those of a batch labelled elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import BadInput
from auditing.datasets.policies import may
from auditing.estimation.calculation import Target
from auditing.estimation.further import Offer, offer_of
from auditing.estimation.inputs import population
from auditing.estimation.models import Decision, Outcome
from auditing.estimation.policies import may_decide
from auditing.estimation.services import MOST_SLICES, confirm_decision, estimate_batch
from auditing.journal.models import Entry
from auditing.pipeline.facts import labelled_but_not_drawn
from auditing.sops.acceptance import Acceptance
from auditing.web.forms import complaints_on
from auditing.web.metaaudit.comparisons import comparison_of, ways_to
from auditing.web.metaaudit.figures import Figure, lines_of, measure_words, parts_of, scale_of
from auditing.web.metaaudit.forms import BatchEstimateFilter, DecisionForm
from auditing.web.metaaudit.subjects import QUALITY, Subject, audit_subject, batch_subject
from auditing.web.metaaudit.waves import sentences
from auditing.web.policy import page, person


@page(Permission.SEE_AUDITS)
def audit_estimates(request: HttpRequest, pk: int) -> HttpResponse:
    return _audit_page(request, audit_subject(request, pk, QUALITY, Permission.SEE_AUDITS), DecisionForm())


@page(Permission.DECIDE)
@require_POST
def audit_decide(request: HttpRequest, pk: int) -> HttpResponse:
    subject = audit_subject(request, pk, QUALITY, Permission.DECIDE)
    assert subject.audit is not None
    form = DecisionForm(request.POST)
    if form.is_valid():
        with complaints_on(form):
            decision = confirm_decision(by=person(request), audit=subject.audit, **form.cleaned_data)
        if form.is_valid():
            messages.success(request, f"Decided: {decision.get_outcome_display().lower()}.")
            return redirect("audit-estimates", pk)
    return _audit_page(request, subject, form)


def _audit_page(request: HttpRequest, subject: Subject, form: DecisionForm) -> HttpResponse:
    audit = subject.audit
    assert audit is not None
    context: dict[str, Any] = {**subject.frame, "hidden": subject.hidden}
    if not subject.hidden:
        figures = [Figure.stored(row) for row in audit.estimates.order_by("pk")]
        context |= _quality(request, subject, figures, audit.sop.acceptance)
        context |= _decision(request, audit, form)
        context["undrawn"] = labelled_but_not_drawn(audit)
    return render(request, "metaaudit/audit_estimates.html", context)


def _quality(
    request: HttpRequest, subject: Subject, figures: Sequence[Figure], rule: Acceptance | None
) -> dict[str, Any]:
    """The headline, every measure, and the headline's measure by slice. The URL may name another measure."""
    overall = [one for one in figures if not one.slice_field]
    if not overall:
        return {}
    asked = request.GET.get("measure", "") or (f"{rule.criterion}:" if rule else "")
    chosen = next((one for one in overall if ":".join(one.measure).startswith(asked)), overall[0])
    bar = rule.at_least if rule and rule.criterion == chosen.criterion else None
    headline = [one for one in overall if one.measure == chosen.measure]
    basis = rule.basis if rule else "human"
    parts = parts_of(figures, next((one for one in headline if one.basis == basis), chosen), subject)
    return {
        "headline": headline,
        "headline_words": measure_words(*chosen.measure),
        "bar": bar,
        "scale": scale_of(headline, bar),
        "lines": [(line, scale_of(line.shown)) for line in lines_of(overall, subject)],
        "other_ways": ways_to(headline),
        "parts": [(part, comparison_of(part.figures, basis)) for part in parts],
        "items_url": subject.url("items", criterion=chosen.criterion),
    }


def _decision(request: HttpRequest, audit: Audit, form: DecisionForm) -> dict[str, Any]:
    decision = Decision.objects.filter(audit=audit).first()
    verbs = ["proposed a decision on", "decided to accept", "decided to reject", "decided to continue"]
    acts = Entry.objects.filter(subject_kind="audits.audit", subject_id=str(audit.pk), verb__in=verbs)
    rule = audit.sop.acceptance
    offer = _offer(person(request), audit, decision)
    return {
        "decision": decision,
        "rule_words": rule_words(rule, audit.sop.estimates.target) if rule else "",
        "decision_form": form,
        "ways": ways_of(decision.proposed, in_waves=offer is not None and not offer.refusal)
        if decision
        else [],
        "offer": offer,
        "offer_words": sentences(offer, rule) if offer and rule else [],
        "may_decide": may_decide(person(request), audit),
        "acts": acts.order_by("-sequence"),
    }


def _offer(user: User, audit: Audit, decision: Decision | None) -> Offer | None:
    """Another wave, for who may run audits; None unless this one is to be continued."""
    if decision is None or (decision.outcome or decision.proposed) != Outcome.CONTINUE:
        return None
    may_run = may(user, Permission.RUN_AUDITS, audit.batch.collection)
    return offer_of(audit, decision) if may_run else None


@dataclass(frozen=True)
class Way:
    """A button that decides; the one that the rule proposes stands out."""

    outcome: str
    label: str
    icon: str
    kind: str


def ways_of(proposed: str, *, in_waves: bool) -> list[Way]:
    """Where a further wave can be drawn, going on is an act of its own."""
    ways = (
        (Outcome.ACCEPT, "Accept the batch", "check"),
        (Outcome.REJECT, "Reject the batch", "x"),
        *([] if in_waves else [(Outcome.CONTINUE, "Continue sampling", "rotate-cw")]),
    )
    return [Way(way.value, label, icon, "primary" if way == proposed else "") for way, label, icon in ways]


def rule_words(rule: Acceptance, target: Target) -> str:
    """The acceptance rule in a sentence, and what it speaks of where that is not the batch itself."""
    if rule.rule == "count":
        few = f"at most {rule.accept}" if rule.accept else "none"
        return f"Accept when {few} of the labelled items fails on {rule.criterion.replace('_', ' ')}; reject otherwise."
    if rule.rule == "aql":
        return (
            f"Accept by the MIL-STD-105E / Z1.4 tables at an AQL of {rule.aql:g}%, level {rule.level}, "
            "as strictly as the producer's earlier batches make it."
        )
    bar = f"{100 * rule.at_least:g}%" if rule.at_least <= 1 else f"{rule.at_least:g}"
    name = measure_words(rule.criterion, "pass_rate").lower()
    sort = "two-sided interval" if rule.side == "two-sided" else "one-sided bounds"
    sort += " that hold at any time" if rule.rule == "sequential" else ""
    basis = "judges and human labels" if rule.basis == "assisted" else "human labels only"
    shared = f" The {rule.looks} looks that are planned share what may err." if rule.looks > 1 else ""
    about = " It speaks of the process behind this batch." if target == "process" else ""
    return (
        f"Accept when {name} are shown to be at least {bar} at {100 * rule.confidence:g}% confidence ({sort}, from "
        f"{basis}); reject when they are shown to be below; otherwise continue sampling.{shared}{about}"
    )


@page(Permission.SEE_VERDICTS)
def batch_estimate(request: HttpRequest, pk: int) -> HttpResponse:
    subject = batch_subject(request, pk, QUALITY)
    filters = BatchEstimateFilter.of(request, user=person(request), batch=subject.batch)
    context: dict[str, Any] = {**subject.frame, "hidden": subject.hidden, "filters": filters}
    if not subject.hidden:
        try:
            context |= _quality(request, subject, _calculated(subject, filters), None)
        except BadInput as error:
            context["refusal"] = str(error)
    return render(request, "metaaudit/batch_estimate.html", context)


def _calculated(subject: Subject, filters: BatchEstimateFilter) -> list[Figure]:
    version, field = filters.value("rubric"), filters.value("by")
    values = field and population(subject.batch)[1][field].nunique()
    if values and values > MOST_SLICES:
        raise BadInput(f"{field} has {values:,} values; at most {MOST_SLICES} can stand side by side")
    found = estimate_batch(
        batch=subject.batch,
        rubric=version.spec if version else None,
        rater=filters.value("reference") or None,
        by_field=field or None,
    )
    return [Figure.calculated(one) for one in found]
