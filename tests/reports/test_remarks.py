"""What a report remarks on its estimators: each remark once, with those it is about."""

from auditing.reports.document.blocks import Table
from auditing.reports.document.method import _methods


def row(method: str, note: str, estimate: float | None = 0.5) -> dict[str, object]:
    return {"method": method, "note": note, "estimate": estimate}


def test_a_remark_that_several_estimators_share_stands_once() -> None:
    shared = "the draw was known"
    rows = [row("Wilson", shared), row("PPI++", f"{shared}; judges were corrected"), row("census", "")]
    (table,) = _methods({"estimates": [*rows, row("Wilson", shared), row("refused", "too few", None)]})[:1]
    assert isinstance(table, Table)
    assert table.rows == (
        ("PPI++", "judges were corrected"),
        ("PPI++, Wilson", shared),
        ("census", "–"),
    )
