"""`import_judge FILE`: a judge file becomes the judge's next published version."""

from pathlib import Path
from typing import Any

from auditing.core.import_command import ImportCommand
from auditing.core.yaml_text import read_file
from auditing.judging.services import import_judge


class Command(ImportCommand):
    help = "Import a judge file (YAML) and publish it; the same file twice is the same version."

    def handle(self, *, file: Path, draft: bool, json: bool, **options: Any) -> None:
        version = import_judge(by=None, text=read_file(file), file=file.name, publish=not draft)
        document = {"judge": version.judge.name, "version": version.number, "checksum": version.checksum}
        self.report(document, f"Judge {version}.", as_json=json)
