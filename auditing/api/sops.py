"""How to audit: SOPs, their versions, and their files."""

from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import FileEx, Form, Router, Schema, UploadedFile
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.collections import reached
from auditing.api.fields import YAML, Id, Name, Pages, binary, text_of
from auditing.api.policy import allow, one, person
from auditing.api.versions import BasedIn, PublishIn, VersionLine, VersionOut, lines_of
from auditing.core.models import PublishedVersion
from auditing.sops.models import Sop, SopVersion
from auditing.sops.selectors import sops_visible_to, versions_visible_to
from auditing.sops.services import export_sop, import_sop, publish

router = Router(tags=["SOPs"])


class SopLine(Schema):
    id: int
    name: str
    collection: str

    @staticmethod
    def resolve_collection(sop: Sop) -> str:
        return sop.collection.slug


class SopOut(SopLine):
    versions: list[VersionLine]

    @staticmethod
    def resolve_versions(sop: Sop, context: dict[str, Any]) -> list[PublishedVersion]:
        return lines_of(list(sop.versions.all()), person(context["request"]).may(Permission.DEFINE))


class SopVersionOut(VersionOut):
    sop: SopLine
    rubric: str | None = Field(examples=["answer-correctness@2"])

    @staticmethod
    def resolve_rubric(version: SopVersion) -> str | None:
        pinned = version.rubric_version
        return f"{pinned.rubric.name}@{pinned.number}" if pinned else None


class SopFileIn(BasedIn):
    collection: Name = Field("", description="Address of the collection, where the file does not name it.")
    publish: bool = Field(True, description="Publish it, or keep it as the draft.")


@router.get("/sops", response=list[SopLine])
@paginate(Pages)
@allow(Permission.SEE_DEFINITIONS)
def list_sops(request: HttpRequest, collection: Name | None = None) -> QuerySet[Sop]:
    """The SOPs of your collections; of one, if you say which."""
    sops = sops_visible_to(person(request)).filter(archived_at=None)
    return sops.filter(collection__slug=collection) if collection else sops


@router.post("/sops/import", response={201: SopVersionOut})
@allow(Permission.DEFINE)
def add_sop_file(
    request: HttpRequest,
    given: Form[SopFileIn],
    file: Annotated[UploadedFile, FileEx(description="An SOP file (YAML).")],
) -> Any:
    """An SOP file as its SOP's next version; the same file twice is the same version."""
    text, name = text_of(file)
    collection = reached(request, given.collection, Permission.DEFINE) if given.collection else None
    said = given.dict() | {"collection": collection}
    version = import_sop(by=person(request), text=text, file=name, **said)
    return Status(201, version)


@router.get("/sops/{pk}", response=SopOut)
@allow(Permission.SEE_DEFINITIONS)
def get_sop(request: HttpRequest, pk: Id) -> Sop:
    """An SOP and its versions, newest first."""
    return one(sops_visible_to(person(request)), pk=pk)


@router.post("/sops/{pk}/publish", response=SopVersionOut)
@allow(Permission.DEFINE)
def publish_sop(request: HttpRequest, pk: Id, given: PublishIn) -> SopVersion:
    """Freeze the draft as the next version, with its rubric version pinned."""
    sop = one(sops_visible_to(person(request), Permission.DEFINE), pk=pk)
    return publish(by=person(request), sop=sop, **given.dict())


@router.get("/sops/{pk}/versions/{number}", response=SopVersionOut)
@allow(Permission.SEE_DEFINITIONS)
def get_sop_version(request: HttpRequest, pk: Id, number: Id) -> SopVersion:
    """A published version with all it says."""
    return visible_version(request, pk, number)


@router.get("/sops/{pk}/versions/{number}/file", openapi_extra={"responses": {200: binary([YAML])}})
@allow(Permission.SEE_DEFINITIONS)
def get_sop_file(request: HttpRequest, pk: Id, number: Id) -> HttpResponse:
    """A published version as an SOP file (YAML); importing it gives the same version."""
    return HttpResponse(export_sop(visible_version(request, pk, number)), content_type=YAML)


def visible_version(request: HttpRequest, pk: int, number: int) -> SopVersion:
    return one(versions_visible_to(person(request)), sop=pk, number=number)
