"""What the parts of this benchmark share: real servers, workers that can be killed, and runs over made-up items."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.servers import Servers, prepare_environment

if TYPE_CHECKING:
    from auditing.judging.models import Run

RECONCILE_EVERY = 5.0  # seconds; beat, which does this every 30 in a real house, is played by the benchmark


@contextmanager
def house() -> Iterator[Servers]:
    """A throw-away PostgreSQL and Valkey, with an empty Dokima on them."""
    servers = Servers()
    try:
        prepare_environment(servers.folder / "home", embedded=False)
        os.environ["DATABASE_URL"] = servers.start_postgres()
        os.environ["REDIS_URL"] = servers.start_valkey()
        os.environ["DJANGO_SETTINGS_MODULE"] = "auditing.config.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        yield servers
    finally:
        servers.stop()


class Workers:
    """Celery workers by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        from tests.processes import start_worker

        self._processes[name] = start_worker(self._folder / f"{name}.log")

    def kill(self, name: str) -> None:
        """SIGKILL to the worker and its children: it can say nothing any more."""
        process = self._processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)

    def end(self, name: str) -> None:
        """Let the worker finish what it is at, its books above all."""
        process = self._processes.pop(name)
        process.terminate()
        process.wait(60)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._processes):
            self.kill(name)


def new_run(items: int, base_url: str, **settings: Any) -> "Run":
    """A run over so many items, each different, of a judge on that endpoint; `settings` are the endpoint's."""
    from auditing.judging.services import save_endpoint
    from tests.cast import make_batch, make_collection, make_rubric, make_user
    from tests.judging.building import make_judge, queue_run

    lead = make_user("lead")
    collection = make_collection(reached_by=[lead])
    name = f"judge-{collection.pk}"
    save_endpoint(by=None, name=name, base_url=base_url, **settings)
    from auditing.rubrics.models import RubricVersion

    rubric_version = RubricVersion.objects.first() or make_rubric(lead)
    judge_version = make_judge(name, endpoint=name)
    payloads = [
        {"input": f"Question {collection.pk}.{n}?", "output": f"Answer {n}."} for n in range(1, items + 1)
    ]
    return queue_run(make_batch(collection, lead, payloads=payloads), rubric_version, judge_version, lead)


def finished(run: "Run") -> int:
    """Calls that have ended."""
    from auditing.judging.models import Call, CallState

    return Call.objects.filter(run=run, state__in=[CallState.DONE, CallState.FAILED]).count()


def is_over(run: "Run") -> bool:
    run.refresh_from_db()
    return run.state not in ("queued", "running")


def wait_until(condition: Callable[[], bool], seconds: float = 600) -> None:
    """Look often, and meanwhile put right what dead workers left, as beat does."""
    from kombu.exceptions import OperationalError

    from auditing.judging.tasks import reconcile

    deadline, reconciled = time.monotonic() + seconds, time.monotonic()
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} seconds in vain")
        if time.monotonic() - reconciled > RECONCILE_EVERY:
            reconciled = time.monotonic()
            try:
                reconcile()
            except OperationalError:  # the broker is away: the next time will do
                continue
        time.sleep(0.02)
