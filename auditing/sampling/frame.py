"""The frame: every item of a batch that could be drawn, in an order that no database decides."""

import math
from dataclasses import dataclass, field
from typing import Any

from auditing.core.errors import BadInput
from auditing.datasets.models import Batch, Item

NO_VALUE = "(none)"  # items without a producer or slice value are a stratum of their own, never left out


@dataclass(frozen=True)
class Frame:
    """Parallel columns, sorted by external id (by code point); `sizes` by external id, empty where none are asked."""

    ids: list[str]
    strata: list[str] | None
    keys: dict[str, int]  # external id -> Item.pk
    sizes: dict[str, float] = field(default_factory=dict)


def frame_of(batch: Batch, *, by: str = "", size_by: str = "") -> Frame:
    """The items of a batch with their stratum and their size.

    `by` is "" (no strata), `producer`, or a slice field; `size_by` is "" or a slice or payload field of positive
    numbers. Raises BadInput when an item has no such number: it could never be drawn.
    """
    rows = sorted(_rows(batch, by))
    return Frame(
        ids=[external_id for external_id, _, _ in rows],
        strata=[stratum for _, _, stratum in rows] if by else None,
        keys={external_id: pk for external_id, pk, _ in rows},
        sizes=_sizes(batch, size_by) if size_by else {},
    )


def _rows(batch: Batch, by: str) -> list[tuple[str, int, str]]:
    items = Item.objects.filter(batch=batch)
    if not by:
        return [(external_id, pk, "") for external_id, pk in items.values_list("external_id", "pk")]
    if by == "producer":
        named = items.values_list("external_id", "pk", "producer__name")
        return [(external_id, pk, name or NO_VALUE) for external_id, pk, name in named]
    sliced = items.values_list("external_id", "pk", "slices")
    return [
        (external_id, pk, str(slices.get(by) or NO_VALUE)) for external_id, pk, slices in sliced.iterator()
    ]


def _sizes(batch: Batch, name: str) -> dict[str, float]:
    items = Item.objects.filter(batch=batch).values_list("external_id", "slices", "payload")
    values = [
        (external_id, slices.get(name, payload.get(name)))
        for external_id, slices, payload in items.iterator(chunk_size=10_000)
    ]
    return {external_id: _size(external_id, name, value) for external_id, value in values}


def _size(external_id: str, name: str, value: Any) -> float:
    try:
        size = float(value)
    except (TypeError, ValueError):
        size = math.nan
    if not (math.isfinite(size) and size > 0):
        raise BadInput(
            f"item {external_id} has no number above 0 in {name!r} ({value!r}), so it could never be drawn",
            field="sampling.by",
        )
    return size
