"""`fit_cascade`: thresholds for a cascade, fitted by replaying recorded verdicts."""

from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.datasets.selectors import batch_named
from auditing.metaaudit.cascades import Asked, Fitted, fit_for_budget, fit_for_risk
from auditing.metaaudit.selectors import Evidence, evidence, with_reference
from auditing.rubrics.schema import ITEM_PASSES
from auditing.rubrics.selectors import published_version


class Command(DoorCommand):
    help = "Fit the thresholds of a cascade by replaying recorded verdicts against the reference, at no cost."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--audit", type=int, metavar="ID")
        what.add_argument("--batch", metavar="NAME", help="a batch with imported ratings")
        parser.add_argument("--rubric", metavar="NAME", help="with --batch: the rubric that says the scales")
        parser.add_argument(
            "--judges", nargs="+", required=True, metavar="NAME", help="from cheap to strong, two or more"
        )
        parser.add_argument("--criterion", metavar="KEY", help="default: every criterion")
        parser.add_argument(
            "--cost",
            nargs="+",
            default=[],
            metavar="NAME=DOLLARS",
            help="what an item costs a judge, where the audit's calls do not say it",
        )
        parser.add_argument("--human-cost", type=float, metavar="DOLLARS", help="end with a person")
        goal = parser.add_mutually_exclusive_group()
        goal.add_argument("--risk", type=float, default=0.05, help="most errors among what stands, 0.05")
        goal.add_argument("--budget", type=float, metavar="DOLLARS", help="mean cost an item, at most")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["risk"] < 1:
            raise BadInput("must lie between 0 and 1", field="--risk")
        seen = self.evidence(options)
        criteria = [key for key in seen.criteria() if key != ITEM_PASSES]
        wanted = [options["criterion"]] if options["criterion"] else criteria
        asked = Asked(options["judges"], dict(map(_cost, options["cost"])), options["human_cost"])
        found = [self.fitted(seen, key, asked, options) for key in wanted]
        self.report(
            [one.to_dict() for one in found], "\n".join(map(sentence, found)), as_json=options["json"]
        )

    def fitted(self, seen: Evidence, key: str, asked: Asked, options: dict[str, Any]) -> Fitted:
        if options["budget"] is not None:
            return fit_for_budget(seen, key, asked, options["budget"])
        return fit_for_risk(seen, key, asked, options["risk"])

    def evidence(self, options: dict[str, Any]) -> Evidence:
        if options["audit"] is not None:
            audit = audit_with_id(options["audit"])
            return evidence(batch=audit.batch, audit=audit)
        rubric = published_version(options["rubric"]).spec if options["rubric"] else None
        return with_reference(evidence(batch=batch_named(options["batch"]), rubric=rubric))


def _cost(text: str) -> tuple[str, float]:
    name, _, dollars = text.rpartition("=")
    try:
        return name, float(dollars)
    except ValueError:
        raise BadInput(f"{text!r} is not NAME=DOLLARS", field="--cost") from None


def sentence(one: Fitted) -> str:
    """One line for people."""
    if one.chosen is None:
        return f"{one.criterion}: no cascade of {', '.join(one.stages)} costs so little"
    stands = ", ".join(
        f"{name} from {threshold:.3f}" if threshold is not None else f"{name} never"
        for name, threshold in one.accept().items()
    )
    point = one.chosen
    return (
        f"{one.criterion}: accept {stands}; ${point.cost:.4g} an item, "
        f"error {point.error:.3f} [{point.low:.3f}, {point.high:.3f}] on n {one.n}"
    )
