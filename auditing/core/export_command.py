"""The base of `export_... NAME [--version N]`: a published version on standard output."""

from typing import Any

from django.core.management.base import CommandParser

from auditing.core.command import DoorCommand


class ExportCommand(DoorCommand):
    """Subclasses say what the text of a version is."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django gives every command a --version of its own; here it means a version of what is exported
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--version", dest="number", type=int, metavar="N", help="instead of the newest")

    def handle(self, *, name: str, number: int | None, **options: Any) -> None:
        self.stdout.write(self.text_of(name, number), ending="")

    def text_of(self, name: str, number: int | None) -> str:
        raise NotImplementedError
