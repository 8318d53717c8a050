"""From reports to the rows of a table."""

from collections.abc import Iterable
from dataclasses import dataclass

from auditing.reports.document.blocks import KeyFigure
from auditing.reports.document.quality import headline, key_figures
from auditing.reports.models import Report
from auditing.reports.services import is_outdated


@dataclass(frozen=True)
class ReportRow:
    """What was decided when the report was made, and the figure it rests on."""

    report: Report
    outcome: str
    figure: KeyFigure | None
    outdated: bool


def rows_of(reports: Iterable[Report]) -> list[ReportRow]:
    return [_row(report) for report in reports]


def _row(report: Report) -> ReportRow:
    decision = report.snapshot["decision"]
    figure = key_figures(report.snapshot)[0] if headline(report.snapshot)["estimate"] is not None else None
    return ReportRow(report, decision["outcome"] if decision else "", figure, is_outdated(report))
