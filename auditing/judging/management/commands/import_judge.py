"""`import_judge FILE`: a judge file becomes the judge's next published version."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand
from auditing.core.yaml_text import read_file
from auditing.judging.services import import_judge


class Command(DoorCommand):
    help = "Import a judge file (YAML) and publish it; the same file twice is the same version."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--draft", action="store_true", help="keep it as the draft instead of publishing it"
        )

    def handle(self, *, file: Path, draft: bool, json: bool, **options: Any) -> None:
        version = import_judge(by=None, text=read_file(file), file=file.name, publish=not draft)
        document = {"judge": version.judge.name, "version": version.number, "checksum": version.checksum}
        self.report(document, f"Judge {version}.", as_json=json)
