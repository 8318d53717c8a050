"""`estimate`: the quality of a batch, with an interval that holds."""

from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.datasets.selectors import batch_named
from auditing.estimation.calculation import Calculated
from auditing.estimation.inputs import evidence_of_audit
from auditing.estimation.services import calculate_all, estimate_batch
from auditing.rubrics.selectors import published_version


class Command(DoorCommand):
    help = "Estimate pass rates and mean scores of an audit's batch, or of a batch rated elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--audit", type=int, metavar="ID")
        what.add_argument("--batch", metavar="NAME", help="a batch with imported ratings")
        parser.add_argument(
            "--criterion", metavar="KEY", help="one criterion only; item_passes is the whole item"
        )
        parser.add_argument(
            "--by", metavar="FIELD", help="also for each value of a slice field, or of producer"
        )
        parser.add_argument("--confidence", type=float, default=0.95)
        parser.add_argument(
            "--target", choices=["batch", "process"], help="what is estimated; default: as the SOP asks"
        )
        parser.add_argument(
            "--rubric", metavar="NAME", help="with --batch: the published rubric that says the scales"
        )
        parser.add_argument("--reference", metavar="RATER", help="with --batch: whose ratings are the labels")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["confidence"] < 1:
            raise BadInput("must lie between 0 and 1", field="--confidence")
        estimates = self.estimates(options)
        lines = [sentence(one) for one in estimates]
        self.report([one.to_dict() for one in estimates], "\n".join(lines), as_json=options["json"])

    def estimates(self, options: dict[str, Any]) -> list[Calculated]:
        asked = {"criterion": options["criterion"], "by_field": options["by"]}
        if options["audit"] is not None:
            audit = audit_with_id(options["audit"])
            settings = {
                "confidence": options["confidence"],
                "target": options["target"] or audit.sop.estimates.target,
            }
            return calculate_all(evidence_of_audit(audit), **asked, **settings)
        settings = {"confidence": options["confidence"], "target": options["target"] or "batch"}
        rubric = published_version(options["rubric"]).spec if options["rubric"] else None
        batch = batch_named(options["batch"])
        return estimate_batch(batch=batch, rubric=rubric, rater=options["reference"], **asked, **settings)


def sentence(one: Calculated) -> str:
    """One line for people."""
    where = f" [{one.slice_field}={one.slice_value}]" if one.slice_field else ""
    subject = f"{one.criterion} {one.estimand}{where} ({one.basis})"
    if one.result is None:
        return f"{subject}: no estimate, {one.refusal}"
    found = one.result
    return (
        f"{subject}: {found.estimate:.4f} [{found.low:.4f}, {found.high:.4f}] at {found.confidence:.0%}, "
        f"{found.method}, {found.n_human} labels of {found.population}, {found.estimand}"
        + (f" ({one.assumption})" if one.assumption else "")
    )
