"""The items of a batch, for those who do not review it blind."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from pydantic import Field

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.api.batches import visible_batch
from auditing.api.fields import Id, Pages
from auditing.api.policy import allow, one, person
from auditing.datasets.models import Item
from auditing.datasets.selectors import items_visible_to
from auditing.reviews.visibility import batches_with_part

router = Router(tags=["items"])


class ItemOut(Schema):
    id: int
    external_id: str = Field(examples=["nq-0017"])
    position: int
    payload: dict[str, Any] = Field(description="Untrusted: what is shown and judged, as it was delivered.")
    producer: str | None = Field(description="Empty while you review the batch blind, or may be asked to.")
    produced_at: datetime | None
    slices: dict[str, str]
    cluster: str

    @staticmethod
    def resolve_producer(item: Any) -> str | None:
        return None if item.producer is None or item.is_blind else item.producer.name


def _items(user: User) -> QuerySet[Item]:
    """What she may see, each with whether who made it is hidden from her (`is_blind`)."""
    with_part = batches_with_part(user).filter(pk=OuterRef("batch"))
    return items_visible_to(user).annotate(is_blind=Exists(with_part))


@router.get("/batches/{pk}/items", response=list[ItemOut])
@paginate(Pages)
@allow(Permission.SEE_ITEMS)
def list_items(request: HttpRequest, pk: Id) -> QuerySet[Item]:
    """A batch's items in the order of delivery."""
    batch = visible_batch(request, pk, Permission.SEE_ITEMS)
    return _items(person(request)).filter(batch=batch)


@router.get("/items/{pk}", response=ItemOut)
@allow(Permission.SEE_ITEMS)
def get_item(request: HttpRequest, pk: Id) -> Item:
    """One item."""
    return one(_items(person(request)), pk=pk)
