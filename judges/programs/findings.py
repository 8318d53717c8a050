"""What a check says of an item, and what every check can do."""

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from judges.contracts import Subject


@dataclass(frozen=True, slots=True)
class Finding:
    """`holds` is None where the check cannot be made of this item; `said` tells a reader why in either case.

    `score` from 0 to 1 says how nearly it holds, for checks that measure something.
    """

    holds: bool | None
    said: str
    score: float | None = None


class Check(Protocol):
    """One test of one item; the same item always gives the same finding."""

    name: ClassVar[str]

    def find(self, subject: Subject) -> Finding: ...

    def to_dict(self) -> dict[str, Any]:
        """Its name and all its settings."""
        ...


class NotThere(Exception):
    """The item has no such field; the message names it."""
