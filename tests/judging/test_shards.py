"""Several workers at one run: each call once, one end, and every act noticed by all of them."""

import threading
import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection

from auditing.accounts.models import User
from auditing.journal.models import Entry
from auditing.judging import claims, tasks
from auditing.judging.models import Call, CallState, Run, RunState, Verdict
from auditing.judging.selectors import progress
from auditing.judging.services import cancel, pause, resume, work
from judges.simulator import Simulator

Simulate = Callable[..., Simulator]


def workers(run: Run, count: int = 2) -> list[threading.Thread]:
    """That many workers at the run, each with a connection of its own."""
    started = [threading.Thread(target=work_and_hang_up, args=(run.pk,)) for _ in range(count)]
    for thread in started:
        thread.start()
    return started


def work_and_hang_up(pk: int) -> None:
    try:
        work(Run.objects.get(pk=pk))
    finally:
        connection.close()


def wait_for_two(run: Run) -> None:
    deadline = time.monotonic() + 30
    while claims.workers_at(run) < 2 or not Call.objects.filter(run=run, state=CallState.DONE).exists():
        assert time.monotonic() < deadline, "two workers never worked at once"
        time.sleep(0.02)


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_a_run_and_end_it_once(make_run: Callable[..., Run], simulate: Simulate) -> None:
    run = make_run(300)
    simulator = simulate(latency=0.05)
    both = workers(run)
    wait_for_two(run)
    for thread in both:
        thread.join(60)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    assert simulator.stats.requests.total() == progress(run).done == 300
    assert Verdict.objects.filter(run=run).count() == 600
    assert Entry.objects.filter(subject_kind="judging.run", verb="finished").count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [pause, cancel])
def test_both_workers_notice_a_stop(
    act: Callable[..., Run], make_run: Callable[..., Run], lead: User, simulate: Simulate
) -> None:
    run = make_run(400)
    simulator = simulate(latency=0.3)
    both = workers(run)
    wait_for_two(run)
    run.refresh_from_db()
    act(by=lead, run=run)
    for thread in both:
        thread.join(30)
    found = progress(run)
    assert found.claimed == 0
    assert found.done == simulator.stats.requests.total() < 400
    if act is pause:
        resume(by=lead, run=run)
        work(run)
        assert progress(run).done == simulator.stats.requests.total() == 400


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_is_down_stops_both_and_says_why(
    make_run: Callable[..., Run], simulate: Simulate
) -> None:
    run = make_run(300)
    simulate(api_key="sesame", latency=0.05)
    for thread in workers(run):
        thread.join(60)
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert "NotAuthorised" in run.reason
    assert Entry.objects.filter(subject_kind="judging.run", verb="paused").count() == 1
    assert progress(run).claimed == 0


@pytest.mark.parametrize(("items", "woken"), [(12, 0), (300, 1)])
def test_a_shard_wakes_the_next_while_there_is_work_and_no_more(
    items: int,
    woken: int,
    make_run: Callable[..., Run],
    simulate: Simulate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    simulate()
    run, sent = make_run(items), []
    monkeypatch.setattr(tasks.work_on_run, "apply_async", lambda arguments, **_: sent.append(*arguments))
    tasks.work_on_run(run.pk)
    tasks.work_on_run(run.pk)
    assert sent == [run.pk] * woken
    assert Run.objects.get(pk=run.pk).state == RunState.FINISHED


def test_no_more_shards_than_a_run_can_use(
    run: Run, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = simulate()
    monkeypatch.setattr(tasks, "MOST_SHARDS", 2)
    for _ in range(2):
        claims.take(run, uuid4(), 3)
    assert claims.workers_at(run) == 2
    tasks.work_on_run(run.pk)
    assert simulator.stats.requests.total() == 0
