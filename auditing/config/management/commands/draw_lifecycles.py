"""Draw every state machine into the map of the house, so that the picture cannot drift from the code."""

import difflib
import pkgutil
import sys
from importlib import import_module
from typing import Any

from django.core.management.base import CommandParser

import auditing
from auditing.config.home import ROOT
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.core.lifecycle import Lifecycle

MAP = ROOT / "auditing" / "README.md"
BEGIN = "<!-- lifecycles: drawn by `manage.py draw_lifecycles` -->"
END = "<!-- end of lifecycles -->"


class Command(DoorCommand):
    help = (
        "Write the state machines of every room into auditing/README.md; with --check, only compare (exit 2)."
    )
    reports = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit 2 when the map is out of date"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        before = MAP.read_text(encoding="utf-8")
        after = redrawn(before)
        if not options["check"]:
            MAP.write_text(after, encoding="utf-8")
        elif before != after:
            difference = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="")
            self.stderr.write("\n".join(difference))
            self.stderr.write("auditing/README.md is out of date: run `manage.py draw_lifecycles`.")
            sys.exit(2)


def redrawn(text: str) -> str:
    """The map with today's diagrams between its markers. Raises BadInput when the markers are missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise BadInput(f"The markers {BEGIN} and {END} are missing.", file=str(MAP.relative_to(ROOT)))
    return "".join([head, begin, "\n\n", diagrams(), "\n\n", end, tail])


def diagrams() -> str:
    return "\n\n".join(
        f"### {room}: {lifecycle.name}\n\n```mermaid\n{lifecycle.mermaid()}\n```"
        for room, lifecycle in lifecycles()
    )


def lifecycles() -> list[tuple[str, Lifecycle]]:
    """(room, state machine) of every `auditing.<room>.lifecycle`, in alphabetical order."""
    found = []
    for room in sorted(module.name for module in pkgutil.iter_modules(auditing.__path__) if module.ispkg):
        names = {module.name for module in pkgutil.iter_modules(import_module(f"auditing.{room}").__path__)}
        if room != "core" and "lifecycle" in names:
            machines = vars(import_module(f"auditing.{room}.lifecycle")).values()
            found += [(room, machine) for machine in machines if isinstance(machine, Lifecycle)]
    return found
