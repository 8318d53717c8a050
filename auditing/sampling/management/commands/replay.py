"""`replay`: draw an audit's sample again from its seed, and say whether it is the locked one."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from auditing.audits.selectors import audit_with_id
from auditing.core.command import DoorCommand
from auditing.core.errors import Missing
from auditing.sampling.selectors import plan_of, replay

DIFFERS = 1


class Command(DoorCommand):
    help = "Draw an audit's sample again, bit for bit, and say where it differs from the locked one (exit status 1)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("audit", type=int, metavar="AUDIT", help="the audit's id")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = plan_of(audit_with_id(options["audit"]))
        if plan is None:
            raise Missing(f"The sample of audit {options['audit']} is not drawn yet.")
        again = replay(plan)
        said = "the same" if again.same else "another sample: " + "; ".join(again.differences)
        sentence = f"Drew {again.units:,} units again from seed {plan.seed} ({plan.generator}): {said}."
        self.report(
            {"audit": options["audit"], "same": again.same, **asdict(again)},
            sentence,
            as_json=options["json"],
        )
        if not again.same:
            raise SystemExit(DIFFERS)
