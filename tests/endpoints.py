"""The simulated endpoint as a process of its own, for tests and benchmarks that must not share a loop with it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditing.config.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Endpoint:
    """Where it listens."""

    base_url: str

    def stats(self) -> dict[str, Any]:
        """What it was asked so far (`judges.simulator.server.Stats.to_dict`)."""
        with urllib.request.urlopen(f"{self.base_url}/stats", timeout=10) as response:
            stats: dict[str, Any] = json.load(response)
        return stats


@contextmanager
def simulated(*options: str) -> Iterator[Endpoint]:
    """`python -m judges.simulator` with these options, on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "judges.simulator", "--port", "0", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    )
    assert process.stdout is not None
    try:
        base_url = process.stdout.readline().strip()
        if not base_url:
            raise RuntimeError("the simulated endpoint did not start")
        yield Endpoint(base_url)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
