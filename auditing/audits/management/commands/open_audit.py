"""Bind a batch to an SOP: the audit that everything else hangs on."""

from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.models import Audit
from auditing.audits.services import open_audit
from auditing.core.command import DoorCommand
from auditing.datasets.selectors import batch_named
from auditing.sops.selectors import published_version, sop_named


class Command(DoorCommand):
    help = "Open an audit of a batch under an SOP's newest published version, and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--batch", required=True, metavar="NAME", help="the batch, or COLLECTION/BATCH")
        parser.add_argument(
            "--sop", required=True, metavar="NAME", help="the SOP, by name, of the batch's collection"
        )
        parser.add_argument("--seed", type=int, help="of the draw; without it one is chosen and kept")

    def handle(self, *args: Any, **options: Any) -> None:
        batch = batch_named(options["batch"])
        sop_version = published_version(sop_named(options["sop"], collection=batch.collection))
        audit = open_audit(by=None, batch=batch, sop_version=sop_version, seed=options["seed"])
        self.report(_document(audit), str(audit.pk), as_json=options["json"])


def _document(audit: Audit) -> dict[str, Any]:
    return {
        "audit": audit.pk,
        "collection": audit.batch.collection.name,
        "batch": audit.batch.name,
        "number": audit.number,
        "sop": audit.sop_version.sop.name,
        "sop_version": audit.sop_version.number,
        "seed": audit.seed,
        "state": audit.state,
    }
