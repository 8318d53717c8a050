"""A real Celery worker, killed outright in the middle of a run: every item is judged once all the same."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from auditing.accounts.models import User
from auditing.datasets.models import Collection
from auditing.judging.models import Call, CallState, Endpoint, JudgeVersion, Run, RunState, Verdict
from auditing.judging.services import release_stale_claims
from auditing.judging.tasks import work_on_run
from auditing.rubrics.models import RubricVersion
from judges.simulator import Simulator
from tests.cast import make_batch
from tests.judging.building import queue_run

ITEMS, IN_FLIGHT = 500, 6


@contextmanager
def worker(project_root: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process group on the test's own database and broker."""
    database = connection.settings_dict
    host = str(database["HOST"]).replace("/", "%2F")
    url = f"postgres://{database['USER']}@{host}/{database['NAME']}"
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    command = [sys.executable, "-m", "celery", "-A", "auditing.config.celery", "worker", "--concurrency", "1"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", "--loglevel", "INFO"],
            cwd=project_root,
            env={**os.environ, "DATABASE_URL": url},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def wait_until(condition: Callable[[], bool], log: Path, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds} seconds in vain; the worker said:\n{log.read_text()[-4000:]}")
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_nothing_is_judged_twice(
    collection: Collection,
    rubric_version: RubricVersion,
    judge_version: JudgeVersion,
    lead: User,
    simulate: Callable[..., Simulator],
    project_root: Path,
    tmp_path: Path,
) -> None:
    simulator = simulate(latency=0.1)
    Endpoint.objects.update(concurrency=IN_FLIGHT)
    run = queue_run(make_batch(collection, lead, size=ITEMS), rubric_version, judge_version, lead)
    log = tmp_path / "worker.log"

    work_on_run.delay(run.pk)
    with worker(project_root, log) as first:
        wait_until(lambda: Call.objects.filter(run=run, state=CallState.DONE).count() >= ITEMS / 2, log)
        os.killpg(first.pid, signal.SIGKILL)
        first.wait(10)

    claimed = Call.objects.filter(run=run, state=CallState.CLAIMED).count()
    assert claimed > 0, "the worker was killed too late to prove anything"
    time.sleep(1.1)
    assert release_stale_claims(older_than=timedelta(seconds=1)) > 0
    work_on_run.delay(run.pk)
    with worker(project_root, log):
        wait_until(lambda: Run.objects.get(pk=run.pk).state == RunState.FINISHED, log)

    assert Call.objects.filter(run=run, state=CallState.DONE).count() == ITEMS
    assert Verdict.objects.filter(run=run).count() == 2 * ITEMS
    paid_twice = simulator.stats.requests.total() - ITEMS
    assert 0 < paid_twice <= IN_FLIGHT, (
        f"of {claimed} items claimed by the killed worker, {paid_twice} paid twice"
    )
    print(f"{paid_twice} of {ITEMS} items paid twice with {IN_FLIGHT} in flight")
