"""`simulate_endpoint`: serve the demonstration's simulated judges over the OpenAI protocol, until stopped."""

import asyncio
from typing import Any

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand
from auditing.demo.simulation import remembered_port, simulator


class Command(DoorCommand):
    help = "Serve the simulated judges of the demonstration."
    reports = False

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--port", type=int, help="default: the one used before, else a free one")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(simulator(port=options["port"] or remembered_port()).serve())
