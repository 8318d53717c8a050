"""The base of `import_... FILE [--draft]`: a YAML file becomes a version of what it names."""

from pathlib import Path

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand


class ImportCommand(DoorCommand):
    """Reads a YAML file that becomes the next version of what it names; the same file twice is one version."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--draft", action="store_true", help="keep it as the draft instead of publishing it"
        )
