"""Run Dokima without any service to install: broker, web, worker and beat under one roof."""

import signal
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import CommandParser

from auditing.config import launcher
from auditing.core.command import DoorCommand
from auditing.core.errors import BadInput
from auditing.judging.models import Endpoint


class Command(DoorCommand):
    help = "Start broker, web, worker and beat, and keep them alive. Run twice, it finds the one that runs."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--port", type=int, default=8000, help="the next free one when it is taken")
        parser.add_argument("--detach", action="store_true", help="return once the web answers")
        parser.add_argument(
            "--simulate", action="store_true", help="serve the demonstration's simulated judges too"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["simulate"] and "simulate_endpoint" not in get_commands():
            raise BadInput("There is no simulated endpoint in this installation.")
        found = launcher.running()
        if found is None and options["detach"]:
            found = launcher.start_detached(port=options["port"], simulate=options["simulate"])
        if found is None:
            self.run(port=options["port"], simulate=options["simulate"])
        else:
            self.point_to(found.address, as_json=options["json"])

    def run(self, *, port: int, simulate: bool) -> None:
        """Hold the lock and supervise until a signal comes."""
        with launcher.only_one(), launcher.listening_socket(port) as listener:
            call_command("migrate", verbosity=0)
            simulate = simulate or Endpoint.objects.filter(simulated=True).exists()
            supervisor = launcher.supervisor(listener=listener, simulate=simulate)
            for sign in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                signal.signal(sign, supervisor.ask_to_stop)
            address = f"http://{launcher.HOST}:{listener.getsockname()[1]}"
            supervisor.start()
            launcher.announce(address)
            self.stdout.write(f"Dokima runs at {address} (logs in {launcher.logs()}). Ctrl-C stops it.")
            self.stdout.flush()
            supervisor.watch()

    def point_to(self, address: str, *, as_json: bool) -> None:
        self.report(
            {"address": address}, f"Dokima runs at {address}. Stop it with: make stop", as_json=as_json
        )
