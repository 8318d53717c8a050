"""Opening audits and driving them from station to station."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import Dollars, Id, Moment, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.audits.selectors import audits_visible_to
from auditing.audits.services import cancel_audit, open_audit
from auditing.datasets.selectors import batches_visible_to
from auditing.judging import services
from auditing.pipeline.services import StageResult, advance
from auditing.pipeline.stages import Station, stations
from auditing.sops.selectors import published_version, sops_visible_to

router = Router(tags=["audits"])


class AuditIn(Schema):
    batch: Id = Field(examples=[1])
    sop: Id = Field(examples=[1])
    version: Id | None = Field(None, description="The SOP's version; the newest published one unless given.")
    seed: int | None = Field(None, examples=[20260302], description="Drawn and kept unless given.")
    due_at: Moment | None = None


class AuditOut(Schema):
    id: int
    number: int
    batch: int
    batch_name: str
    sop: str = Field(examples=["answers-weekly v1"])
    rubric: str = Field(examples=["answer-correctness v2"])
    seed: int
    state: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None

    @staticmethod
    def resolve_batch(audit: Audit) -> int:
        return audit.batch_id

    @staticmethod
    def resolve_batch_name(audit: Audit) -> str:
        return audit.batch.name

    @staticmethod
    def resolve_sop(audit: Audit) -> str:
        return str(audit.sop_version)

    @staticmethod
    def resolve_rubric(audit: Audit) -> str:
        return str(audit.sop_version.rubric_version)


class StationOut(Schema):
    name: str
    state: str = Field(examples=["waiting"], description="todo, now, waiting (for people) or done")
    detail: str = Field(examples=["3 of 9 reviews"])


class AuditWithStations(AuditOut):
    stations: list[StationOut]

    @staticmethod
    def resolve_stations(audit: Audit) -> list[Station]:
        return stations(audit)


class StageOut(Schema):
    stage: str
    done: bool
    detail: str = Field(description="What was done, or what the audit waits for.")


class CancelIn(Schema):
    reason: Text = Field(examples=["The wrong file was delivered."])


@router.get("/audits", response=list[AuditOut])
@paginate(Pages)
@allow(Permission.SEE_AUDITS)
def list_audits(
    request: HttpRequest, batch: Id | None = None, state: AuditState | None = None
) -> QuerySet[Audit]:
    """The audits you may see, newest first."""
    audits = audits_visible_to(person(request))
    audits = audits.filter(batch=batch) if batch else audits
    return audits.filter(state=state) if state else audits


@router.post("/audits", response={201: AuditWithStations})
@allow(Permission.RUN_AUDITS)
def add_audit(request: HttpRequest, given: AuditIn) -> Any:
    """Open an audit of a batch under a published SOP version."""
    user = person(request)
    audit = open_audit(
        by=user,
        batch=one(batches_visible_to(user, Permission.RUN_AUDITS), pk=given.batch),
        sop_version=published_version(
            one(sops_visible_to(user, Permission.RUN_AUDITS), pk=given.sop), given.version
        ),
        seed=given.seed,
        due_at=given.due_at,
    )
    return Status(201, audit)


@router.get("/audits/{pk}", response=AuditWithStations)
@allow(Permission.SEE_AUDITS)
def get_audit(request: HttpRequest, pk: Id) -> Audit:
    """An audit, and where it stands."""
    return visible_audit(request, pk)


@router.post("/audits/{pk}/advance", response=list[StageOut])
@allow(Permission.RUN_AUDITS)
def advance_audit(
    request: HttpRequest, pk: Id, confirm_cost: bool = False, budget: Dollars | None = None
) -> list[StageResult]:
    """Run every stage that can run now; the last result says what the audit waits for. Safe at any time.

    `confirm_cost` says that the judges may cost what is estimated; a `budget` says so too, and binds each judge's run.
    """
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    if confirm_cost or budget is not None:
        services.confirm_cost(by=person(request), audit=audit, budget=budget)
    return advance(by=person(request), audit=audit)


@router.post("/audits/{pk}/cancel", response=AuditWithStations)
@allow(Permission.RUN_AUDITS)
def stop_audit(request: HttpRequest, pk: Id, given: CancelIn) -> Audit:
    """Stop an audit for good; what was collected stays on record."""
    audit = visible_audit(request, pk, Permission.RUN_AUDITS)
    return cancel_audit(by=person(request), audit=audit, reason=given.reason)


def visible_audit(request: HttpRequest, pk: int, permission: Permission = Permission.SEE_AUDITS) -> Audit:
    return one(audits_visible_to(person(request), permission), pk=pk)
