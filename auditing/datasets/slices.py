"""The slices of a batch's items, by names that the delivered file chose."""

from typing import Any

from django.db import connection
from django.db.models import Func, TextField, Value

from auditing.datasets.models import Batch

MOST_SLICE_FIELDS = 50


class SliceValue(Func):
    """An item's value of one slice, as text; null where it has none.

    Django's own look-ups take a name such as `2024` for a place in a list, and `a__b` for two steps.
    """

    template = "(%(expressions)s)"
    arg_joiner = " ->> "
    output_field = TextField()

    def __init__(self, name: str) -> None:
        super().__init__("slices", Value(name, output_field=TextField()))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        """SQLite's own arrow takes `2024` for a place in a list too."""
        sought = "(SELECT pair.value FROM json_each(%(expressions)s)"
        return self.as_sql(
            compiler, connection, template=sought, arg_joiner=") AS pair WHERE pair.key = ", **context
        )


def slice_counts(batch: Batch, most: int) -> dict[str, list[tuple[str, int]]]:
    """Slice -> its `most` commonest values and how many items have each, in one pass over the batch."""
    pairs = {"postgresql": "jsonb_each_text(slices)", "sqlite": "json_each(slices)"}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED.format(pairs=pairs), [batch.pk, most])
        rows = cursor.fetchall()
    counts: dict[str, list[tuple[str, int]]] = {name: [] for name in batch.slice_fields}
    for name, value, count in rows:
        counts.setdefault(name, []).append((value, count))
    return counts


_COUNTED = """
    SELECT name, value, items FROM (
        SELECT pair.key AS name, pair.value AS value, count(*) AS items,
            row_number() OVER (PARTITION BY pair.key ORDER BY count(*) DESC, pair.value) AS place
        FROM datasets_item, {pairs} AS pair
        WHERE batch_id = %s AND pair.value IS NOT NULL
        GROUP BY pair.key, pair.value
    ) AS counted
    WHERE place <= %s ORDER BY name, place
"""
