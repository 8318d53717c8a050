"""The frame: every item of a batch that could be drawn, in an order that no database decides."""

from dataclasses import dataclass

from auditing.datasets.models import Batch, Item

NO_VALUE = "(none)"  # items without a producer or slice value are a stratum of their own, never left out


@dataclass(frozen=True)
class Frame:
    """Parallel columns, sorted by external id (by code point)."""

    ids: list[str]
    strata: list[str] | None
    keys: dict[str, int]  # external id -> Item.pk


def frame_of(batch: Batch, *, by: str = "") -> Frame:
    """The items of a batch with their stratum: `by` is "" (no strata), `producer`, or a slice field."""
    rows = sorted(_rows(batch, by))
    return Frame(
        ids=[external_id for external_id, _, _ in rows],
        strata=[stratum for _, _, stratum in rows] if by else None,
        keys={external_id: pk for external_id, pk, _ in rows},
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
