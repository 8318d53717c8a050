"""Processes held to a part of a core each, so that what they do binds even where there are few cores.

Control groups of Linux, version 1 or 2; needs root.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOTS = (Path("/sys/fs/cgroup/cpu"), Path("/sys/fs/cgroup"))  # version 1, version 2
PERIOD = 100_000  # microseconds


@contextmanager
def capped(pids: Sequence[int], cores: float) -> Iterator[None]:
    """Hold each process to so much of a core. Raises OSError where control groups cannot be made."""
    groups = [_group(number, cores) for number, _ in enumerate(pids)]
    for group, pid in zip(groups, pids, strict=True):
        (group / "cgroup.procs").write_text(str(pid))
    try:
        yield
    finally:
        for group in groups:
            for pid in (group / "cgroup.procs").read_text().split():
                (group.parent / "cgroup.procs").write_text(pid)
            group.rmdir()


def _group(number: int, cores: float) -> Path:
    root = next(root for root in ROOTS if (root / "cgroup.procs").exists())
    group = root / f"dokima-benchmark-{number}"
    group.mkdir(exist_ok=True)
    quota = round(cores * PERIOD)
    if (group / "cpu.max").exists():
        (group / "cpu.max").write_text(f"{quota} {PERIOD}")
    else:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(quota))
    return group
