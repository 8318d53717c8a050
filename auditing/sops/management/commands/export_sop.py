"""`export_sop NAME`: a published version as an SOP file, on standard output."""

from auditing.core.export_command import ExportCommand
from auditing.sops.selectors import published_version, sop_named
from auditing.sops.services import export_sop


class Command(ExportCommand):
    help = "Print a published SOP version as YAML. NAME may be COLLECTION/NAME."

    def text_of(self, name: str, number: int | None) -> str:
        return export_sop(published_version(sop_named(name), number))
