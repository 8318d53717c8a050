"""Two texts, line by line."""

import difflib
from typing import NamedTuple


class DiffLine(NamedTuple):
    kind: str  # same, added, removed
    text: str


_KINDS = {" ": "same", "+": "added", "-": "removed"}


def diff_lines(old: str, new: str) -> list[DiffLine]:
    """Every line of both texts once, in order, with what became of it."""
    compared = difflib.ndiff(old.splitlines(), new.splitlines())
    return [DiffLine(_KINDS[line[0]], line[2:]) for line in compared if line[0] in _KINDS]
