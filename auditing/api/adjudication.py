"""Disagreements between reviewers, and the rulings on them."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.adjudication.models import Disagreement, DisagreementState, Ruling
from auditing.adjudication.selectors import (
    Opinion,
    disagreements_open_to,
    disagreements_visible_to,
    opinions_on,
    rulings_visible_to,
)
from auditing.adjudication.services import rule
from auditing.api.audits import visible_audit
from auditing.api.blindness import require_opinions_in
from auditing.api.fields import Id, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.datasets.models import Item

router = Router(tags=["rulings"])


class DisagreementLine(Schema):
    id: int
    audit: int
    item: int
    external_id: str
    criterion: str
    kind: str
    state: str

    @staticmethod
    def resolve_audit(case: Disagreement) -> int:
        return case.audit_id

    @staticmethod
    def resolve_item(case: Disagreement) -> int:
        return case.item_id

    @staticmethod
    def resolve_external_id(case: Disagreement) -> str:
        return case.item.external_id


class OpinionOut(Schema):
    letter: str = Field(description="Stands for the reviewer.")
    value: str
    note: str
    comment: str


class DisagreementOut(DisagreementLine):
    payload: dict[str, Any]
    opinions: list[OpinionOut]

    @staticmethod
    def resolve_payload(case: Disagreement) -> dict[str, Any]:
        return dict(case.item.payload)

    @staticmethod
    def resolve_opinions(case: Disagreement) -> list[Opinion]:
        return opinions_on(case)


class RulingIn(Schema):
    item: Id = Field(examples=[1])
    criterion: Text = Field(examples=["correct"])
    value: Text = Field(examples=["yes"])
    rationale: Text = Field("", examples=["The reference says so."])
    gold: bool = Field(False, description="Keep it as a check for raters to come.")


class RulingOut(Schema):
    id: int
    audit: int
    item: int
    external_id: str
    criterion: str
    value: str
    rationale: str
    is_gold: bool
    by: str
    at: datetime
    superseded_at: datetime | None

    @staticmethod
    def resolve_audit(ruling: Ruling) -> int:
        return ruling.audit_id

    @staticmethod
    def resolve_item(ruling: Ruling) -> int:
        return ruling.item_id

    @staticmethod
    def resolve_external_id(ruling: Ruling) -> str:
        return ruling.item.external_id

    @staticmethod
    def resolve_by(ruling: Ruling) -> str:
        return str(ruling.by)


@router.get("/disagreements", response=list[DisagreementLine])
@paginate(Pages)
@allow(Permission.RULE)
def list_disagreements(
    request: HttpRequest, audit: Id | None = None, state: DisagreementState | None = None
) -> QuerySet[Disagreement]:
    """What reviewers differ on, in the audits you may rule in."""
    cases = disagreements_open_to(person(request))
    cases = cases.filter(audit=audit) if audit else cases
    return cases.filter(state=state) if state else cases


@router.get("/disagreements/{pk}", response=DisagreementOut)
@allow(Permission.RULE)
def get_disagreement(request: HttpRequest, pk: Id) -> Disagreement:
    """A case: the item, and the opinions that differ. Judges' verdicts stay out of it."""
    case = one(disagreements_visible_to(person(request)), pk=pk)
    require_opinions_in(person(request), case.audit)
    return case


@router.get("/audits/{pk}/rulings", response=list[RulingOut])
@paginate(Pages)
@allow(Permission.SEE_VERDICTS)
def list_rulings(request: HttpRequest, pk: Id) -> QuerySet[Ruling]:
    """Every ruling of an audit; superseded ones stay on record."""
    audit = visible_audit(request, pk, Permission.SEE_VERDICTS)
    require_opinions_in(person(request), audit)
    return rulings_visible_to(person(request)).filter(audit=audit)


@router.post("/audits/{pk}/rulings", response={201: RulingOut})
@allow(Permission.RULE)
def add_ruling(request: HttpRequest, pk: Id, given: RulingIn) -> Any:
    """Give the reference value of one criterion of one drawn item; an earlier ruling is superseded."""
    audit = visible_audit(request, pk, Permission.RULE)
    item = one(Item.objects.filter(batch=audit.batch), pk=given.item)
    ruling = rule(
        by=person(request),
        audit=audit,
        item=item,
        criterion=given.criterion,
        value=given.value,
        rationale=given.rationale,
        gold=given.gold,
    )
    return Status(201, ruling)
