"""Items that are alike, in the hands of several workers: one is paid, and no worker waits for ever for another."""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from auditing.datasets.models import Item
from auditing.judging import claims, tasks, working
from auditing.judging.models import Call, CallState, Run, RunState
from auditing.judging.services import save_endpoint
from judges.simulator import Simulator
from tests.judging.test_shards import workers

Simulate = Callable[..., Simulator]


@pytest.fixture
def run_over(make_run: Callable[..., Run]) -> Callable[..., Run]:
    """A run over items with these questions, in sample order."""

    def make(questions: Iterable[str]) -> Run:
        listed = list(questions)
        run = make_run(len(listed))
        for call, question in zip(run.calls.order_by("pk"), listed, strict=True):
            Item.objects.filter(pk=call.item_id).update(payload={"input": question, "output": "A."})
        return run

    return make


def taken(run: Run, claim: UUID, size: int = 10) -> list[str]:
    """What that claim takes more, by its question."""
    return [one.payload["input"] for one in claims.take(run, claim, size)]


@pytest.mark.django_db(transaction=True)
def test_what_two_workers_hold_of_the_same_is_paid_once(
    run_over: Callable[..., Run], simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CLAIM_AT_ONCE", (8, 8))
    simulator = simulate(latency=0.05)
    save_endpoint(by=None, name="default", base_url=simulator.base_url, concurrency=4)
    run = run_over(str(n % 30) for n in range(120))
    for thread in workers(run):
        thread.join(60)
    assert Call.objects.filter(run=run, state=CallState.DONE).count() == 120
    assert simulator.stats.requests.total() == len(simulator.stats.requests) == 30
    assert Run.objects.get(pk=run.pk).state == RunState.FINISHED


def test_a_claim_passes_over_what_is_alike_in_other_hands(run_over: Callable[..., Run]) -> None:
    run, mine, other = run_over("xyxzyz"), uuid4(), uuid4()
    assert taken(run, mine, 2) == ["x", "y"]
    assert taken(run, other) == ["z", "z"]
    assert taken(run, other) == []
    assert taken(run, mine) == ["x", "y"]


def test_what_was_passed_over_is_taken_once_the_first_is_out_of_hand(run_over: Callable[..., Run]) -> None:
    run, first, second = run_over("xyxy"), uuid4(), uuid4()
    assert taken(run, first, 2) == ["x", "y"]
    Call.objects.filter(run=run, claim=first, item__payload__contains="x").update(state=CallState.DONE)
    assert taken(run, second) == ["x"]
    claims.release(first)
    assert taken(run, second) == ["y", "y"]


def test_a_batch_s_answers_are_taken_whoever_holds_the_like(run_over: Callable[..., Run]) -> None:
    run = run_over("xx")
    Call.objects.filter(run=run).update(state=CallState.ANSWERED)
    assert [len(claims.take(run, uuid4(), 1, CallState.ANSWERED)) for _ in range(2)] == [1, 1]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_claim_at_the_same_instant_one_waits_for_the_other(run_over: Callable[..., Run]) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer")
    run, found = run_over("xx"), list[str]()

    def claim() -> None:
        try:
            found.extend(taken(run, uuid4()))
        finally:
            connection.close()

    other = threading.Thread(target=claim)
    with transaction.atomic():
        assert taken(run, uuid4(), 1) == ["x"]
        other.start()
        other.join(0.3)  # time enough to claim what nobody has been seen to hold
    other.join(10)
    assert found == []


@pytest.mark.django_db(transaction=True)
def test_what_is_like_a_dead_worker_s_is_judged_once_its_claim_is_stale(
    run_over: Callable[..., Run], simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator, woken = simulate(), list[int]()
    monkeypatch.setattr(tasks.work_on_run, "apply_async", lambda arguments, **_: woken.append(*arguments))
    run = run_over("xxy")
    assert taken(run, uuid4(), 1) == ["x"]  # by one who is never heard of again
    tasks.work_on_run(run.pk)
    run.refresh_from_db()
    assert (run.state, simulator.stats.requests.total()) == (RunState.RUNNING, 1)
    long_ago = timezone.now() - claims.STALE_AFTER - timedelta(seconds=1)
    Call.objects.filter(run=run, state=CallState.CLAIMED).update(claimed_at=long_ago)
    tasks.reconcile()
    assert woken == [run.pk]
    tasks.work_on_run(run.pk)
    run.refresh_from_db()
    assert (run.state, simulator.stats.requests.total()) == (RunState.FINISHED, 2)
