"""Timing both sides on the same input, comparing what they found, and the table of it all."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One comparison: processor seconds of either side (None: no rival, or it died), and what was found equal."""

    task: str
    ours: float
    theirs: float | None
    rival: str
    found: str
    met: bool | None  # None: no goal was set

    @property
    def ratio(self) -> str:
        return "" if self.theirs is None else f"{self.theirs / self.ours:,.1f}x"


def timed(call: Callable[[], Any], repeats: int = 7) -> tuple[float, Any]:
    """The least processor time of a few runs in seconds, and what the last one gave; the machine may be busy."""
    best, result = float("inf"), None
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        best = min(best, time.process_time() - start)
    return best, result


def seconds(value: float | None) -> str:
    """Milliseconds below one second, else seconds."""
    if value is None:
        return "-"
    return f"{value * 1000:,.1f} ms" if value < 1 else f"{value:,.2f} s"


def line(row: Row) -> str:
    """One row of the table, as Markdown."""
    met = {True: "met", False: "MISSED", None: ""}[row.met]
    cells = (row.task, seconds(row.ours), seconds(row.theirs), row.ratio, row.rival, row.found, met)
    return f"| {' | '.join(cells)} |"


HEADER = """| Task | Dokima | Rival | Ratio | Rival is | Values | Goal |
|---|---|---|---|---|---|---|"""
