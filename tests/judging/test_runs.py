"""Starting runs and steering them."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.models import Batch, Collection
from auditing.journal.models import Entry
from auditing.judging import runs, working
from auditing.judging.models import Call, CallState, Run, RunState
from auditing.judging.selectors import calls_visible_to, progress, runs_visible_to
from auditing.judging.services import (
    cancel,
    pause,
    publish,
    resume,
    retry_failed,
    save_draft,
    start_runs,
    work,
)
from auditing.rubrics.models import RubricVersion
from auditing.sampling.services import draw_sample
from judges.simulator import Faults, Simulator
from tests.cast import SOP, make_audit, make_sop
from tests.judging.building import MODEL, make_judge


def test_a_run_has_a_call_for_each_item_of_the_judge_sample(run: Run) -> None:
    assert run.state == RunState.QUEUED
    drawn = set(run.audit.plan.draws.values_list("item_id", flat=True))
    assert set(run.calls.values_list("item_id", flat=True)) == drawn


def test_starting_twice_is_once(run: Run, lead: User) -> None:
    save_draft(by=None, judge=run.judge_version.judge, content={"model": "newer"})
    publish(by=None, judge=run.judge_version.judge)
    assert start_runs(by=lead, audit=run.audit) == [run]
    assert run.calls.count() == 12
    assert Entry.objects.filter(verb="queued").count() == 1


def test_the_newest_version_is_bound(
    batch: Batch, rubric_version: RubricVersion, lead: User, collection: Collection
) -> None:
    first = make_judge()
    save_draft(by=None, judge=first.judge, content={"model": MODEL, "seed": 2})
    second = publish(by=None, judge=first.judge)
    run = start_runs(by=lead, audit=drawn_audit(batch, collection, rubric_version, lead, ["careful"]))[0]
    assert run.judge_version == second
    assert len(run.fingerprint) == 64


def test_an_unknown_judge_is_named(
    batch: Batch, rubric_version: RubricVersion, lead: User, collection: Collection
) -> None:
    audit = drawn_audit(batch, collection, rubric_version, lead, ["nobody"])
    with pytest.raises(BadInput, match="nobody"):
        start_runs(by=lead, audit=audit)


def test_the_sample_is_drawn_first(audit: Audit, lead: User) -> None:
    with pytest.raises(Conflict, match="Draw the sample"):
        start_runs(by=lead, audit=audit)


def test_who_may_not_run_audits_may_not_steer(run: Run, viewer: User, outsider: User) -> None:
    for user in (viewer, outsider):
        for act in (pause, cancel, resume, retry_failed):
            with pytest.raises(Forbidden):
                act(by=user, run=run)


def test_outsiders_auditors_and_vendors_see_no_run(
    run: Run, lead: User, viewer: User, outsider: User, auditor: User, vendor: User
) -> None:
    assert list(runs_visible_to(lead)) == list(runs_visible_to(viewer)) == [run]
    for user in (outsider, auditor, vendor):
        assert not runs_visible_to(user).exists()
        assert not calls_visible_to(user).exists()


def test_pause_resume_cancel(run: Run, lead: User) -> None:
    pause(by=lead, run=run)
    assert run.state == RunState.PAUSED
    assert run.reason == "paused by Lead"
    assert work(run).judged == 0
    resume(by=lead, run=run)
    assert (run.state, run.reason) == (RunState.QUEUED, "")
    cancel(by=lead, run=run)
    with pytest.raises(Conflict):
        resume(by=lead, run=run)
    verbs = list(Entry.objects.order_by("sequence").values_list("verb", flat=True))
    assert verbs[-3:] == ["paused", "resumed", "cancelled"]


def test_only_failures_are_retried(
    make_run: Callable[..., Run], lead: User, simulate: Callable[..., Simulator]
) -> None:
    run = make_run(60)
    simulate(faults=Faults(rate_500=0.7))
    work(run)
    run.refresh_from_db()
    before = progress(run)
    assert before.failed > 0
    if run.state == RunState.PAUSED:
        resume(by=lead, run=run)
    else:
        retry_failed(by=lead, run=run)
    assert progress(run).queued == 60 - before.done
    simulator = simulate()
    work(run)
    assert progress(run).done == 60
    assert sum(simulator.stats.requests.values()) == 60 - before.done
    failed_once = Call.objects.filter(run=run, attempts__gt=6).first()  # six are made before giving up
    assert failed_once is not None
    assert [bool(e["error_kind"]) for e in failed_once.exchanges] == [True, False]


def test_nothing_failed_nothing_to_retry(run: Run, lead: User, simulate: Callable[..., Simulator]) -> None:
    simulate()
    work(run)
    with pytest.raises(Conflict, match="No call"):
        retry_failed(by=lead, run=run)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED


@pytest.mark.django_db(transaction=True)
def test_a_pause_is_noticed_within_a_second(
    make_run: Callable[..., Run], lead: User, simulate: Callable[..., Simulator]
) -> None:
    run = make_run(300)
    simulator = simulate(latency=0.2)
    worker = threading.Thread(target=work_and_hang_up, args=(run.pk,))
    worker.start()
    while not Call.objects.filter(run=run, state=CallState.DONE).exists():
        time.sleep(0.05)
    run.refresh_from_db()
    pause(by=lead, run=run)
    time.sleep(1)
    asked = sum(simulator.stats.requests.values())
    worker.join(20)
    assert sum(simulator.stats.requests.values()) == asked < 300
    found = progress(run)
    assert found.done == asked
    assert found.claimed == 0


def work_and_hang_up(pk: int) -> None:
    try:
        work(Run.objects.get(pk=pk))
    finally:
        connection.close()


def test_whoever_asked_hears_of_the_end(
    run: Run,
    simulate: Callable[..., Simulator],
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    heard: list[Run] = []
    monkeypatch.setattr(runs, "_listeners", [])
    runs.on_run_finished(heard.append)
    runs.on_run_finished(heard.append)
    simulate()
    with django_capture_on_commit_callbacks(execute=True):
        work(run)
    assert heard == [run]


def drawn_audit(
    batch: Batch, collection: Collection, rubric_version: RubricVersion, lead: User, judges: list[str]
) -> Audit:
    sampling = {"method": "simple", "judge": 5, "human": 2}
    sop = {**SOP, "sampling": sampling, "judges": judges}
    audit = make_audit(batch, make_sop(collection, rubric_version, lead, sop), lead)
    draw_sample(by=lead, audit=audit)
    return audit


def test_an_endpoint_that_hangs_does_not_hold_up_a_stop(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "GRACE", 0.5)
    run = make_run(40)
    simulate(faults=Faults(hang=0.5, hang_s=60))
    begun = time.monotonic()
    work(run, limit_seconds=0.5)
    assert time.monotonic() - begun < 10
    found = progress(run)
    assert (found.claimed, found.failed) == (0, 0)
    assert 0 < found.done < 40


def test_what_breaks_on_our_side_pauses_the_run_with_the_reason(
    run: Run, simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that broke in the same way each time would be woken for ever, and nobody would see why."""

    def broken(*_: object) -> None:
        raise KeyError("a mistake of ours")

    simulate()
    monkeypatch.setattr(working.writing, "keep", broken)
    with pytest.raises(KeyError):
        work(run)
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert "something broke on our side (KeyError)" in run.reason
