"""A report as a file. The same report and reader always give the same bytes."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.text import slugify

from auditing.accounts.models import User
from auditing.core.errors import BadInput
from auditing.reports.exporters import csv, html, json, pdf, xlsx
from auditing.reports.models import Report
from auditing.reports.view import View, view_of


@dataclass(frozen=True)
class Format:
    name: str
    label: str
    content_type: str
    write: Callable[[View], bytes]


FORMATS = {
    one.name: one
    for one in (
        Format("pdf", "PDF", "application/pdf", pdf.write),
        Format("html", "HTML, one file", "text/html; charset=utf-8", html.write),
        Format(
            "xlsx",
            "Excel workbook",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            xlsx.write,
        ),
        Format("csv", "CSV of the estimates", "text/csv; charset=utf-8", csv.write),
        Format("json", "JSON, everything", "application/json", json.write),
    )
}


def export(report: Report, format: str, *, reader: User | None = None) -> bytes:
    """The report as `reader` may see it; `None` is the system itself. Raises BadInput for an unknown format."""
    if format not in FORMATS:
        raise BadInput(f"there is no format {format!r}; there is {', '.join(FORMATS)}", field="format")
    return FORMATS[format].write(view_of(report, reader))


def file_name(report: Report, format: str) -> str:
    """A name for the file: of the batch, the audit and the report."""
    batch = slugify(report.audit.batch.name) or f"batch-{report.audit.batch_id}"
    return f"{batch}-audit-{report.audit.number}-report-{report.number}.{format}"
