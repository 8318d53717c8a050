"""Collections, batches and items, as far as somebody may see them."""

from django.db.models import F, Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.core.errors import Missing
from auditing.datasets.models import Batch, Collection, Delivery, Item, Mapping, RejectedRow


def collections_visible_to(
    user: User, permission: Permission = Permission.SEE_COLLECTION
) -> QuerySet[Collection]:
    """The collections a person reaches and in which her role grants `permission`."""
    if not user.may(permission):
        return Collection.objects.none()
    if user.is_admin:
        return Collection.objects.all()
    return Collection.objects.filter(access__user=user)


def batches_visible_to(user: User, permission: Permission = Permission.SEE_COLLECTION) -> QuerySet[Batch]:
    """Batches of her collections that are not deleted; a vendor's own batches only."""
    batches = Batch.objects.filter(deleted_at=None, collection__in=collections_visible_to(user, permission))
    if user.role == Role.VENDOR:
        batches = batches.filter(
            Q(producer__isnull=False),
            collection__access__user=user,
            collection__access__producer=F("producer"),
        )
    return batches.select_related("collection", "producer")


def items_visible_to(user: User, permission: Permission = Permission.SEE_ITEMS) -> QuerySet[Item]:
    return Item.objects.filter(batch__in=batches_visible_to(user, permission)).select_related(
        "batch__collection", "producer"
    )


def deliveries_visible_to(user: User) -> QuerySet[Delivery]:
    """A vendor sees her own uploads; others those of their collections."""
    deliveries = Delivery.objects.filter(collection__in=collections_visible_to(user, Permission.DELIVER))
    return deliveries.filter(by=user) if user.role == Role.VENDOR else deliveries


def mappings_visible_to(user: User, collection: Collection) -> QuerySet[Mapping]:
    """Saved mappings, the newest first: a vendor sees her own producer's, others those of everybody."""
    reached = collections_visible_to(user)
    mappings = Mapping.objects.filter(collection=collection, collection__in=reached).select_related(
        "producer"
    )
    if user.role == Role.VENDOR:
        return mappings.filter(producer__isnull=False, producer__access__user=user)
    return mappings


def rejected_rows_visible_to(user: User) -> QuerySet[RejectedRow]:
    return RejectedRow.objects.filter(batch__in=batches_visible_to(user, Permission.DELIVER))


def batch_named(name: str, *, user: User | None = None) -> Batch:
    """A batch by its name, or by COLLECTION/BATCH when several collections have one of that name.

    `user=None` is the command line, which reaches everything. Raises Missing.
    """
    batches = Batch.objects.filter(deleted_at=None) if user is None else batches_visible_to(user)
    found = list(batches.filter(name=name)[:2])
    if not found and "/" in name:
        collection, _, batch = name.partition("/")
        found = list(
            batches.filter(Q(collection__name=collection) | Q(collection__slug=collection), name=batch)[:2]
        )
    if not found:
        raise Missing(f"There is no batch named {name!r}.")
    if len(found) > 1:
        raise Missing(f"Several collections have a batch named {name!r}: name it COLLECTION/BATCH.")
    return found[0]
