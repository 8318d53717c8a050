"""Making estimates, and the decision that follows from them."""

from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Batch
from auditing.estimation.calculation import Basis, Calculated, Target, calculate
from auditing.estimation.comparing import with_slices_compared
from auditing.estimation.deciding import Case, Proposal, case_of, propose
from auditing.estimation.inputs import PRODUCER, Evidence, evidence_of_audit, evidence_of_batch
from auditing.estimation.inspecting import inspected
from auditing.estimation.learning import keep_experience
from auditing.estimation.measures import Measure, measures_of, measures_without_rubric
from auditing.estimation.models import Decision, Estimate, Outcome
from auditing.estimation.policies import require_decide
from auditing.estimation.representative import refuse_unfair_sample
from auditing.estimation.selectors import estimates_are_stale
from auditing.journal.services import record
from auditing.rubrics.schema import RubricSpec
from auditing.sops.acceptance import Acceptance
from auditing.sops.schema import SopSpec
from auditing.stats.looks import error_of_look

BASES: tuple[Basis, ...] = ("human", "assisted")
MOST_SLICES = 50
DEFAULT_CONFIDENCE = 0.95
FIGURES = (
    "criterion", "estimand", "basis", "target", "method", "estimate", "low", "high", "confidence", "side", "n_human",
    "n_judged", "population", "n_effective", "labels_saved", "earlier_labels", "unscored", "beside", "note",
)  # fmt: skip
STOPPED_EARLY = (
    "the sample may stop as soon as the rule is clear, so this interval of a fixed size is no proof: the decision's, "
    "which holds at any time, is"
)
LOOKED_AGAIN = (
    "labels were added because the first did not decide, so an interval of {confidence:.0%} that is looked at so often "
    "is no longer one: the decision's spends its error over the looks"
)


def make_estimates(*, by: User | None, audit: Audit) -> list[Estimate]:
    """Estimate every measure of the audit's rubric, overall and by slice, human-only beside judge-assisted.

    Replaces the audit's earlier estimates. Raises Conflict when the audit is not at that station.
    """
    seen = evidence_of_audit(audit)
    target = audit.sop.estimates.target
    confidence = audit.sop.acceptance.confidence if audit.sop.acceptance else DEFAULT_CONFIDENCE
    parts = parts_of(seen, audit.sop)
    calculated = [
        one
        for measure in measures_of(audit.rubric)
        for one in _calculate(seen, measure, parts, BASES, confidence, target)
    ]
    with transaction.atomic():
        AUDIT.advance(audit, "estimate")
        audit.estimates.all().delete()
        Decision.objects.filter(audit=audit, outcome="").delete()  # a proposal that rested on them
        estimates = Estimate.objects.bulk_create([_row(audit, one) for one in calculated])
        keep_experience(audit, seen)
        record(
            by=by,
            verb="estimated",
            subject=audit,
            collection_id=audit.batch.collection_id,
            details={"estimates": len(estimates)},
        )
    return estimates


def parts_of(seen: Evidence, sop: SopSpec) -> list[tuple[str, str]]:
    """(field, value) of every slice the SOP reports on; by producer when it names none."""
    fields = [field for field in (sop.report.slices or [PRODUCER]) if field in seen.slices]
    parts = []
    for name in fields:
        values = sorted(seen.slices[name].unique())
        if 1 < len(values) <= MOST_SLICES:
            parts += [(name, str(value)) for value in values]
    return parts


def _row(audit: Audit, one: Calculated) -> Estimate:
    figures = one.to_dict()
    rule = audit.sop.acceptance
    if rule and rule.rule == "sequential":
        figures["note"] = f"{figures['note']}; {STOPPED_EARLY}"
    if audit.plan.waves:
        figures["note"] = f"{figures['note']}; {LOOKED_AGAIN.format(confidence=one.confidence)}"
    return Estimate(
        audit=audit,
        slice_field=one.slice_field,
        slice_value=one.slice_value,
        inputs_hash=one.inputs_hash,
        **{name: figures[name] for name in FIGURES},
    )


def estimate_batch(
    *,
    batch: Batch,
    rubric: RubricSpec | None = None,
    criterion: str | None = None,
    by_field: str | None = None,
    confidence: float = 0.95,
    target: Target = "batch",
    rater: str | None = None,
) -> list[Calculated]:
    """Estimate from ratings made elsewhere, with no audit. The rated items are taken for a simple random sample.

    Raises BadInput when nothing is rated, when the criterion or the field is unknown, and when the judges' scores
    show that the rated items are no random sample.
    """
    seen = evidence_of_batch(batch, rubric=rubric, rater=rater)
    if seen.labels.empty:
        raise BadInput(f"Nobody has rated an item of {batch}: import ratings, or open an audit.")
    refuse_unfair_sample(seen)
    return calculate_all(seen, criterion=criterion, by_field=by_field, confidence=confidence, target=target)


def calculate_all(
    seen: Evidence,
    *,
    criterion: str | None,
    by_field: str | None,
    confidence: float,
    target: Target = "batch",
) -> list[Calculated]:
    """Every measure (or those of one criterion), overall and by one field, on both bases where there are judges."""
    bases: tuple[Basis, ...] = BASES if len(seen.verdicts) else ("human",)
    parts = _field_parts(seen, by_field)
    return [
        one
        for measure in _measures(seen, criterion)
        for one in _calculate(seen, measure, parts, bases, confidence, target)
    ]


