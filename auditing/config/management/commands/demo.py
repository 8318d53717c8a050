"""`demo`: the whole product at work on made-up and on real data, in one command. Safe to run twice."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from auditing.audits.models import Audit
from auditing.config import launcher
from auditing.core.command import Advance, DoorCommand
from auditing.demo import sentences, world
from auditing.demo.cast import PEOPLE
from auditing.demo.history import beginning, just_before_now, make_history
from auditing.demo.showing import own_model_audit, prepare, show
from auditing.demo.simulation import base_url

SHOWN = ("admin", "lead", "auditor", "vendor", "viewer")


class Command(DoorCommand):
    help = "Fill Dokima with the demonstration, start it, audit a delivery before your eyes, and say where to look."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--port", type=int, default=8000, help="the next free one when it is taken")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        with self.progress() as progress:
            world.endpoint(base_url())
            with beginning():
                everybody = world.people()
                world.simulated_judges()
                place = world.collection(everybody)
                version = world.procedure(everybody, place)
            make_history(everybody, place, version, progress)
            real = self.real_data(everybody, progress)
            newest = prepare(everybody, place, version)
            progress("Starting the services", 0.0)
            running = launcher.running() or launcher.start_detached(port=options["port"], simulate=True)
            show(newest, progress)
            own = own_model_audit(everybody, place, progress)
        audits = {"newest": newest, "real": real, "own_model": own}
        self.report(
            document(running.address, audits), sentence(running.address, audits), as_json=options["json"]
        )

    def real_data(self, everybody: dict[str, Any], progress: Advance) -> Audit | None:
        progress("Real product-review sentences, twenty human ratings each", 0.0)
        try:
            with just_before_now():
                return sentences.audited(everybody)
        except sentences.FetchError as missing:
            self.stderr.write(f"{missing} The demonstration goes on with the simulated world alone.")
            return None


def document(address: str, audits: dict[str, Audit | None]) -> dict[str, Any]:
    return {
        "address": address,
        "password": world.PASSWORD,
        "logins": {person.role: person.username for person in PEOPLE if person.username in SHOWN},
        "audits": {name: audit.pk for name, audit in audits.items() if audit},
    }


def sentence(address: str, audits: dict[str, Audit | None]) -> str:
    """What a newcomer needs: where, as whom, and what first."""
    newest, real, own = audits["newest"], audits["real"], audits["own_model"]
    assert newest is not None
    logins = "\n".join(
        f"  {person.username:<9} {person.role:<8} {person.name}"
        for person in PEOPLE
        if person.username in SHOWN
    )
    look = [
        f"  as lead     {address}/audits/{newest.pk}/  the audit you just saw: judges done, reviews coming in",
        f"  as auditor  {address}/queue/  review some invoices yourself, by keyboard",
        f"  as lead     {address}/disagreements/  rule where two auditors differ",
    ]
    if real:
        look.append(
            f"  as viewer   {address}/audits/{real.pk}/meta-audit/  real sentences: twenty people and a program"
        )
    if own:
        look.append(f"  as lead     {address}/audits/{own.pk}/  what your own model makes of forty invoices")
    return "\n".join(
        [
            "",
            f"Dokima runs at {address}",
            "",
            f"Logins (password of all: {world.PASSWORD})",
            logins,
            "",
            "Look first at",
            *look,
            "",
            "Stop it with `make stop`; `make serve` starts it again. All data is in .dokima (or DOKIMA_HOME).",
        ]
    )
