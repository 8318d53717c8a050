"""What can be done with collections and batches."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.core.boundary import UNSTORABLE
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.arrivals import on_arrival
from auditing.datasets.importing import ImportProgress, ImportResult, import_items
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Batch, Collection, CollectionAccess, Mapping, Producer
from auditing.datasets.policies import require
from auditing.journal.services import record

__all__ = [
    "ImportProgress",
    "ImportResult",
    "create_collection",
    "delete_batch",
    "edit_collection",
    "grant_access",
    "import_items",
    "on_arrival",
    "restore_batch",
    "save_mapping",
    "withdraw_access",
]


@transaction.atomic
def create_collection(
    *, by: User | None, name: str, description: str = "", simulated: bool = False
) -> Collection:
    """A new collection, which its creator reaches. Raises BadInput, Conflict, Forbidden."""
    if by is not None and not by.may(Permission.MANAGE_COLLECTIONS):
        raise Forbidden(f"{by} may not {Permission.MANAGE_COLLECTIONS}.")
    name = _plain_name(name, "name")
    if Collection.objects.filter(name=name).exists():
        raise Conflict(f"There is a collection named {name} already.")
    collection = Collection.objects.create(
        name=name, slug=_free_slug(name), description=description, simulated=simulated
    )
    if by is not None:
        CollectionAccess.objects.create(collection=collection, user=by)
    record(by=by, verb="created", subject=collection, collection_id=collection.pk)
    return collection


@transaction.atomic
def edit_collection(*, by: User | None, collection: Collection, name: str, description: str) -> Collection:
    """Rename or describe a collection; its address stays as it is."""
    require(by, Permission.MANAGE_COLLECTIONS, collection)
    collection.name, collection.description = _plain_name(name, "name"), description
    if Collection.objects.filter(name=collection.name).exclude(pk=collection.pk).exists():
        raise Conflict(f"There is a collection named {collection.name} already.")
    collection.save()
    record(by=by, verb="edited", subject=collection, collection_id=collection.pk)
    return collection


def _plain_name(name: str, field: str) -> str:
    name = name.strip()
    if not name or len(name) > 120 or UNSTORABLE.search(name):
        raise BadInput("a name has 1 to 120 characters", field=field)
    return name


def _free_slug(name: str) -> str:
    """An address made of the name; numbered when another name gave the same."""
    base = slugify(name)[:120] or "collection"
    taken = set(Collection.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken.add("new")  # the address of the page that makes collections
    candidates = [base, *(f"{base}-{number}" for number in range(2, len(taken) + 3))]
    return next(slug for slug in candidates if slug not in taken)


@transaction.atomic
def grant_access(
    *, by: User | None, collection: Collection, user: User, producer: Producer | None = None
) -> CollectionAccess:
    """Let a person reach a collection; a vendor through the producer she delivers for."""
    require(by, Permission.MANAGE_COLLECTIONS, collection)
    if (user.role == Role.VENDOR) != (producer is not None):
        raise BadInput("a vendor, and nobody else, reaches a collection through a producer", field="producer")
    if producer is not None and producer.collection_id != collection.pk:
        raise BadInput("that producer is of another collection", field="producer")
    access, _ = CollectionAccess.objects.update_or_create(
        collection=collection, user=user, defaults={"producer": producer}
    )
    details = {"user": str(user), "producer": str(producer or "")}
    record(by=by, verb="granted access", subject=collection, collection_id=collection.pk, details=details)
    return access


@transaction.atomic
def withdraw_access(*, by: User | None, collection: Collection, user: User) -> None:
    require(by, Permission.MANAGE_COLLECTIONS, collection)
    CollectionAccess.objects.filter(collection=collection, user=user).delete()
    details = {"user": str(user)}
    record(by=by, verb="withdrew access", subject=collection, collection_id=collection.pk, details=details)


def _producer_of_vendor(by: User | None, collection: Collection) -> Producer | None:
    """For which producer she delivers there; None for who is no vendor, or delivers for none."""
    if by is None or by.role != Role.VENDOR:
        return None
    access = (
        CollectionAccess.objects.filter(collection=collection, user=by).select_related("producer").first()
    )
    return access.producer if access else None


@transaction.atomic
def save_mapping(*, by: User | None, collection: Collection, name: str, spec: MappingSpec) -> Mapping:
    """Keep a mapping under a name for the next deliveries; one of that name is replaced, on record.

    A lead's is for everybody's; a vendor's for those of her own producer, and offered to nobody else.
    """
    producer = _producer_of_vendor(by, collection)
    require(by, Permission.DELIVER if producer else Permission.MANAGE_COLLECTIONS, collection)
    name = _plain_name(name, "mapping name")
    kept = Mapping.objects.filter(collection=collection, producer=producer)
    before = kept.select_for_update().filter(name=name).first()
    mapping, _ = kept.update_or_create(
        name=name,
        defaults={"spec": spec.to_dict()},
        create_defaults={"collection": collection, "producer": producer, "spec": spec.to_dict()},
    )
    details = {"replaced": before.spec} if before and before.spec != mapping.spec else {}
    record(by=by, verb="saved", subject=mapping, collection_id=collection.pk, details=details)
    return mapping


def _deleted_mark(batch: Batch) -> str:
    """What a deleted batch's name ends in, so that the name itself is free for another."""
    return f" (deleted {batch.pk})"


@transaction.atomic
def delete_batch(*, by: User | None, batch: Batch) -> None:
    """Put a batch out of sight; nothing is lost, `restore_batch` brings it back. Raises Conflict, Forbidden."""
    require(by, Permission.MANAGE_COLLECTIONS, batch.collection)
    name = batch.name
    deleted = Batch.objects.filter(pk=batch.pk, deleted_at=None).update(
        name=name + _deleted_mark(batch), deleted_at=timezone.now()
    )
    if not deleted:
        raise Conflict(f"{batch} is deleted already.")
    details = {"name": name, "items": batch.item_count}
    record(by=by, verb="deleted", subject=batch, collection_id=batch.collection_id, details=details)


@transaction.atomic
def restore_batch(*, by: User | None, batch: Batch) -> Batch:
    """Undo a deletion. Raises Conflict when the name has been given away since."""
    require(by, Permission.MANAGE_COLLECTIONS, batch.collection)
    if batch.deleted_at is None:
        raise Conflict(f"{batch} is not deleted.")
    name = batch.name.removesuffix(_deleted_mark(batch))
    if Batch.objects.filter(collection=batch.collection, name=name).exists():
        raise Conflict(f"Another batch is named {name} by now; rename or delete that one first.")
    batch.name, batch.deleted_at = name, None
    batch.save(update_fields=["name", "deleted_at"])
    record(by=by, verb="restored", subject=batch, collection_id=batch.collection_id)
    return batch
