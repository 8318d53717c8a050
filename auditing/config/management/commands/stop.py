"""Stop what `serve` started."""

from typing import Any

from auditing.config import launcher
from auditing.core.command import DoorCommand


class Command(DoorCommand):
    help = "Stop the Dokima that runs in DOKIMA_HOME; nothing is lost."
    reports = False

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Dokima has stopped." if launcher.stop() else "Dokima is not running.")
