"""CPU time and memory of processes and all that descends from them, as Linux counts them."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def descendants(pid: int) -> list[int]:
    """The process and its children, and theirs."""
    found, waiting = [], [pid]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(_children(pid))
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of the process and its descendants, those that have ended included."""
    return sum(_ticks(one) for one in descendants(pid)) / TICK


def resident_bytes(pid: int) -> int:
    """Memory that the process and its descendants hold now, what they share counted in each."""
    return sum(_resident(one) for one in descendants(pid))


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _ticks(pid: int) -> int:
    """Fields 14 to 17 of proc(5): utime, stime, cutime, cstime."""
    try:
        rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:  # it has just ended: its parent has its time
        return 0
    return sum(map(int, rest[11:15]))


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except FileNotFoundError:
        return 0
