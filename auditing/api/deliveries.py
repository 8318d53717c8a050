"""Delivering a file: it is kept, checked and imported by a worker, all or nothing."""

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import FileEx, Form, Router, Schema, UploadedFile
from ninja.pagination import paginate
from ninja.responses import Status
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.collections import reached
from auditing.api.fields import Id, Label, Name, Pages, text_of
from auditing.api.policy import allow, one, person
from auditing.api.problems import Complaint
from auditing.datasets.deliveries import receive, start_import
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Delivery
from auditing.datasets.selectors import deliveries_visible_to
from auditing.datasets.tasks import wake_worker

router = Router(tags=["deliveries"])


class DeliveryOut(Schema):
    id: int
    collection: str
    file_name: str
    state: str = Field(examples=["imported"], description="uploaded, queued, importing, imported or failed")
    rows_done: int
    fraction_done: float
    batch: int | None = Field(None, description="The batch it has become.")
    error: str = Field(description="Why it failed: file, line and field.")
    problems: list[Complaint]

    @staticmethod
    def resolve_collection(delivery: Delivery) -> str:
        return delivery.collection.slug

    @staticmethod
    def resolve_batch(delivery: Delivery) -> int | None:
        return delivery.batch_id

    @staticmethod
    def resolve_problems(delivery: Delivery) -> list[dict[str, Any]]:
        return [{"line": line, "field": field, "message": said} for line, field, said in delivery.problems]


class DeliveryIn(Schema):
    batch_name: Label = Field("", examples=["week-10"], description="The file's name unless given.")
    producer: Label = Field("", description="Who made the rows that name no producer.")
    skip_bad: bool = Field(False, description="Import the good rows and keep the bad ones as rejects.")


@router.post("/collections/{slug}/deliveries", response={202: DeliveryOut})
@allow(Permission.DELIVER)
def deliver(
    request: HttpRequest,
    slug: Name,
    given: Form[DeliveryIn],
    file: Annotated[UploadedFile, FileEx(description="Items: .jsonl, .csv or .parquet, each may be .gz.")],
    mapping: Annotated[UploadedFile | None, FileEx(description="Which field is what, as YAML.")] = None,
) -> Any:
    """Hand in a file of items; follow the delivery until it is imported or failed.

    The same file with the same mapping is the same batch.
    """
    collection = reached(request, slug, Permission.DELIVER)
    spec = mapping_of(mapping)
    delivery = receive(
        by=person(request), collection=collection, file_name=file.name or "", chunks=file.chunks()
    )
    start_import(
        by=person(request),
        delivery=delivery,
        mapping=spec,
        batch_name=given.batch_name,
        producer_name=given.producer,
        skip_bad=given.skip_bad,
        wake=wake_worker,
    )
    return Status(202, visible_delivery(request, delivery.pk))


def mapping_of(file: UploadedFile | None) -> MappingSpec:
    if file is None:
        return MappingSpec.contract()
    text, name = text_of(file)
    return MappingSpec.from_yaml(text, file=name)


@router.get("/deliveries", response=list[DeliveryOut])
@paginate(Pages)
@allow(Permission.DELIVER)
def list_deliveries(request: HttpRequest) -> Any:
    """Deliveries you may see, newest first."""
    return deliveries_visible_to(person(request)).select_related("collection")


@router.get("/deliveries/{pk}", response=DeliveryOut)
@allow(Permission.DELIVER)
def get_delivery(request: HttpRequest, pk: Id) -> Delivery:
    """How far a delivery is; of a failed one, what is wrong with which line and field."""
    return visible_delivery(request, pk)


def visible_delivery(request: HttpRequest, pk: int) -> Delivery:
    return one(deliveries_visible_to(person(request)).select_related("collection"), pk=pk)
