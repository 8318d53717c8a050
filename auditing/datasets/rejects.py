"""Rejected rows as a file to mend and deliver again."""

from collections.abc import Iterator

from auditing.datasets.models import Batch

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEADING = ("line", "field", "problem", "row")


def reject_rows(batch: Batch) -> Iterator[tuple[str, ...]]:
    """A heading, then line, field, problem and the whole row of each, harmless to a spreadsheet."""
    yield HEADING
    for row in batch.rejected_rows.order_by("line").iterator(chunk_size=50):
        yield tuple(harmless(text) for text in (str(row.line), row.field, row.message, row.raw))


def harmless(text: str) -> str:
    """A cell that a spreadsheet would take for a formula, marked as text."""
    return f"'{text}" if text.startswith(STARTS_A_FORMULA) else text
