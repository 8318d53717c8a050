"""The locked plan of an audit's sample, its draws, and the proof that it can be drawn again."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.fields import Id, Pages
from auditing.api.policy import allow, one, person
from auditing.sampling.models import Draw, Plan, Stratum
from auditing.sampling.selectors import draws_of, plans_visible_to, replay

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
    strata: list[StratumOut]

    @staticmethod
    def resolve_strata(plan: Plan) -> list[Stratum]:
        return list(plan.strata.all())


class DrawOut(Schema):
    item: str = Field(description="The item's own id.")
    position: int
    stratum: str
    judge_probability: float
    human_probability: float
    is_human: bool
    opinions: int

    @staticmethod
    def resolve_item(draw: Draw) -> str:
        return draw.item.external_id


class ReplayOut(Schema):
    same: bool = Field(
        description="Does drawing again from seed and frame give the locked sample, bit for bit?"
    )


@router.get("/audits/{pk}/plan", response=PlanOut)
@allow(Permission.SEE_AUDITS)
def get_plan(request: HttpRequest, pk: Id) -> Plan:
    """How the sample was drawn: enough to draw it again."""
    return visible_plan(request, pk)


@router.post("/audits/{pk}/plan/replay", response=ReplayOut)
@allow(Permission.SEE_AUDITS)
def replay_plan(request: HttpRequest, pk: Id) -> dict[str, bool]:
    """Draw the sample again and compare."""
    return {"same": replay(visible_plan(request, pk))}


@router.get("/audits/{pk}/draws", response=list[DrawOut])
@paginate(Pages)
@allow(Permission.SEE_AUDITS)
def list_draws(request: HttpRequest, pk: Id) -> QuerySet[Draw]:
    """The drawn items with their inclusion probabilities, in the order of presentation."""
    return draws_of(visible_audit(request, pk))


def visible_plan(request: HttpRequest, audit: int) -> Plan:
    return one(plans_visible_to(person(request)), audit=audit)
