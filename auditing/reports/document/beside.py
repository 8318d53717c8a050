"""What stands beside the estimates for comparison: other ways to the same figure, and slices side by side."""

from typing import Any

from auditing.reports.document import wording
from auditing.reports.document.blocks import Block, Paragraph, Table

KINDS = {"pooled", "rest"}
Estimates = list[dict[str, Any]]
OTHER_WAYS = (
    "For comparison only. Rogan-Gladen corrects the judges' rate by their error rates on the labelled items: right "
    "when they err as often on all items. Where labels are missing, the figure itself lies between the two ends "
    "whatever the missing labels are; the intervals above allow for that."
)
COMPARED = Paragraph(
    "Each slice's own interval is its figure. Pooled figures borrow from the other slices, the more so the fewer "
    "labels a slice has: good for ranking small slices, not for a claim about one. Of the slices said to differ from "
    "the rest, at most one in ten is expected not to (Benjamini-Hochberg over all slices of the measure)."
)


def beside_table(rows: Estimates) -> list[Block]:
    """The figures of the whole batch by other ways; nothing where there are none."""
    lines = [line for row in rows for line in _ways(row, wording.complete(row)["beside"])]
    if not lines:
        return []
    columns = ("Measure", "Way", "Figure", "Interval")
    return [Table("For comparison", columns, tuple(lines), numbers=(2, 3)), Paragraph(OTHER_WAYS)]


def _ways(row: dict[str, Any], beside: dict[str, Any]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    found, missing = beside.get("rogan_gladen"), beside.get("missing")
    if found and "refusal" not in found:
        lines.append((wording.measure(row), "Rogan-Gladen", *_figure_and_interval(row, found)))
    if missing:
        way = f"All {missing['labels']:,} missing labels low, or high ({wording.BASES[row['basis']].lower()})"
        lines.append((wording.measure(row), way, wording.DASH, _figure_and_interval(row, missing)[1]))
    return lines


def _figure_and_interval(row: dict[str, Any], found: dict[str, Any]) -> tuple[str, str]:
    """Written on the scale of the estimate they stand beside."""
    own = found | {"estimand": row["estimand"]}
    return wording.figure(own) if "estimate" in own else wording.DASH, wording.interval(own)


def compared_table(name: str, rows: Estimates) -> list[Block]:
    """The slices of one field, pooled and against the rest; nothing where they could not be compared."""
    lines = [
        _compared(row, beside) for row in rows if (beside := wording.complete(row)["beside"]).keys() & KINDS
    ]
    if not lines:
        return []
    columns = (name, "Basis", "Pooled", "Pooled interval", "Against the rest", "Differs")
    return [Table(f"By {name}: pooled, and against the rest", columns, tuple(lines), numbers=(2, 3, 4))]


def _compared(row: dict[str, Any], beside: dict[str, Any]) -> tuple[str, ...]:
    pooled, rest = beside.get("pooled"), beside.get("rest")
    return (
        wording.cell(row["slice_value"]),
        wording.BASES[row["basis"]],
        *(_figure_and_interval(row, pooled) if pooled else (wording.DASH, wording.DASH)),
        wording.difference(row, rest["difference"]) if rest else wording.DASH,
        wording.DASH if rest is None else _differs(rest),
    )


def _differs(rest: dict[str, Any]) -> str:
    if not rest["differs"]:
        return "not shown"
    return "higher" if rest["difference"] > 0 else "lower"
