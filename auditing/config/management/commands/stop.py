"""Stop what `serve` started."""

from typing import Any

from auditing.config import launcher
from auditing.core.commands import DokimaCommand


class Command(DokimaCommand):
    help = "Stop the Dokima that runs in DOKIMA_HOME; nothing is lost."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("Dokima has stopped." if launcher.stop() else "Dokima is not running.")
