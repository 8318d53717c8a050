"""Replay audits of public data and print one table: labels saved and coverage, method by method.

python -m benchmarks.label_efficiency --data DIR [--repetitions 2000] [--sets evouna_tq ...]
"""

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import threadpoolctl

from benchmarks.label_efficiency.measures import Replays, Row, row
from benchmarks.label_efficiency.replay import Scenario, replay
from benchmarks.label_efficiency.worlds import SETS, World, load

DATA = "DOKIMA_AUDIT_DATA"
WORLDS = 20  # batches, each with earlier labels of its own, that the repetitions are spread over
DEFAULT = ("default (auto)",)
SCENARIOS = {
    "evouna_tq": [
        Scenario(300, 0),
        Scenario(200, 2000),
        Scenario(200, 500, DEFAULT),
        Scenario(200, 1000, DEFAULT),
        Scenario(200, 4000, DEFAULT),
        Scenario(60, 2000, DEFAULT),
    ],
    "openqa_nq301": [Scenario(250, 0), Scenario(150, 500), Scenario(60, 500, DEFAULT)],
    "pandalm_pairwise": [Scenario(250, 0), Scenario(150, 400), Scenario(60, 400, DEFAULT)],
    "hanna_stories": [Scenario(250, 0), Scenario(150, 400), Scenario(60, 400, DEFAULT)],
    "esa_mqm_ende": [Scenario(250, 0), Scenario(150, 1000), Scenario(60, 1000, DEFAULT)],
}
HEADER = (
    f"{'data set':<24} {'method':<19} {'earlier':>7} {'n':>4} {'N':>5} {'n0/n error':>10} {'n0/n width':>10} "
    f"{'coverage %':>13} {'width':>8} {'repetitions':>11}"
)

Task = tuple[World, Scenario, tuple[int, ...], int]


def main() -> int:
    """Print the table; exit status 2 where the data are absent."""
    options = _options()
    if options.data is None or not Path(options.data).is_dir():
        print(
            f"No data: give --data DIR or set {DATA} to the folder that holds {', '.join(SETS)}.",
            file=sys.stderr,
        )
        return 2
    each = max(1, options.repetitions // WORLDS)
    print(HEADER, flush=True)
    with ProcessPoolExecutor(options.processes, initializer=_worker) as pool:
        for name in options.sets:
            rows: dict[tuple[str, Scenario, str], list[Replays]] = defaultdict(list)
            tasks = list(_tasks(load(Path(options.data), name), list(SETS).index(name), each))
            for (world, scenario, *_), found in zip(tasks, pool.map(_run, tasks), strict=True):
                for method, part in found.items():
                    rows[world.name, scenario, method].append(part)
            for (world_name, scenario, method), parts in rows.items():
                print(_line(world_name, method, scenario.earlier, row(parts)), flush=True)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.label_efficiency", description=__doc__)
    parser.add_argument(
        "--data", default=os.environ.get(DATA), help=f"folder of the data sets (default: {DATA})"
    )
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def _worker() -> None:
    os.nice(10)
    threadpoolctl.threadpool_limits(1)


def _tasks(world: World, number: int, each: int) -> Iterator[Task]:
    scenarios = [(world, scenario) for scenario in SCENARIOS[world.name]]
    noise = world.with_noise(number)
    for found in SCENARIOS[world.name][:2]:
        scenarios.append((noise, Scenario(found.n, found.earlier, DEFAULT)))
    for place, (batch, scenario) in enumerate(scenarios):
        for copy in range(WORLDS):
            yield batch, scenario, (number, place, copy), each


def _run(task: Task) -> dict[str, Replays]:
    return replay(*task)


def _line(name: str, method: str, earlier: int, found: Row) -> str:
    coverage = f"{100 * found.coverage:.1f} +- {100 * found.coverage_error:.1f}"
    return (
        f"{name:<24} {method:<19} {earlier or 'none':>7} {found.n:>4} {found.size:>5} {found.by_error:>10.2f} "
        f"{found.by_width:>10.2f} {coverage:>13} {found.width:>8.4g} {found.repetitions:>11}"
    )


if __name__ == "__main__":
    sys.exit(main())
