"""`python -m benchmarks.stats`: the statistics against published libraries, both sides in one run.

Prints a Markdown table, and ends with status 1 if a goal was missed. Values that differ stop the run.
"""

import os
import sys
from collections.abc import Iterator

from benchmarks.stats import environment
from benchmarks.stats.measure import HEADER, Row, line


def rows() -> Iterator[Row]:
    from benchmarks.stats import pages, rivals  # they need the rivals' environment

    yield from rivals.dawid_skene_rows()
    yield rivals.kappa_bootstrap_row()
    yield from rivals.alpha_rows()
    yield from rivals.statsmodels_rows()
    yield rivals.ppi_row()
    yield from pages.estimate_rows()
    yield from pages.planner_rows()


def main() -> int:
    environment.enter("benchmarks.stats")
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    print(HEADER, flush=True)
    missed = []
    for row in rows():
        print(line(row), flush=True)
        missed += [row.task] if row.met is False else []
    print(f"\nMissed: {', '.join(missed)}" if missed else "\nEvery goal met; every value compared is equal.")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
