"""Deliver a file of items."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction

from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Collection
from auditing.datasets.services import ImportResult, create_collection, import_items


class Command(DoorCommand):
    help = "Import a JSONL, CSV (each also .gz) or Parquet file of items into a collection, as one batch."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="relative image paths in it are looked for beside it")
        parser.add_argument("--collection", required=True, help="made if there is none of that name")
        parser.add_argument("--batch", help="the batch's name; the file's name unless given")
        parser.add_argument(
            "--mapping", type=Path, help="YAML: which field is the id, the payload, the slices"
        )
        parser.add_argument("--producer", help="who made the rows that name no producer")
        parser.add_argument(
            "--skip-bad", action="store_true", help="import the good rows, keep the bad ones as rejects"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        mapping = read_mapping(options["mapping"]) if options["mapping"] else None
        known = Collection.objects.filter(name=options["collection"].strip()).first()
        # a collection made for a file that turns out bad must not stay; else nobody's work waits for the reading
        scope = nullcontext() if known else transaction.atomic()
        with self.progress() as advance, scope:
            result = import_items(
                by=None,
                path=options["file"],
                collection=known or create_collection(by=None, name=options["collection"]),
                batch_name=options["batch"],
                mapping=mapping,
                producer=options["producer"],
                skip_bad=options["skip_bad"],
                images_folder=options["file"].parent,
                progress=lambda at: advance(f"{at.stage} {at.rows:,} rows", at.fraction),
            )
        self.report(document(result), sentence(result), as_json=options["json"])


def read_mapping(path: Path) -> MappingSpec:
    try:
        return MappingSpec.from_yaml(path.read_text(encoding="utf-8"), file=path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot be read ({error})", file=path.name) from error


def document(result: ImportResult) -> dict[str, Any]:
    batch = result.batch
    return {
        "batch": batch.name,
        "batch_id": batch.pk,
        "collection": batch.collection.name,
        "created": result.created,
        "imported": result.imported,
        "rejected": result.rejected,
        "content_hash": batch.content_hash,
    }


def sentence(result: ImportResult) -> str:
    batch = result.batch
    if not result.created:
        return f"Batch {batch} was imported before from the same file ({result.imported:,} items); nothing changed."
    rejected = f"; {result.rejected:,} bad rows kept as rejects" if result.rejected else ""
    return f"Imported {result.imported:,} items into {batch.collection} as batch {batch}{rejected}."
