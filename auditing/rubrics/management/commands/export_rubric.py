"""`export_rubric NAME`: a published version as a rubric file, on standard output."""

from auditing.core.export_command import ExportCommand
from auditing.rubrics.selectors import published_version
from auditing.rubrics.services import export_rubric


class Command(ExportCommand):
    help = "Print a published rubric version as YAML."

    def text_of(self, name: str, number: int | None) -> str:
        return export_rubric(published_version(name, number))
