"""The charts of a page: those of `auditing.core.charts`, and the confusion matrix, which is a table.

Its cells are tinted, readable, selectable, and each is a link.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from auditing.core.charts import (
    Bar,
    Bin,
    Chart,
    Interval,
    Point,
    bar_chart,
    interval_chart,
    line_chart,
    reliability_chart,
)

__all__ = [
    "Bar",
    "Bin",
    "Cell",
    "Chart",
    "Interval",
    "Matrix",
    "MatrixRow",
    "Point",
    "bar_chart",
    "confusion_matrix",
    "interval_chart",
    "line_chart",
    "reliability_chart",
]


@dataclass(frozen=True)
class Cell:
    count: int
    css: str
    url: str


class MatrixRow(NamedTuple):
    label: str
    cells: tuple[Cell, ...]
    total: int


@dataclass(frozen=True)
class Matrix:
    title: str
    description: str
    row_name: str
    column_name: str
    column_labels: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


def confusion_matrix(
    counts: Sequence[Sequence[int]],
    *,
    labels: Sequence[str],
    row_name: str,
    column_name: str,
    title: str,
    description: str = "",
    url_of: Callable[[str, str], str] | None = None,
) -> Matrix:
    """Counts with the reference in rows, cells tinted by their share of the row; `url_of(row, column)` links them."""
    rows = []
    for i, row in enumerate(counts):
        total = sum(row)
        cells = [
            Cell(count, _tint(count, total, i == j), url_of(labels[i], labels[j]) if url_of else "")
            for j, count in enumerate(row)
        ]
        rows.append(MatrixRow(labels[i], tuple(cells), total))
    return Matrix(title, description, row_name, column_name, tuple(labels), tuple(rows))


def _tint(count: int, total: int, agrees: bool) -> str:
    share = count / total if total else 0.0
    step = sum(share > edge for edge in (0, 0.15, 0.4, 0.7))
    heat = f" heat-{step}" if step else ""
    return f"heat-agree matrix-diagonal{heat}" if agrees else f"heat-differ{heat}"
