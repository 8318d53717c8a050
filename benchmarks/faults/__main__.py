"""`python -m benchmarks.faults`: what is lost, doubled or made up when everything goes wrong. See README.md."""

import argparse
import json
from collections.abc import Callable
from typing import Any

from benchmarks.faults.parts import everything, killed, limited
from benchmarks.faults.world import Workers, house
from tests.servers import Servers

PARTS = ("faults", "limit", "kill")
GOALS = {"time / ideal": 1.1, "refused share": 0.03, "paid twice": 10, "lost": 0, "twice": 0}
GOALS |= {"errors shown as verdicts": 0}


def main() -> None:
    """Run the parts asked for, print their counts, and fail where a goal is missed."""
    options = _parser().parse_args()
    with house() as servers, Workers(servers.folder) as workers:
        results = {
            name: _said(name, part(servers, workers))
            for name, part in _parts(options).items()
            if name.partition(",")[0] in (options.part or PARTS)
        }
    if options.json:
        print(json.dumps(results))
    raise SystemExit(any(_misses(result) for result in results.values()))


def _parts(options: argparse.Namespace) -> dict[str, Callable[[Servers, Workers], dict[str, Any]]]:
    return {
        "faults": lambda servers, workers: everything(servers, workers, options.items, options.seed),
        "limit, told": lambda _, workers: limited(workers, 300, 20, told=True),
        "limit, learnt": lambda _, workers: limited(workers, 300, 20, told=False),
        "limit, learnt by two workers": lambda _, workers: limited(
            workers, 300, 20, told=False, workers_at_it=2
        ),
        "kill, 20 a second": lambda _, workers: killed(workers, 500, rate=20),
        "kill, 8 in flight": lambda _, workers: killed(workers, 500, in_flight=8),
        "kill, 32 in flight": lambda _, workers: killed(workers, 500, in_flight=32),
    }


def _said(name: str, result: dict[str, Any]) -> dict[str, Any]:
    print(f"\n{name}")
    for key, value in result.items():
        missed = "" if key not in _misses(result) else f"   (goal: at most {GOALS[key]:g})"
        print(f"  {key:<26} {value}{missed}", flush=True)
    return result


def _misses(result: dict[str, Any]) -> list[str]:
    missed = [key for key, most in GOALS.items() if result.get(key, 0) > most]
    hang, limit = result.get("longest hang (s)", 0), result.get("time limit (s)", 0)
    return [*missed, "longest hang (s)"] if hang > limit + 1 else missed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.faults", description=main.__doc__)
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be repeated")
    parser.add_argument("--items", type=int, default=600, help="of the first part")
    parser.add_argument("--seed", type=int, default=20260302)
    parser.add_argument("--json", action="store_true", help="print the results as one JSON document too")
    return parser


if __name__ == "__main__":
    main()
