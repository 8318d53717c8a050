"""The locked plan of an audit's sample, its draws, and the proof that it can be drawn again."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Body, Router, Schema
from ninja.pagination import paginate
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.blindness import require_no_part, require_opinions_in
from auditing.api.fields import Id, Pages
from auditing.api.policy import allow, one, person
from auditing.pipeline.services import next_wave
from auditing.reviews.policies import hides_strata
from auditing.sampling.models import Draw, Plan, Stratum
from auditing.sampling.selectors import Replay, draws_of, plan_of, plans_visible_to, replay

router = Router(tags=["samples"])


class StratumOut(Schema):
    name: str
    size: int
    judge_drawn: int
    human_drawn: int


class PlanOut(Schema):
    method: str
    parameters: dict[str, Any]
    seed: int
    generator: str
    frame_hash: str
    frame_size: int
    judge_size: int
    human_size: int
    locked_at: datetime
    learned: dict[str, Any] = Field(description="What earlier audits told the draw, and which.")
    humans_drawn_at: datetime | None
    waves: list[dict[str, Any]] = Field(
        description="Of a sample that further waves were drawn for: the size of each, its weight in the estimate "
        "(fixed before its labels; null: it took all that was left), and what the look at it may err."
    )
    strata: list[StratumOut] = Field(description="Empty while they would tell auditors what judges said.")

    @staticmethod
    def resolve_strata(plan: Plan, context: dict[str, Any]) -> list[Stratum]:
        return [] if hides_strata(person(context["request"]), plan) else list(plan.strata.all())


class DrawOut(Schema):
    item: str = Field(description="The item's own id.")
    position: int
    stratum: str
    judge_probability: float
    human_probability: float | None = Field(description="Null until the auditors' sample is drawn.")
    size: float | None = Field(description="What the chance grew with, where it did with anything.")
    prediction: float | None = Field(description="The label that earlier audits made expect.")
    is_human: bool
    opinions: int
    wave: int = Field(description="Of the auditors' sample: later ones were drawn to decide.")
    wave_probability: float | None = Field(
        description="The chance within the wave, among what no earlier one drew; null without further waves."
    )

    @staticmethod
    def resolve_item(draw: Draw) -> str:
        return draw.item.external_id


class ReplayOut(Schema):
    same: bool = Field(
        description="Does drawing again from seed and frame give the locked sample, bit for bit?"
    )
    differences: list[str] = Field(description="Where it differs, in words.")
    frame_hash: str
    draw_hash: str = Field(description="SHA-256 of every unit drawn again: the same on every database.")
    units: int


@router.get("/audits/{pk}/plan", response=PlanOut)
@allow(Permission.SEE_AUDITS)
def get_plan(request: HttpRequest, pk: Id) -> Plan:
    """How the sample was drawn: enough to draw it again."""
    return visible_plan(request, pk)


@router.post("/audits/{pk}/plan/replay", response=ReplayOut)
@allow(Permission.SEE_AUDITS)
def replay_plan(request: HttpRequest, pk: Id) -> Replay:
    """Draw the sample again, compare, and say where it differs."""
    return replay(visible_plan(request, pk))


class WaveIn(Schema):
    size: int | None = Field(
        None,
        description="How many further items people label; left out, as many as it should take to decide.",
    )


@router.post("/audits/{pk}/plan/waves", response=PlanOut)
@allow(Permission.RUN_AUDITS)
def add_wave(request: HttpRequest, pk: Id, given: Body[WaveIn | None] = None) -> Plan:
    """Draw another wave of items for people, where the audit is to be continued."""
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    return next_wave(by=person(request), audit=audit, size=given.size if given else None)


@router.get("/audits/{pk}/draws", response=list[DrawOut])
@paginate(Pages)
@allow(Permission.SEE_AUDITS)
def list_draws(request: HttpRequest, pk: Id) -> QuerySet[Draw]:
    """The drawn items with their inclusion probabilities, in the order of presentation."""
    audit = visible_audit(request, pk)
    plan = plan_of(audit)
    if plan and plan.tells_scores:
        require_opinions_in(person(request), audit)
    if plan and plan.tells_producers:
        require_no_part(person(request), audit.batch)
    return draws_of(audit)


def visible_plan(request: HttpRequest, audit: int) -> Plan:
    return one(plans_visible_to(person(request)), audit=audit)
