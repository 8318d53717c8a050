"""Delivered batches."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status

from auditing.accounts.roles import Permission
from auditing.api.fields import Id, Name, Pages
from auditing.api.policy import allow, one, person
from auditing.datasets.models import Batch, RejectedRow
from auditing.datasets.selectors import batches_visible_to, collections_visible_to, rejected_rows_visible_to
from auditing.datasets.services import delete_batch, restore_batch

router = Router(tags=["batches"])


class BatchOut(Schema):
    id: int
    name: str
    collection: str
    producer: str | None
    received_at: datetime
    file_name: str
    item_count: int
    slice_fields: list[str]

    @staticmethod
    def resolve_collection(batch: Batch) -> str:
        return batch.collection.slug

    @staticmethod
    def resolve_producer(batch: Batch, context: dict[str, Any]) -> str | None:
        """An auditor is not told who made what she reviews."""
        user = person(context["request"])
        knows = user.may(Permission.SEE_ITEMS) or user.may(Permission.DELIVER)
        return batch.producer.name if knows and batch.producer else None


class RejectOut(Schema):
    line: int
    field: str
    message: str
    raw: str


@router.get("/batches", response=list[BatchOut])
@paginate(Pages)
@allow(Permission.SEE_COLLECTION)
def list_batches(request: HttpRequest, collection: Name | None = None) -> QuerySet[Batch]:
    """The batches you reach, newest first; of one collection, if you say which."""
    batches = batches_visible_to(person(request))
    return batches.filter(collection__slug=collection) if collection else batches


@router.get("/batches/{pk}", response=BatchOut)
@allow(Permission.SEE_COLLECTION)
def get_batch(request: HttpRequest, pk: Id) -> Batch:
    """One batch."""
    return visible_batch(request, pk)


@router.delete("/batches/{pk}", response={204: None})
@allow(Permission.MANAGE_COLLECTIONS)
def remove_batch(request: HttpRequest, pk: Id) -> Any:
    """Put a batch out of sight; nothing is lost, and it can be restored."""
    delete_batch(by=person(request), batch=visible_batch(request, pk, Permission.MANAGE_COLLECTIONS))
    return Status(204, None)


@router.post("/batches/{pk}/restore", response=BatchOut)
@allow(Permission.MANAGE_COLLECTIONS)
def bring_back_batch(request: HttpRequest, pk: Id) -> Batch:
    """Undo a deletion."""
    user = person(request)
    reached = collections_visible_to(user, Permission.MANAGE_COLLECTIONS)
    return restore_batch(by=user, batch=one(Batch.objects.filter(collection__in=reached), pk=pk))


@router.get("/batches/{pk}/rejects", response=list[RejectOut])
@paginate(Pages)
@allow(Permission.DELIVER)
def list_rejects(request: HttpRequest, pk: Id) -> QuerySet[RejectedRow]:
    """The delivered rows that could not be taken, whole, each with what is wrong."""
    batch = visible_batch(request, pk, Permission.DELIVER)
    return rejected_rows_visible_to(person(request)).filter(batch=batch)


def visible_batch(request: HttpRequest, pk: int, permission: Permission = Permission.SEE_COLLECTION) -> Batch:
    return one(batches_visible_to(person(request), permission), pk=pk)
