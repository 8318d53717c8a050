"""Run the simulated judges as a process: `python -m judges.simulator --port 8099`."""

import argparse
import asyncio
import contextlib
import sys
from dataclasses import fields

from judges.simulator import Faults, Persona, Simulator


def main() -> None:
    """Serve until interrupted; print the base URL once it listens."""
    options = _parser().parse_args()
    personas = dict(options.model) or {"simulated": Persona()}
    simulator = Simulator(
        personas,
        faults=Faults(**dict(options.fault)),
        latency=options.latency,
        seed=options.seed,
        rate_limit=options.rate_limit,
        port=options.port,
    )
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(simulator))


async def _serve(simulator: Simulator) -> None:
    serving = asyncio.create_task(simulator.serve())
    await asyncio.wait([serving], timeout=0.1)
    if not serving.done():
        sys.stdout.write(f"{simulator.base_url}\n")
        sys.stdout.flush()
    await serving


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m judges.simulator", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8099, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds an answer takes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=_model, action="append", default=[], metavar="NAME[=SKILL]")
    parser.add_argument("--rate-limit", type=int, help="requests in any one second; more get HTTP 429")
    parser.add_argument(
        "--fault",
        type=_fault,
        action="append",
        default=[],
        metavar="NAME=CHANCE",
        help=f"of {', '.join(field.name for field in fields(Faults))}",
    )
    return parser


def _fault(text: str) -> tuple[str, float]:
    name, _, chance = text.partition("=")
    if name not in {field.name for field in fields(Faults)}:
        raise argparse.ArgumentTypeError(f"there is no fault {name!r}")
    return name, float(chance)


def _model(text: str) -> tuple[str, Persona]:
    name, _, skill = text.partition("=")
    return name, Persona(skill=float(skill or 0.9))


if __name__ == "__main__":
    main()
