"""One row of a delivered file, whatever its kind."""

import json
from dataclasses import dataclass, field
from typing import Any

from auditing.core.errors import BadInput


@dataclass(frozen=True)
class Row:
    """One row and the physical line it starts on (for Parquet: its number, from 1)."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    raw: str = ""
    problem: str = ""
    field: str = ""

    @property
    def text(self) -> str:
        """The row as it was delivered, as far as text can say it."""
        return self.raw or json.dumps(self.values, ensure_ascii=False, default=str)


class UnfoldsTooFar(BadInput):
    """More bytes came out of a file than were asked for."""

    def __init__(self, file: str) -> None:
        super().__init__("unfolds to more than can be taken; deliver it in parts", file=file)
