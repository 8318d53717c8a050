"""The base of every management command: bad input is one clear line on standard error and exit status 2."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from auditing.core.errors import DokimaError


class DokimaCommand(BaseCommand):
    """Domain errors become exit status 2; `reports = True` gives the command `--json` and `self.say`."""

    reports = False

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        if self.reports:
            parser.add_argument(
                "--json", action="store_true", help="print one JSON document and nothing else"
            )
        return parser

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DokimaError as error:
            raise CommandError(str(error), returncode=2) from error

    def say(self, document: Any, lines: list[str], *, as_json: bool) -> None:
        """The answer: as one JSON document for programs, or as lines for people."""
        self.stdout.write(json.dumps(document, ensure_ascii=False) if as_json else "\n".join(lines))
