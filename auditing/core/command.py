"""What the commands of the command-line door share: exit status 2 with one clear line, `--json`, a progress bar."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from auditing.core.errors import DokimaError

BAD_INPUT = 2
Advance = Callable[[str, float], None]


class DoorCommand(BaseCommand):
    """A command of the door. One that `reports` says a sentence, or with `--json` one document and nothing else."""

    requires_system_checks: list[str] = []
    reports = True

    def add_arguments(self, parser: CommandParser) -> None:
        if self.reports:
            parser.add_argument(
                "--json", action="store_true", help="print one JSON document and nothing else"
            )

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DokimaError as error:
            self.stderr.write(" ".join(str(error).split()))
            raise SystemExit(BAD_INPUT) from error

    def report(self, document: dict[str, Any] | list[Any], sentence: str, *, as_json: bool) -> None:
        self.stdout.write(json.dumps(document, ensure_ascii=False, default=str) if as_json else sentence)

    @contextmanager
    def progress(self) -> Iterator[Advance]:
        """A bar on standard error where that is a terminal; call it with what is going on and the fraction done."""
        console = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        with Progress(
            *columns, TimeRemainingColumn(), console=console, transient=True, disable=not sys.stderr.isatty()
        ) as bar:
            task = bar.add_task("", total=1.0)
            yield lambda description, done: bar.update(task, description=description, completed=done)
