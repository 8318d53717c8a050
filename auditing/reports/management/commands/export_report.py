"""`export_report AUDIT --format pdf --output FILE`: the report of an audit, as a file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.reports.exporters import FORMATS, export
from auditing.reports.services import current_report


class Command(DoorCommand):
    help = "Write an audit's report to a file; it is made first where there is none, or where more is known since."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("audit", type=int, metavar="AUDIT", help="the audit's id")
        parser.add_argument("--format", choices=list(FORMATS), default="html")
        parser.add_argument("--output", type=Path, required=True, metavar="FILE")

    def handle(self, *, audit: int, format: str, output: Path, **options: Any) -> None:
        report = current_report(by=None, audit=audit_with_id(audit))
        content = export(report, format)
        try:
            output.write_bytes(content)
        except OSError as error:
            raise BadInput(f"cannot be written: {error.strerror}", file=str(output)) from error
        document = {
            "audit": audit,
            "report": report.number,
            "checksum": report.checksum,
            "format": format,
            "path": str(output),
            "bytes": len(content),
        }
        self.report(document, f"{output}\nreport checksum {report.checksum}", as_json=options["json"])
