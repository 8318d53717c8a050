"""`export_judge NAME`: a published version as a judge file, on standard output."""

from auditing.core.export_command import ExportCommand
from auditing.judging.selectors import published_version
from auditing.judging.services import export_judge


class Command(ExportCommand):
    help = "Print a published judge version as YAML."

    def text_of(self, name: str, number: int | None) -> str:
        return export_judge(published_version(name, number))
