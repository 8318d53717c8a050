"""`meta_audit`: how far judges and humans agree."""

from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.datasets.selectors import batch_named
from auditing.metaaudit.comparisons import Comparison
from auditing.metaaudit.selectors import Evidence, comparisons, evidence
from auditing.rubrics.selectors import published_version


class Command(DoorCommand):
    help = "Compare judges with humans, and humans with one another: accuracy, kappa, AC1 and alpha with intervals."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--audit", type=int, metavar="ID")
        what.add_argument("--batch", metavar="NAME", help="a batch with imported ratings")
        parser.add_argument(
            "--reference",
            metavar="RATER",
            help="compare everybody with this rater (default: gold where there is gold)",
        )
        parser.add_argument("--criterion", metavar="KEY")
        parser.add_argument("--confidence", type=float, default=0.95)
        parser.add_argument(
            "--rubric", metavar="NAME", help="with --batch: the published rubric that says the scales"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["confidence"] < 1:
            raise BadInput("must lie between 0 and 1", field="--confidence")
        found = comparisons(
            self.evidence(options),
            reference=options["reference"],
            criterion=options["criterion"],
            confidence=options["confidence"],
        )
        lines = [sentence(one) for one in found]
        self.report([one.to_dict() for one in found], "\n".join(lines), as_json=options["json"])

    def evidence(self, options: dict[str, Any]) -> Evidence:
        if options["audit"] is not None:
            audit = audit_with_id(options["audit"])
            return evidence(batch=audit.batch, audit=audit)
        rubric = published_version(options["rubric"]).spec if options["rubric"] else None
        return evidence(batch=batch_named(options["batch"]), rubric=rubric)


def sentence(one: Comparison) -> str:
    """One line for people."""
    figures = ", ".join(
        f"{name} {figure(value, interval)}"
        for name, value, interval in (
            ("accuracy", one.accuracy, one.accuracy_interval),
            ("kappa", one.kappa, one.kappa_interval),
            ("AC1", one.ac1, one.ac1_interval),
            ("alpha", one.alpha, one.alpha_interval),
        )
    )
    unscored = f", {one.unscored} unscored" if one.unscored else ""
    return f"{one.criterion}: {one.rater} against {one.reference}, n {one.n}{unscored}: {figures}"


def figure(value: float | None, interval: tuple[float, float] | None) -> str:
    if value is None:
        return "undefined"
    return f"{value:.3f}" + (f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else "")
