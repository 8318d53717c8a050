"""Judging speed: a loop on the openai package, a loop on aiohttp, and the platform end to end, at one local endpoint.

python -m benchmarks.judging [--items 2000] [--rounds 3] [--only "500 ms, 32"]
python -m benchmarks.judging --memory
python -m benchmarks.judging --scale
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.faults.world import house
from benchmarks.judging.capping import capped
from benchmarks.judging.measures import Measured, Setting, bare, platform, template_of
from benchmarks.judging.processes import descendants
from tests.servers import Servers

SETTINGS = [
    Setting(0.5, 32),
    Setting(0.5, 128),
    Setting(0.5, 256),
    Setting(0.0, 32),
    Setting(0.0, 32, workers=2),
]
HEAD = """\
| setting | items | (a) openai loop /s | (b) aiohttp loop /s | (c) platform /s | c / a | c / b | c / ideal |
|---|---|---|---|---|---|---|---|"""
CPU_HEAD = """
| CPU ms an item | (a) | (b) | (c) workers | PostgreSQL | Valkey | (c) in all | endpoint in (c) |
|---|---|---|---|---|---|---|---|"""
MEMORY_ITEMS = 100_000
CORES_A_WORKER = 0.3  # of `--scale`: two of them leave the rest of two cores to PostgreSQL and the endpoint
SCALES = 1.8  # times the throughput with two worker processes
WARM_UP = (
    600  # items judged before anything is measured: a worker's first run imports what later ones find there
)
FLAT = 1.1  # memory at the end, as a multiple of what it was after a tenth


@contextmanager
def celery(processes: int, log: Path) -> Iterator[int]:
    """A Celery worker with so many processes; yields the pid that they descend from."""
    from tests.processes import start_worker

    process = start_worker(log, processes)
    try:
        yield process.pid
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def measure(
    setting: Setting, items: int, rounds: int, servers: Servers, template: Path
) -> dict[str, Measured]:
    """The best of some rounds of each, one after the other within a round, so that a busy machine is fair to all."""
    kept: dict[str, list[Measured]] = {"a": [], "b": [], "c": []}
    with celery(setting.workers, servers.folder / "workers.log") as workers:
        platform(Setting(0.0, 32), WARM_UP, servers, workers)
        for _ in range(rounds):
            kept["a"].append(bare("openai", setting, items, template))
            kept["b"].append(bare("aiohttp", setting, items, template))
            kept["c"].append(platform(setting, items, servers, workers))
    return {name: max(found, key=lambda one: one.rate) for name, found in kept.items()}


def rate_row(setting: Setting, items: int, best: dict[str, Measured]) -> str:
    a, b, c = (best[name].rate for name in "abc")
    ideal = f"{c * setting.latency / setting.in_flight:.2f}" if setting.latency else ""
    return f"| {setting} | {items} | {a:.0f} | {b:.0f} | {c:.0f} | {c / a:.2f} | {c / b:.2f} | {ideal} |"


def cpu_row(setting: Setting, best: dict[str, Measured]) -> str:
    cpu = best["c"].cpu
    parts = [cpu[name] for name in ("workers", "PostgreSQL", "Valkey")]
    cells = [best["a"].cpu["client"], best["b"].cpu["client"], *parts, sum(parts), cpu["endpoint"]]
    return f"| {setting} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |"


def speed(only: str, items: int, rounds: int) -> None:
    """Print the tables, each row as soon as it is measured, and which goals are missed."""
    results: dict[str, dict[str, Measured]] = {}
    with house() as servers:
        make_durable(servers)
        template = template_of(servers.folder)
        print(HEAD, flush=True)
        for setting in SETTINGS:
            if str(setting).startswith(only):
                best = results[str(setting)] = measure(setting, items, rounds, servers, template)
                print(rate_row(setting, items, best), flush=True)
    print(CPU_HEAD)
    for setting in SETTINGS:
        if str(setting) in results:
            print(cpu_row(setting, results[str(setting)]))
    missed = list(missed_goals(results))
    print("\n" + ("\n".join(f"Missed: {goal}" for goal in missed) or "Every goal that was measured is met."))
    sys.exit(bool(missed))


def missed_goals(results: dict[str, dict[str, Measured]]) -> Iterator[str]:
    rates = {name: {way: found.rate for way, found in best.items()} for name, best in results.items()}
    for name, over, least in [
        ("500 ms, 32 in flight", "b", 0.90),
        ("500 ms, 128 in flight", "b", 0.85),
        ("0 ms, 32 in flight", "a", 1.2),
    ]:
        if name in rates and rates[name]["c"] < least * rates[name][over]:
            yield f"{name}: {least} of ({over})"
    if "500 ms, 256 in flight" in rates and rates["500 ms, 256 in flight"]["c"] < 0.70 * 512:
        yield "500 ms, 256 in flight: .70 of 512 items a second"
    one, two = rates.get("0 ms, 32 in flight"), rates.get("0 ms, 32 in flight, 2 workers")
    if one and two and two["c"] < 1.8 * one["c"]:
        yield f"1.8 times the throughput with two workers ({two['c'] / one['c']:.2f})"
    for name, best in results.items():
        spent = sum(spent for process, spent in best["c"].cpu.items() if process != "endpoint")
        if spent > 1.5:
            yield f"{name}: 1.5 ms of CPU an item ({spent:.2f})"


def memory(items: int) -> None:
    """Print what the workers hold while they judge very many items."""
    with house() as servers, celery(1, servers.folder / "workers.log") as workers:
        make_durable(servers)
        found = platform(Setting(0.0, 32), items, servers, workers, remember=True)
    print("| items done | MiB of all worker processes |\n|---|---|")
    step = max(1, len(found.memory) // 10)
    for done, held in found.memory[::step]:
        print(f"| {done} | {held:.0f} |")
    early = next(held for done, held in found.memory if done >= items / 10)
    grown = found.memory[-1][1] / early
    print(
        f"\n{items} items at {found.rate:.0f} a second; memory at the end {grown:.2f} of what it was after a tenth."
    )
    sys.exit(grown > FLAT)


def scale(items: int) -> None:
    """Print what one and two worker processes do where each has no more than a part of a core."""
    rates = {}
    with house() as servers:
        make_durable(servers)
        for processes in (1, 2):
            setting = Setting(0.0, 32, workers=processes)
            with celery(processes, servers.folder / f"{processes} workers.log") as workers:
                platform(setting, WARM_UP, servers, workers)
                with capped(descendants(workers)[1:], CORES_A_WORKER):
                    rates[processes] = platform(setting, items, servers, workers).rate
            print(
                f"{processes} worker processes, {CORES_A_WORKER} of a core each: {rates[processes]:.0f} items a second"
            )
    print(f"Two do {rates[2] / rates[1]:.2f} times what one does.")
    sys.exit(rates[2] < SCALES * rates[1])


def make_durable(servers: Servers) -> None:
    """The tests' PostgreSQL promises nothing to the disk; what is measured here is committed in earnest."""
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        servers.postgres.psql(f"ALTER SYSTEM RESET {setting};")
    servers.postgres.psql("SELECT pg_reload_conf();")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.judging", description=__doc__)
    parser.add_argument("--items", type=int)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="how a setting's name begins")
    parser.add_argument("--memory", action="store_true", help="100,000 items, and what the workers hold")
    parser.add_argument(
        "--scale", action="store_true", help="one and two workers held to a part of a core each"
    )
    options = parser.parse_args()
    if options.memory:
        memory(options.items or MEMORY_ITEMS)
    elif options.scale:
        scale(options.items or 2000)
    else:
        speed(options.only, options.items or 2000, options.rounds)


if __name__ == "__main__":
    main()
