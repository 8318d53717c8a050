"""XLSX: numbers as numbers, texts as texts (never formulas or links), and a fixed date of making."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.workbook import Workbook

from auditing.reports.document import wording
from auditing.reports.document.assembly import document_of
from auditing.reports.document.blocks import Document, Facts, Table
from auditing.reports.exporters.csv import COLUMNS, estimate_rows
from auditing.reports.view import View

Row = Sequence[Any]
OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
LONGEST_TEXT = 32_000  # a cell holds 32,767 characters
NUMBERS = ("accuracy", "kappa", "kappa_weighted", "ac1", "alpha")
ITEM_COLUMNS = ("item", "producer", "stratum", "probability", "criterion", "rater", "value", "source")


def write(view: View) -> bytes:
    out = io.BytesIO()
    snapshot, document = wording.printable(view.snapshot), document_of(view)
    with xlsxwriter.Workbook(out, OPTIONS) as book:
        book.set_properties(
            {
                "title": document.title,
                "subject": document.subtitle,
                "created": view.made_at.replace(tzinfo=None),
            }
        )
        _sheet(book, "Summary", ("", ""), _summary(document), widths=(30, 90))
        _sheet(book, "Estimates", COLUMNS, _estimates(view))
        if "meta_audit" in snapshot:
            _sheet(book, "Meta-audit", _meta_audit_columns(), _meta_audit(snapshot["meta_audit"]))
        if "items" in snapshot:
            _sheet(book, "Items", ITEM_COLUMNS, _items(snapshot["items"]))
        _sheet(book, "Method", ("", ""), _method(document), widths=(30, 90))
    return out.getvalue()


def _sheet(
    book: Workbook, name: str, heading: Row, rows: Iterable[Row], *, widths: Sequence[int] = ()
) -> None:
    """A sheet with a heading that stays in sight and filters, unless the heading is blank."""
    sheet = book.add_worksheet(name)
    bold = book.add_format({"bold": True, "bottom": 1})
    last = 0
    sheet.write_row(0, 0, heading, bold)
    for last, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write(sheet, last, column, value)
    if any(heading):
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(heading) - 1)
    for column in range(len(heading)):
        sheet.set_column(column, column, widths[column] if widths else 18)


def _write(sheet: Any, row: int, column: int, value: Any) -> None:
    if isinstance(value, str):
        sheet.write_string(row, column, value[:LONGEST_TEXT])
    elif value is not None:
        sheet.write_number(row, column, value)


def _summary(document: Document) -> list[Row]:
    return [
        ("Report", document.subtitle),
        ("Batch", document.title),
        *(("Note", text) for text in document.notices),
        *document.facts,
        ("Decision", document.banner.headline),
        ("Why", document.banner.text),
        *((one.label, f"{one.value} {one.interval} ({one.hint})") for one in document.key_figures),
        ("Checksum (SHA-256)", document.checksum),
    ]


def _estimates(view: View) -> list[Row]:
    return [[row[name] for name in COLUMNS] for row in estimate_rows(view)]


def _meta_audit_columns() -> Row:
    bounds = [column for name in NUMBERS for column in (name, f"{name}_low", f"{name}_high")]
    return ("criterion", "rater", "rater_kind", "reference", "n", "unscored", *bounds, "note")


def _meta_audit(rows: list[dict[str, Any]]) -> list[Row]:
    return [
        [
            *(row[name] for name in ("criterion", "rater", "rater_kind", "reference", "n", "unscored")),
            *(value for name in NUMBERS for value in (row[name], *(row[f"{name}_interval"] or (None, None)))),
            row["note"],
        ]
        for row in rows
    ]


def _items(items: list[dict[str, Any]]) -> list[Row]:
    """One row for each thing said of an item: first the reference label, then every rater's opinion."""
    rows: list[Row] = []
    for item in items:
        about = (item["id"], item["producer"], item["stratum"], item["probability"])
        for key, label in item["labels"].items():
            rows.append((*about, key, "reference label", label["value"], label["source"]))
        for rater, answers in item["opinions"].items():
            rows += [(*about, key, rater, value, "") for key, value in answers.items()]
    return rows


def _method(document: Document) -> list[Row]:
    """The appendix of the document, line by line."""
    rows: list[Row] = []
    for block in document.sections[-1].blocks:
        if isinstance(block, Facts):
            rows += block.pairs
        elif isinstance(block, Table):
            rows += [(), (block.title, " | ".join(block.columns))]
            rows += [(row[0], " | ".join(row[1:])) for row in block.rows] + [()]
    return rows
