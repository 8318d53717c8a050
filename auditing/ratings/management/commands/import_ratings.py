"""Import opinions made elsewhere."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.datasets.selectors import batch_named
from auditing.ratings.services import RatingsImportResult, import_ratings


class Command(DoorCommand):
    help = "Import a CSV or JSONL file (each may be .gz) of human, judge or gold ratings of a batch's items."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "file",
            type=Path,
            help="item_id, rater, rater_kind, criterion, value[, probability, rationale, rated_at]",
        )
        parser.add_argument("--batch", required=True, help="the batch's name, or COLLECTION/BATCH")
        parser.add_argument(
            "--skip-bad", action="store_true", help="import the good rows and say which are bad"
        )
        pairs = {"action": "append", "default": [], "metavar": "FIELD=..."}
        parser.add_argument("--column", help="the file's column for a field: --column rater=judge", **pairs)  # type: ignore[arg-type]
        parser.add_argument("--set", help="a field's value in every row: --set rater_kind=judge", **pairs)  # type: ignore[arg-type]

    def handle(self, *args: Any, **options: Any) -> None:
        with self.progress() as advance:
            result = import_ratings(
                by=None,
                path=options["file"],
                batch=batch_named(options["batch"]),
                columns=pairs_of(options["column"], "--column"),
                constants=pairs_of(options["set"], "--set"),
                skip_bad=options["skip_bad"],
                progress=lambda at: advance(f"{at.stage} {at.rows:,} rows", at.fraction),
            )
        self.report(document(result), sentence(result), as_json=options["json"])


def pairs_of(texts: list[str], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name or not value or name in pairs:
            raise BadInput(f"expected {option} FIELD=..., each field once, found {text!r}", field=option)
        pairs[name] = value
    return pairs


def document(result: RatingsImportResult) -> dict[str, Any]:
    batch = result.file.batch
    return {
        "batch": batch.name,
        "batch_id": batch.pk,
        "created": result.created,
        "imported": result.imported,
        "unchanged": result.unchanged,
        "rejected": result.rejected,
        "problems": [str(problem) for problem in result.problems],
    }


def sentence(result: RatingsImportResult) -> str:
    batch = result.file.batch
    if not result.created:
        return f"This file's ratings of batch {batch} were imported before; nothing changed."
    parts = [f"Imported {result.imported:,} ratings of batch {batch}"]
    if result.unchanged:
        parts.append(f"{result.unchanged:,} were there already")
    if result.rejected:
        parts.append(f"{result.rejected:,} bad rows left out: {'; '.join(str(p) for p in result.problems)}")
    return "; ".join(parts) + "."
