"""What good is: rubrics, their versions, and their files."""

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import FileEx, Form, Router, Schema, UploadedFile
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import YAML, Id, Name, Pages, binary, text_of
from auditing.api.policy import allow, one, person
from auditing.api.versions import BasedIn, PublishIn, VersionLine, VersionOut, lines_of
from auditing.core.models import PublishedVersion
from auditing.rubrics.models import Rubric, RubricVersion
from auditing.rubrics.selectors import rubrics_visible_to, versions_visible_to
from auditing.rubrics.services import export_rubric, import_rubric, publish

router = Router(tags=["rubrics"])


class RubricLine(Schema):
    name: str
    description: str


class RubricOut(RubricLine):
    versions: list[VersionLine]

    @staticmethod
    def resolve_versions(rubric: Rubric, context: dict[str, Any]) -> list[PublishedVersion]:
        return lines_of(list(rubric.versions.all()), person(context["request"]).may(Permission.DEFINE))


class RubricFileIn(BasedIn):
    publish: bool = Field(True, description="Publish it, or keep it as the draft.")


class RubricVersionOut(VersionOut):
    rubric: str

    @staticmethod
    def resolve_rubric(version: RubricVersion) -> str:
        return version.rubric.name


@router.get("/rubrics", response=list[RubricLine])
@paginate(Pages)
@allow(Permission.SEE_DEFINITIONS)
def list_rubrics(request: HttpRequest) -> QuerySet[Rubric]:
    """Every rubric that is in use."""
    return rubrics_visible_to(person(request)).filter(archived_at=None)


@router.post("/rubrics/import", response={201: RubricVersionOut})
@allow(Permission.DEFINE)
def add_rubric_file(
    request: HttpRequest,
    file: Annotated[UploadedFile, FileEx(description="A rubric file (YAML).")],
    given: Form[RubricFileIn],
) -> Any:
    """A rubric file as its rubric's next version; the same file twice is the same version."""
    text, name = text_of(file)
    return Status(201, import_rubric(by=person(request), text=text, file=name, **given.dict()))


@router.get("/rubrics/{name}", response=RubricOut)
@allow(Permission.SEE_DEFINITIONS)
def get_rubric(request: HttpRequest, name: Name) -> Rubric:
    """A rubric and its versions, newest first."""
    return visible_rubric(request, name)


@router.post("/rubrics/{name}/publish", response=RubricVersionOut)
@allow(Permission.DEFINE)
def publish_rubric(request: HttpRequest, name: Name, given: PublishIn) -> RubricVersion:
    """Freeze the draft as the next version."""
    return publish(by=person(request), rubric=visible_rubric(request, name), **given.dict())


@router.get("/rubrics/{name}/versions/{number}", response=RubricVersionOut)
@allow(Permission.SEE_DEFINITIONS)
def get_rubric_version(request: HttpRequest, name: Name, number: Id) -> RubricVersion:
    """A published version with all it says."""
    return visible_version(request, name, number)


@router.get("/rubrics/{name}/versions/{number}/file", openapi_extra={"responses": {200: binary([YAML])}})
@allow(Permission.SEE_DEFINITIONS)
def get_rubric_file(request: HttpRequest, name: Name, number: Id) -> HttpResponse:
    """A published version as a rubric file (YAML); importing it gives the same version."""
    return HttpResponse(export_rubric(visible_version(request, name, number)), content_type=YAML)


def visible_rubric(request: HttpRequest, name: str) -> Rubric:
    return one(rubrics_visible_to(person(request)), name=name)


def visible_version(request: HttpRequest, name: str, number: int) -> RubricVersion:
    return one(versions_visible_to(person(request)), rubric__name=name, number=number)
