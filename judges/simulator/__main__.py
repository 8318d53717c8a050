"""Run the simulated judges as a process: `python -m judges.simulator --port 8099`."""

import argparse
import asyncio
import contextlib
import sys

from judges.simulator import Persona, Simulator


def main() -> None:
    """Serve until interrupted; print the base URL once it listens."""
    options = _parser().parse_args()
    personas = dict(options.model) or {"simulated": Persona()}
    simulator = Simulator(personas, latency=options.latency, seed=options.seed, port=options.port)
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
    return parser


def _model(text: str) -> tuple[str, Persona]:
    name, _, skill = text.partition("=")
    return name, Persona(skill=float(skill or 0.9))


if __name__ == "__main__":
    main()
