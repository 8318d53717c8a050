"""Audits that open by themselves."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import Id, Moment, Name, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.pipeline.models import Schedule, Trigger
from auditing.pipeline.schedules import (
    Timing,
    archive_schedule,
    create_schedule,
    restore_schedule,
    switch_schedule,
    update_schedule,
)
from auditing.pipeline.selectors import schedules_visible_to
from auditing.pipeline.timing import next_run
from auditing.sops.models import Sop
from auditing.sops.selectors import sops_visible_to

router = Router(tags=["schedules"])


class ScheduleIn(Schema):
    sop: Id = Field(examples=[1])
    name: Name = Field(examples=["Every batch"])
    trigger: Trigger = Field(examples=["on_batch"])
    at: Moment | None = Field(None, description="For a single time.")
    crontab: Text = Field("", max_length=100, description="Five fields, for a repeating time.")

    def timing(self) -> Timing:
        return Timing(self.trigger, at=self.at, crontab=self.crontab)


class SwitchIn(Schema):
    on: bool = Field(examples=[False])


class ScheduleOut(Schema):
    id: int
    name: str
    collection: str
    sop: int
    trigger: str
    at: datetime | None
    crontab: str
    enabled: bool
    archived_at: datetime | None
    next_run: datetime | None
    last_run_at: datetime | None
    last_outcome: str

    @staticmethod
    def resolve_collection(schedule: Schedule) -> str:
        return schedule.collection.slug

    @staticmethod
    def resolve_sop(schedule: Schedule) -> int:
        return schedule.sop_id

    @staticmethod
    def resolve_next_run(schedule: Schedule) -> datetime | None:
        return next_run(schedule)


@router.get("/schedules", response=list[ScheduleOut])
@paginate(Pages)
@allow(Permission.SCHEDULE)
def list_schedules(request: HttpRequest) -> QuerySet[Schedule]:
    """The schedules of your collections, archived ones too."""
    return schedules_visible_to(person(request))


@router.post("/schedules", response={201: ScheduleOut})
@allow(Permission.SCHEDULE)
def add_schedule(request: HttpRequest, given: ScheduleIn) -> Any:
    """Audit under an SOP's newest version by itself: when a batch arrives, at a time, or again and again."""
    sop = visible_sop(request, given.sop)
    made = create_schedule(by=person(request), sop=sop, name=given.name, timing=given.timing())
    return Status(201, made)


@router.get("/schedules/{pk}", response=ScheduleOut)
@allow(Permission.SCHEDULE)
def get_schedule(request: HttpRequest, pk: Id) -> Schedule:
    """One schedule."""
    return visible_schedule(request, pk)


@router.put("/schedules/{pk}", response=ScheduleOut)
@allow(Permission.SCHEDULE)
def change_schedule(request: HttpRequest, pk: Id, given: ScheduleIn) -> Schedule:
    """Change what it audits, its name and its times; times count from now."""
    return update_schedule(
        by=person(request),
        schedule=visible_schedule(request, pk),
        sop=visible_sop(request, given.sop),
        name=given.name,
        timing=given.timing(),
    )


@router.post("/schedules/{pk}/switch", response=ScheduleOut)
@allow(Permission.SCHEDULE)
def turn_schedule(request: HttpRequest, pk: Id, given: SwitchIn) -> Schedule:
    """Switch it on or off."""
    return switch_schedule(by=person(request), schedule=visible_schedule(request, pk), on=given.on)


@router.post("/schedules/{pk}/archive", response=ScheduleOut)
@allow(Permission.SCHEDULE)
def put_schedule_away(request: HttpRequest, pk: Id) -> Schedule:
    """Put it away, switched off; it can be restored."""
    return archive_schedule(by=person(request), schedule=visible_schedule(request, pk))


@router.post("/schedules/{pk}/restore", response=ScheduleOut)
@allow(Permission.SCHEDULE)
def bring_back_schedule(request: HttpRequest, pk: Id) -> Schedule:
    """Bring it back, switched off."""
    return restore_schedule(by=person(request), schedule=visible_schedule(request, pk))


def visible_schedule(request: HttpRequest, pk: int) -> Schedule:
    return one(schedules_visible_to(person(request)), pk=pk)


def visible_sop(request: HttpRequest, pk: int) -> Sop:
    return one(sops_visible_to(person(request), Permission.SCHEDULE), pk=pk)
