"""`import_sop FILE`: an SOP file becomes the SOP's next published version."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from auditing.core.import_command import ImportCommand
from auditing.core.yaml_text import read_file
from auditing.sops.selectors import collection_named
from auditing.sops.services import import_sop


class Command(ImportCommand):
    help = "Import an SOP file (YAML) and publish it; the same file twice is the same version."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--collection", metavar="NAME", help="the collection, where the file names none")

    def handle(self, *, file: Path, collection: str | None, draft: bool, json: bool, **options: Any) -> None:
        version = import_sop(
            by=None,
            text=read_file(file),
            file=file.name,
            collection=collection_named(collection) if collection else None,
            publish=not draft,
        )
        document = {
            "sop": version.sop.name,
            "collection": version.sop.collection.name,
            "version": version.number,
            "checksum": version.checksum,
            "rubric": version.content["rubric"],
        }
        self.report(document, f"SOP {version} of {version.sop.collection}.", as_json=json)
