"""Two real worker processes at one run, whose endpoint goes away and comes back."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from auditing.journal.models import Entry
from auditing.judging import claims
from auditing.judging.models import Call, CallState, Endpoint, Run, RunState, Verdict
from auditing.judging.selectors import progress
from auditing.judging.services import resume
from auditing.judging.tasks import work_on_run
from judges.simulator import Faults, Simulator
from tests.processes import start_worker

ITEMS = 300
PATIENCE = 90  # seconds


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_run_stops_once_says_why_and_ends_with_every_item_judged_once(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator], tmp_path: Path
) -> None:
    run, log = make_run(ITEMS), tmp_path / "worker.log"
    simulator = simulate(latency=0.1)
    Endpoint.objects.update(concurrency=8)
    processes = start_worker(log, processes=2)
    try:
        for _ in range(2):
            work_on_run.delay(run.pk)
        wait_until(lambda: claims.workers_at(run) == 2 and done(run) >= ITEMS / 10, log)
        simulator.faults = Faults(rate_500=1.0)
        wait_until(lambda: state_of(run) == RunState.PAUSED and progress(run).claimed == 0, log)
        run.refresh_from_db()
        assert "items failed in a row" in run.reason
        assert Entry.objects.filter(subject_kind="judging.run", verb="paused").count() == 1
        assert 0 < done(run) < ITEMS
        assert not Verdict.objects.filter(run=run).exclude(outcome__in=["scored", "abstained"]).exists()

        simulator.faults = Faults()
        resume(by=None, run=run)
        for _ in range(2):
            work_on_run.delay(run.pk)
        wait_until(lambda: state_of(run) == RunState.FINISHED, log)
    finally:
        os.killpg(processes.pid, signal.SIGKILL)
        processes.wait(10)
    assert done(run) == ITEMS
    assert Verdict.objects.filter(run=run).count() == 2 * ITEMS
    answered = Call.objects.filter(run=run).values_list("exchanges", flat=True)
    assert all(sum(not one["error_kind"] for one in exchanges) == 1 for exchanges in answered)
    assert Entry.objects.filter(subject_kind="judging.run", verb="finished").count() == 1


def done(run: Run) -> int:
    return Call.objects.filter(run=run, state=CallState.DONE).count()


def state_of(run: Run) -> str:
    return str(Run.objects.get(pk=run.pk).state)


def wait_until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain; the workers said:\n{log.read_text()[-4000:]}"
        time.sleep(0.05)
