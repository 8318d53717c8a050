"""`import_rubric FILE`: a rubric file becomes the rubric's next published version."""

from pathlib import Path
from typing import Any

from auditing.core.import_command import ImportCommand
from auditing.core.yaml_text import read_file
from auditing.rubrics.services import import_rubric


class Command(ImportCommand):
    help = "Import a rubric file (YAML) and publish it; the same file twice is the same version."

    def handle(self, *, file: Path, draft: bool, json: bool, **options: Any) -> None:
        version = import_rubric(by=None, text=read_file(file), file=file.name, publish=not draft)
        document = {"rubric": version.rubric.name, "version": version.number, "checksum": version.checksum}
        self.report(document, f"Rubric {version}.", as_json=json)
