"""Judges and their versions."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import Id, Name, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.api.versions import PublishIn, VersionLine, VersionOut, lines_of
from auditing.core.models import PublishedVersion
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.selectors import judges_visible_to, versions_visible_to
from auditing.judging.services import create_judge, publish, save_draft

router = Router(tags=["judges"])
CONTENT = {"endpoint": "default", "model": "gpt-4o", "instructions": "Be strict.", "temperature": 0}


class DraftIn(Schema):
    content: dict[str, Any] = Field(
        examples=[CONTENT], description="Endpoint, model, instructions and parameters."
    )


class JudgeIn(DraftIn):
    name: Name = Field(examples=["careful"])
    description: Text = ""


class JudgeLine(Schema):
    name: str
    description: str
    simulated: bool


class JudgeOut(JudgeLine):
    versions: list[VersionLine]

    @staticmethod
    def resolve_versions(judge: Judge, context: dict[str, Any]) -> list[PublishedVersion]:
        return lines_of(list(judge.versions.all()), person(context["request"]).may(Permission.MANAGE_JUDGES))


class JudgeVersionOut(VersionOut):
    judge: str

    @staticmethod
    def resolve_judge(version: JudgeVersion) -> str:
        return version.judge.name


@router.get("/judges", response=list[JudgeLine])
@paginate(Pages)
@allow(Permission.SEE_VERDICTS)
def list_judges(request: HttpRequest) -> QuerySet[Judge]:
    """Every judge that is in use."""
    return judges_visible_to(person(request)).filter(archived_at=None)


@router.post("/judges", response={201: JudgeOut})
@allow(Permission.MANAGE_JUDGES)
def add_judge(request: HttpRequest, given: JudgeIn) -> Any:
    """A new judge with a first draft; publish it to put it to work."""
    return Status(201, create_judge(by=person(request), **given.dict()))


@router.get("/judges/{name}", response=JudgeOut)
@allow(Permission.SEE_VERDICTS)
def get_judge(request: HttpRequest, name: Name) -> Judge:
    """A judge and its versions, newest first."""
    return visible_judge(request, name)


@router.put("/judges/{name}/draft", response=JudgeVersionOut)
@allow(Permission.MANAGE_JUDGES)
def put_judge_draft(request: HttpRequest, name: Name, given: DraftIn) -> JudgeVersion:
    """Keep a draft, right or not yet."""
    return save_draft(by=person(request), judge=visible_judge(request, name), content=given.content)


@router.post("/judges/{name}/publish", response=JudgeVersionOut)
@allow(Permission.MANAGE_JUDGES)
def publish_judge(request: HttpRequest, name: Name, given: PublishIn) -> JudgeVersion:
    """Freeze the draft as the next version."""
    return publish(by=person(request), judge=visible_judge(request, name), note=given.note)


@router.get("/judges/{name}/versions/{number}", response=JudgeVersionOut)
@allow(Permission.SEE_VERDICTS)
def get_judge_version(request: HttpRequest, name: Name, number: Id) -> JudgeVersion:
    """A published version with all it says."""
    return one(versions_visible_to(person(request)), judge__name=name, number=number)


def visible_judge(request: HttpRequest, name: str) -> Judge:
    return one(judges_visible_to(person(request)), name=name)
