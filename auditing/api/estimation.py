"""What the batch's quality is, and what is decided on it."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.batches import visible_batch
from auditing.api.blindness import require_no_part, require_opinions_in
from auditing.api.fields import Id, Name, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.estimation.calculation import Target
from auditing.estimation.models import Decision, Estimate, Outcome
from auditing.estimation.services import confirm_decision, estimate_batch
from auditing.rubrics.selectors import published_version

router = Router(tags=["estimates"])
Confidence = Annotated[float, Field(gt=0, lt=1)]


class PooledOut(Schema):
    """A slice's figure drawn towards the mean of its field's slices, the more so the fewer labels it has."""

    estimate: float
    low: float
    high: float
    own_weight: float
    method: str


class RestOut(Schema):
    """A slice against all others of its field; false discoveries are held over all slices of the measure."""

    difference: float
    p_value: float
    adjusted: float
    differs: bool
    compared: int
    false_discoveries: float
    method: str


class RoganGladenOut(Schema):
    """The judge's rate corrected by its error rates on labelled items; `refusal` says why there is none."""

    refusal: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    sensitivity: float | None = None
    specificity: float | None = None
    n_positive: int | None = None
    n_negative: int | None = None


class MissingOut(Schema):
    """The figure, were all missing labels at the low end of the scale (low), and were all at the high end (high)."""

    labels: int
    share: float
    low: float
    high: float


class BesideOut(Schema):
    pooled: PooledOut | None = None
    rest: RestOut | None = None
    rogan_gladen: RoganGladenOut | None = None
    missing: MissingOut | None = None


class EstimateOut(Schema):
    criterion: str = Field(examples=["item_passes"])
    slice: dict[str, str] | None = Field(
        examples=[{"producer": "Acme"}], description="Null: the whole batch."
    )
    estimand: str = Field(examples=["pass_rate"])
    basis: str = Field(examples=["human"])
    target: str = Field(
        examples=["batch"], description="What it speaks of: this batch, or the process behind it."
    )
    method: str
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    side: str = Field(examples=["two-sided"])
    n_human: int
    n_judged: int
    population: int
    n_effective: float | None
    labels_saved: float | None
    earlier_labels: int = Field(
        description="Labels of other audits that shaped the draw or the predictions behind this."
    )
    unscored: dict[str, Any]
    beside: BesideOut = Field(
        description="Other figures from the same evidence; those that do not apply are null."
    )
    note: str

    @staticmethod
    def resolve_slice(estimate: Any) -> dict[str, str] | None:
        if isinstance(estimate, Estimate):
            return {estimate.slice_field: estimate.slice_value} if estimate.slice_field else None
        return dict(estimate["slice"]) if estimate["slice"] else None


class DecisionIn(Schema):
    outcome: Outcome = Field(examples=["accept"])
    comment: Text = Field(
        "", description="Needed to decide against the rule.", examples=["As the rule says."]
    )


class DecisionOut(Schema):
    rule: dict[str, Any]
    evidence: dict[str, Any]
    proposed: str
    reason: str
    outcome: str = Field(description="Empty until a person confirms.")
    comment: str
    proposed_at: datetime
    decided_at: datetime | None
    decided_by: str | None

    @staticmethod
    def resolve_decided_by(decision: Decision) -> str | None:
        return str(decision.decided_by) if decision.decided_by else None


@router.get("/audits/{pk}/estimates", response=list[EstimateOut])
@paginate(Pages)
@allow(Permission.SEE_AUDITS)
def list_estimates(request: HttpRequest, pk: Id) -> QuerySet[Estimate]:
    """An audit's estimates, overall and by slice, human-only beside judge-assisted."""
    audit = visible_audit(request, pk)
    require_opinions_in(person(request), audit)
    return Estimate.objects.filter(audit=audit)


@router.get("/batches/{pk}/estimates", response=list[EstimateOut])
@allow(Permission.SEE_VERDICTS)
def get_batch_estimates(
    request: HttpRequest,
    pk: Id,
    criterion: Name | None = None,
    by: Text | None = None,
    rubric: Name | None = None,
    confidence: Confidence = 0.95,
    target: Target = "batch",
) -> list[dict[str, Any]]:
    """Estimates from imported ratings, with no audit: the rated items count as a simple random sample."""
    batch = visible_batch(request, pk, Permission.SEE_VERDICTS)
    require_no_part(person(request), batch)
    found = estimate_batch(
        batch=batch,
        rubric=published_version(rubric).spec if rubric else None,
        criterion=criterion,
        by_field=by,
        confidence=confidence,
        target=target,
    )
    return [one.to_dict() for one in found]


@router.get("/audits/{pk}/decision", response=DecisionOut)
@allow(Permission.SEE_AUDITS)
def get_decision(request: HttpRequest, pk: Id) -> Decision:
    """What the acceptance rule proposes, and what a person made of it."""
    audit = visible_audit(request, pk)
    require_opinions_in(person(request), audit)
    return one(Decision.objects.select_related("decided_by"), audit=audit)


@router.post("/audits/{pk}/decision", response=DecisionOut)
@allow(Permission.DECIDE)
def decide(request: HttpRequest, pk: Id, given: DecisionIn) -> Decision:
    """Confirm the proposed decision, or decide against it and say why."""
    return confirm_decision(
        by=person(request),
        audit=visible_audit(request, pk, Permission.DECIDE),
        outcome=given.outcome,
        comment=given.comment,
    )
