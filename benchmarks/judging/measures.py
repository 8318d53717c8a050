"""One measurement: a bare loop, or the platform from the message that opens a run to its last committed verdict."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.utils import timezone

from benchmarks.faults.world import is_over, new_run
from benchmarks.judging.processes import cpu_seconds, resident_bytes
from tests.servers import Servers

if TYPE_CHECKING:
    from auditing.judging.models import Run

ROOT = Path(__file__).resolve().parents[2]
LOOK_EVERY = 0.25  # seconds: each look costs PostgreSQL time that is counted as the platform's


@dataclass(frozen=True)
class Setting:
    """What is asked: seconds that a reply takes, calls in flight in all, Celery worker processes."""

    latency: float
    in_flight: int
    workers: int = 1

    def __str__(self) -> str:
        workers = f", {self.workers} workers" if self.workers > 1 else ""
        return f"{self.latency * 1000:.0f} ms, {self.in_flight} in flight{workers}"


@dataclass(frozen=True)
class Measured:
    """Items a second, and CPU milliseconds an item by process."""

    rate: float
    cpu: dict[str, float]
    memory: list[tuple[int, float]] = field(default_factory=list)  # items done, MiB of the workers


@contextmanager
def endpoint(latency: float) -> Iterator[tuple[str, int]]:
    """An endpoint of its own for each measurement, so that none profits from what limits learned in another."""
    command = [sys.executable, "-m", "benchmarks.judging.endpoint", str(latency)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()


def bare(client: str, setting: Setting, items: int, template: Path) -> Measured:
    """A loop on `openai` or `aiohttp`, in a process of its own."""
    with endpoint(setting.latency) as (base_url, endpoint_pid):
        told = [client, base_url, str(template), str(items), str(setting.in_flight)]
        command = [sys.executable, "-m", "benchmarks.judging.bare", *told]
        done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        cpu = {"client": found["cpu"], "endpoint": cpu_seconds(endpoint_pid)}
    return Measured(items / found["seconds"], {name: 1000 * spent / items for name, spent in cpu.items()})


def platform(
    setting: Setting, items: int, servers: Servers, workers: int, remember: bool = False
) -> Measured:
    """A queued run, the message that wakes a worker, and the wait until the run is finished.

    `workers` is the process that the workers descend from. Slow start and the waking of workers are part of it.
    """
    from auditing.judging.tasks import work_on_run

    with endpoint(setting.latency) as (base_url, endpoint_pid):
        run = new_run(items, base_url, concurrency=setting.in_flight)
        assert servers.valkey is not None
        pids = {
            "workers": workers,
            "PostgreSQL": servers.postgres.get_pid(),
            "Valkey": servers.valkey.pid,
            "endpoint": endpoint_pid,
        }
        before = {name: cpu_seconds(pid) for name, pid in pids.items()}
        began = timezone.now()
        work_on_run.delay(run.pk)
        memory = _wait(run, items, workers, remember)
        seconds = (_finished_at(run) - began).total_seconds()
        cpu = {name: 1000 * (cpu_seconds(pid) - before[name]) / items for name, pid in pids.items()}
        _check(run, items)
    return Measured(items / seconds, cpu, memory)


def _wait(run: "Run", items: int, workers: int, remember: bool) -> list[tuple[int, float]]:
    from auditing.judging.models import Call, CallState

    memory: list[tuple[int, float]] = []
    while not is_over(run):
        time.sleep(2.0 if remember else LOOK_EVERY)
        if remember:
            done = Call.objects.filter(run=run, state=CallState.DONE).count()
            memory.append((done, resident_bytes(workers) / 2**20))
    return memory


def _finished_at(run: "Run") -> datetime:
    """When the run says that it ended, which is written after its last verdict."""
    assert run.finished_at is not None
    return run.finished_at


def _check(run: "Run", items: int) -> None:
    """A measurement of work that was not done is none."""
    from auditing.judging.models import Verdict

    verdicts = Verdict.objects.filter(run=run, outcome="scored").count()
    if run.state != "finished" or verdicts != 2 * items:
        raise RuntimeError(f"{verdicts} verdicts of {2 * items}, the run is {run.state}: {run.reason}")


def template_of(folder: Path) -> Path:
    """The body of a run's first request, for the bare loops to send."""
    from auditing.judging.adapters import opening_of

    run = new_run(1, "http://127.0.0.1:9/v1")
    item = run.audit.batch.items.get()
    (request,) = opening_of(run.judge_version.spec, run.audit.rubric, item)
    path = folder / "request.json"
    path.write_text(json.dumps(request.body()))
    return path
