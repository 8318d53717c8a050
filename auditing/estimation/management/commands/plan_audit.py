"""`plan_audit`: how many to label, how sure that makes, and what it costs, before a label is spent."""

from dataclasses import fields
from typing import Any

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.datasets.selectors import batch_named
from auditing.estimation.planner import Question, answer, known_of
from auditing.estimation.planner.questions import PLANS, SEVERITIES
from auditing.sops.sampling import ALLOCATIONS, KEYS_OF
from auditing.sops.selectors import collection_named

CHOICES = {"goal": tuple(PLANS), "method": tuple(KEYS_OF), "allocation": ALLOCATIONS, "severity": SEVERITIES}
WORDS = ("goal", "method", "allocation", "severity", "level", "by")


class Command(DoorCommand):
    help = "Plan an audit: labels, risks, cost, and the predicted saving by judges with its bound and reason."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--batch", metavar="NAME", help="a delivered batch: its size, strata and collection"
        )
        parser.add_argument("--collection", metavar="NAME", help="whose earlier audits to learn from")
        parser.add_argument("--without-judges", action="store_true", help="plan for people's labels alone")
        usual = Question()
        for field in fields(Question):
            if field.name == "use_judges":
                continue
            kind = str if field.name in WORDS else int if field.name == "population" else float
            parser.add_argument(
                f"--{field.name.replace('_', '-')}",
                type=kind,
                choices=CHOICES.get(field.name),
                help=f"default: {getattr(usual, field.name)}",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        batch = batch_named(options["batch"]) if options["batch"] else None
        named = collection_named(options["collection"]) if options["collection"] else None
        if batch and options["population"]:
            raise BadInput("leave it out: the batch says how many items there are", field="--population")
        known = known_of(collection=batch.collection if batch else named, batch=batch, by=options["by"] or "")
        given = {**options, "use_judges": not options["without_judges"]}
        question = Question.of(
            {
                **given,
                "population": options["population"] or known.population,
                "pass_rate": options["pass_rate"] or known.pass_rate,
            }
        )
        found = answer(question, known)
        lines = [*found.words, found.saving.reason, f"About {found.minutes / 60:.1f} hours of review."]
        self.report(found.to_dict(), "\n".join(lines), as_json=options["json"])