def _calculate(
    seen: Evidence,
    measure: Measure,
    parts: list[tuple[str, str]],
    bases: tuple[Basis, ...],
    confidence: float,
    target: Target,
) -> list[Calculated]:
    """One measure of the whole and of every part, on every basis, with the parts compared."""
    found = [
        calculate(seen, measure, basis=basis, confidence=confidence, target=target, part=part)
        for part in [("", ""), *parts]
        for basis in bases
    ]
    return with_slices_compared(found, measure.bounds)


def _measures(seen: Evidence, criterion: str | None) -> list[Measure]:
    labels = seen.labels
    if seen.rubric:
        measures = measures_of(seen.rubric)
    else:
        measures = [
            measure
            for key in sorted(labels["criterion"].unique())
            for measure in measures_without_rubric(key, labels.loc[labels["criterion"] == key, "value"])
        ]
    wanted = [measure for measure in measures if criterion in (None, measure.criterion)]
    if not wanted:
        known = ", ".join(dict.fromkeys(measure.criterion for measure in measures))
        raise BadInput(f"there is no criterion {criterion!r}; there is {known}")
    return wanted


def _field_parts(seen: Evidence, field: str | None) -> list[tuple[str, str]]:
    if field is None:
        return []
    if field not in seen.slices:
        raise BadInput(f"the batch has no field {field!r} to estimate by")
    return [(field, str(value)) for value in sorted(seen.slices[field].unique())]


def case_of_audit(audit: Audit) -> Case:
    """What the audit's acceptance rule looks at. Raises Conflict without a rule."""
    rule = audit.sop.acceptance
    if rule is None:
        raise Conflict("The SOP has no acceptance rule: its batches are measured, not decided upon.")
    seen, tables = evidence_of_audit(audit), audit.plan.learned.get("inspection", {})
    errors = errors_of_looks(rule, max(len(audit.plan.waves), 1)) if rule.rule == "interval" else ()
    measure, target = _measures(seen, rule.criterion)[0], audit.sop.estimates.target
    return case_of(seen, rule, measure, tables, target, errors)


def errors_of_looks(rule: Acceptance, looks: int) -> tuple[float, ...]:
    """What each of so many looks by an interval may err, by what the SOP has planned."""
    return tuple(error_of_look(1 - rule.confidence, rule.looks, look) for look in range(1, looks + 1))


def recompute(decision: Decision) -> Proposal:
    """What the rule says of the inputs that were frozen with the decision. Raises Conflict where none were."""
    if not decision.inputs:
        raise Conflict("This decision was made before inputs were frozen with decisions.")
    return propose(Case.thawed(bytes(decision.inputs)))


def _lock(audit: Audit) -> None:
    """Rulings, waves and decisions take the audit's row first: nothing slips between a check and its act."""
    Audit.objects.select_for_update().get(pk=audit.pk)


@transaction.atomic
def propose_decision(*, by: User | None, audit: Audit) -> Decision:
    """Write down what the rule says; a person confirms it. Raises Conflict once a person has, or without a rule."""
    _lock(audit)  # none confirms it meanwhile
    case = case_of_audit(audit)
    decision = Decision.objects.filter(audit=audit).first()
    if decision and decision.outcome:
        raise Conflict("This audit is decided already.")
    proposal = propose(case)
    decision, _ = Decision.objects.update_or_create(
        audit=audit,
        defaults={
            "rule": asdict(case.rule),
            "inputs": case.frozen(),
            "result": proposal.result,
            "evidence": proposal.evidence,
            "proposed": proposal.outcome,
            "reason": proposal.reason,
        },
    )
    record(
        by=by,
        verb="proposed a decision on",
        subject=audit,
        collection_id=audit.batch.collection_id,
        details={"proposed": decision.proposed, "reason": decision.reason},
    )
    return decision


@transaction.atomic
def confirm_decision(*, by: User | None, audit: Audit, outcome: str, comment: str = "") -> Decision:
    """A person's decision on the batch; going against the rule needs a comment."""
    require_decide(by, audit)
    _lock(audit)
    decision = Decision.objects.filter(audit=audit).first()
    if decision is None:
        raise Conflict("There is nothing to decide yet: the estimates come first.")
    if decision.outcome:
        raise Conflict("This audit is decided already.")
    if estimates_are_stale(audit):
        raise Conflict("Rulings have changed since the estimates were made: estimate again, then decide.")
    if outcome not in Outcome.values:
        raise BadInput(f"{outcome!r} is not one of {', '.join(Outcome.values)}", field="outcome")
    if outcome != decision.proposed and not comment.strip():
        raise BadInput("Say why you decide against the rule.", field="comment")
    decision.outcome, decision.comment = outcome, comment.strip()
    decision.decided_at, decision.decided_by = timezone.now(), by
    decision.save()
    AUDIT.advance(audit, "decide")
    if decision.result:
        inspected(audit, decision)
    Audit.objects.filter(pk=audit.pk).update(closed_at=decision.decided_at)
    record(
        by=by,
        verb=f"decided to {outcome}",
        subject=audit,
        collection_id=audit.batch.collection_id,
        details={"outcome": outcome, "proposed": decision.proposed, "comment": decision.comment},
    )
    return decision
