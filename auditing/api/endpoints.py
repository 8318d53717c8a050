"""Where judges are asked. A key goes in and never comes out."""

from datetime import datetime
from typing import Annotated, Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import Pages, Text
from auditing.api.policy import allow, one, person
from auditing.judging.models import Endpoint
from auditing.judging.selectors import endpoints_visible_to
from auditing.judging.services import remove_endpoint, save_endpoint

router = Router(tags=["endpoints"])
EndpointName = Annotated[Text, Field(max_length=80)]


class EndpointIn(Schema):
    base_url: Text = Field(max_length=300, examples=["https://api.openai.com/v1"])
    api_key: Text | None = Field(
        None,
        max_length=2000,
        description="Left out, the stored key stays; empty, it is removed. Never shown.",
    )
    concurrency: int = Field(32, ge=1, le=1000)
    requests_per_minute: int | None = Field(None, ge=1, le=1_000_000)
    tokens_per_minute: int | None = Field(None, ge=1, le=1_000_000_000)
    timeout_seconds: int = Field(60, ge=1, le=600)
    simulated: bool = False


class EndpointOut(Schema):
    name: str
    base_url: str
    has_key: bool
    concurrency: int
    requests_per_minute: int | None
    tokens_per_minute: int | None
    timeout_seconds: int
    simulated: bool
    updated_at: datetime

    @staticmethod
    def resolve_has_key(endpoint: Endpoint) -> bool:
        return bool(endpoint.encrypted_key)


@router.get("/endpoints", response=list[EndpointOut])
@paginate(Pages)
@allow(Permission.MANAGE_JUDGES)
def list_endpoints(request: HttpRequest) -> QuerySet[Endpoint]:
    """The stored endpoints; the environment's own is called `default` unless one is stored under that name."""
    return endpoints_visible_to(person(request))


@router.put("/endpoints/{name}", response=EndpointOut)
@allow(Permission.MANAGE_JUDGES)
def put_endpoint(request: HttpRequest, name: EndpointName, given: EndpointIn) -> Endpoint:
    """Add an endpoint, or change the one of that name."""
    return save_endpoint(by=person(request), name=name, **given.dict())


@router.delete("/endpoints/{name}", response={204: None})
@allow(Permission.MANAGE_JUDGES)
def delete_endpoint(request: HttpRequest, name: EndpointName) -> Any:
    """Forget an endpoint and its key; runs that need it pause and say so."""
    remove_endpoint(by=person(request), endpoint=one(endpoints_visible_to(person(request)), name=name))
    return Status(204, None)
