"""What the pages of collections, batches and items show, gathered from the rooms."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.selectors import audits_visible_to
from auditing.datasets.models import Batch, Collection, Item
from auditing.datasets.policies import may
from auditing.datasets.selectors import batches_visible_to
from auditing.datasets.slices import SliceValue, slice_counts
from auditing.ratings.models import Rating
from auditing.web.datasets.forms import SEPARATOR

MOST_VALUES = 12
MOST_CHOICES = 200  # values of a slice that can be filtered by
BEGINNING = 120  # characters


@dataclass(frozen=True)
class Share:
    """One value of a producer or slice: how many items have it, and the URL's filter for them."""

    value: str
    count: int
    query: str


@dataclass(frozen=True)
class Distribution:
    name: str
    shares: list[Share]
    others: int  # items with none of the values shown


@dataclass(frozen=True)
class RaterLine:
    name: str
    kind: str
    criterion: str
    count: int
    unusable: int


@dataclass(frozen=True)
class ItemLine:
    """One row of the items table; `slices` in the order of the batch's slice fields."""

    item: Item
    slices: list[str]
    begins: str


def permissions(user: User, collection: Collection) -> dict[str, bool]:
    """What this person may do here, by the names that the templates use."""
    return {
        "may_edit": may(user, Permission.MANAGE_COLLECTIONS, collection),
        "may_deliver": may(user, Permission.DELIVER, collection),
        "may_see_items": may(user, Permission.SEE_ITEMS, collection),
        "may_see_audits": may(user, Permission.SEE_AUDITS, collection),
        "may_see_verdicts": may(user, Permission.SEE_VERDICTS, collection),
        "may_import_ratings": may(user, Permission.IMPORT_RATINGS, collection),
        "may_open_audits": may(user, Permission.RUN_AUDITS, collection),
        "may_define": may(user, Permission.DEFINE, collection),
        "may_schedule": may(user, Permission.SCHEDULE, collection),
    }


def collection_rows(user: User, collections: QuerySet[Collection]) -> QuerySet[Collection]:
    """Each with the batches and items that this person sees, and when the last came."""
    return collections.filter(pk__in=collections.values("pk")).annotate(
        batch_count=_of_visible_batches(user, Count("pk")),
        last_received=_of_visible_batches(user, Max("received_at")),
    )


def _of_visible_batches(user: User, aggregate: Any) -> Any:
    visible = batches_visible_to(user).filter(collection=OuterRef("pk")).select_related(None).order_by()
    return Subquery(visible.values("collection").annotate(figure=aggregate).values("figure"))


def distributions(batch: Batch, *, with_producers: bool) -> list[Distribution]:
    """How the items spread over producers and over each slice."""
    by_producer = batch.items.exclude(producer=None).values("producer_id", "producer__name")
    producers = [
        Share(row["producer__name"], row["count"], f"producer={row['producer_id']}")
        for row in by_producer.annotate(count=Count("pk")).order_by("-count", "producer__name")
    ]
    slices = {
        name: [Share(value, count, _query_of(name, value)) for value, count in values]
        for name, values in slice_counts(batch, MOST_CHOICES).items()
    }
    return [
        _distribution(batch, name, shares)
        for name, shares in {"producer": producers, **slices}.items()
        if shares and (with_producers or name != "producer")
    ]


def _distribution(batch: Batch, name: str, shares: list[Share]) -> Distribution:
    shown = shares[:MOST_VALUES]
    return Distribution(name, shown, batch.item_count - sum(share.count for share in shown))


def _query_of(name: str, value: str) -> str:
    return urlencode({"slice": f"{name}{SEPARATOR}{value}"})


def filtered_items(items: QuerySet[Item], *, producer: str, slice_choice: str, search: str) -> QuerySet[Item]:
    if producer:
        items = items.filter(producer_id=producer)
    if slice_choice:
        name, _, value = slice_choice.partition(SEPARATOR)
        items = items.annotate(slice_value=SliceValue(name)).filter(slice_value=value)
    return items.filter(external_id__icontains=search) if search else items


def item_lines(batch: Batch, items: Iterable[Item]) -> list[ItemLine]:
    return [
        ItemLine(item, [item.slices.get(name, "–") for name in batch.slice_fields], beginning(item.payload))
        for item in items
    ]


def beginning(payload: dict[str, Any]) -> str:
    """The first words of what tells an item from the others: its output, else its input, else anything."""
    words = [word for word in ("output", "input", "messages", "candidates") if payload.get(word)]
    value = payload[words[0]] if words else ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[: 2 * BEGINNING]
    return " ".join(text[: 2 * BEGINNING].split())[:BEGINNING]


def rater_lines(batch: Batch) -> list[RaterLine]:
    """Imported opinions, counted by rater and criterion."""
    rows = Rating.objects.filter(item__batch=batch).values("rater__name", "rater__kind", "criterion")
    unusable = Rating.objects.filter(item__batch=batch, value="").values_list("rater__name", "criterion")
    blanks = {tuple(row[:2]): row[2] for row in unusable.annotate(count=Count("pk"))}
    return [
        RaterLine(
            row["rater__name"],
            row["rater__kind"],
            row["criterion"],
            row["count"],
            blanks.get((row["rater__name"], row["criterion"]), 0),
        )
        for row in rows.annotate(count=Count("pk")).order_by("criterion", "rater__kind", "rater__name")
    ]


def audits_of(user: User, batch: Batch) -> Any:
    return audits_visible_to(user).filter(batch=batch).select_related("sop_version__sop", "decision")
