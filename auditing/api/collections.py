"""Collections, and who reaches them."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.api.fields import Label, Name, Pages, Text
from auditing.api.policy import allow, one, person
from auditing.datasets.models import Collection, Producer
from auditing.datasets.selectors import collections_visible_to
from auditing.datasets.services import create_collection, edit_collection, grant_access, withdraw_access

router = Router(tags=["collections"])


class CollectionIn(Schema):
    name: Name = Field(examples=["Question answering"])
    description: Text = Field("", examples=["Answers to trivia questions, a batch a week."])


class CollectionOut(Schema):
    slug: str
    name: str
    description: str
    simulated: bool


class AccessIn(Schema):
    username: Label = Field(examples=["auditor-a"])
    producer: Label | None = Field(None, description="For a vendor: whose batches she delivers and sees.")


@router.get("/collections", response=list[CollectionOut])
@paginate(Pages)
@allow(Permission.SEE_COLLECTION)
def list_collections(request: HttpRequest) -> QuerySet[Collection]:
    """The collections you reach."""
    return collections_visible_to(person(request))


@router.post("/collections", response={201: CollectionOut})
@allow(Permission.MANAGE_COLLECTIONS)
def add_collection(request: HttpRequest, given: CollectionIn) -> Any:
    """A new collection, which you reach."""
    return Status(201, create_collection(by=person(request), **given.dict()))


@router.get("/collections/{slug}", response=CollectionOut)
@allow(Permission.SEE_COLLECTION)
def get_collection(request: HttpRequest, slug: Name) -> Collection:
    """One collection, by the name in its address."""
    return reached(request, slug)


@router.put("/collections/{slug}", response=CollectionOut)
@allow(Permission.MANAGE_COLLECTIONS)
def change_collection(request: HttpRequest, slug: Name, given: CollectionIn) -> Collection:
    """Rename or describe it; its address stays."""
    collection = reached(request, slug, Permission.MANAGE_COLLECTIONS)
    return edit_collection(by=person(request), collection=collection, **given.dict())


@router.post("/collections/{slug}/access", response={204: None})
@allow(Permission.MANAGE_COLLECTIONS)
def give_access(request: HttpRequest, slug: Name, given: AccessIn) -> Any:
    """Let somebody reach the collection; a vendor through the producer she delivers for."""
    collection = reached(request, slug, Permission.MANAGE_COLLECTIONS)
    user = one(User.objects.all(), username=given.username)
    producers = Producer.objects.filter(collection=collection)
    producer = one(producers, name=given.producer) if given.producer else None
    grant_access(by=person(request), collection=collection, user=user, producer=producer)
    return Status(204, None)


@router.delete("/collections/{slug}/access/{username}", response={204: None})
@allow(Permission.MANAGE_COLLECTIONS)
def take_access(request: HttpRequest, slug: Name, username: Label) -> Any:
    """Let somebody no longer reach the collection."""
    collection = reached(request, slug, Permission.MANAGE_COLLECTIONS)
    user = one(User.objects.filter(access__collection=collection), username=username)
    withdraw_access(by=person(request), collection=collection, user=user)
    return Status(204, None)


def reached(
    request: HttpRequest, slug: str, permission: Permission = Permission.SEE_COLLECTION
) -> Collection:
    return one(collections_visible_to(person(request), permission), slug=slug)
