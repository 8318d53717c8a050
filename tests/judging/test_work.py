"""A run over real HTTP: every item once, every end recorded, nothing lost."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from auditing.journal.models import Entry
from auditing.judging import claims, working
from auditing.judging.claims import Claimed
from auditing.judging.exchanges import Parts
from auditing.judging.models import Call, CallState, Endpoint, Run, RunState, Verdict
from auditing.judging.selectors import distribution, progress
from auditing.judging.services import save_endpoint, set_price, work
from auditing.judging.writing import keep
from judges.simulator import Faults, Simulator


def test_every_item_gets_a_verdict_on_every_criterion(run: Run, simulate: Callable[..., Simulator]) -> None:
    simulator = simulate()
    work(run)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    assert run.finished_at is not None
    verdicts = Verdict.objects.filter(run=run)
    assert verdicts.values("item").distinct().count() == 12
    assert verdicts.filter(outcome="scored").count() == 24
    assert sum(simulator.stats.requests.values()) == 12


def test_the_exact_prompt_and_response_are_kept(run: Run, simulate: Callable[..., Simulator]) -> None:
    simulate()
    work(run)
    call = Call.objects.filter(run=run).select_related("item").first()
    assert call is not None
    (exchange,) = call.exchanges
    assert call.item.payload["output"] in exchange["request"]["messages"][-1]["content"]
    assert '"value"' in exchange["response"]
    assert call.prompt_tokens > 0
    assert call.completion_tokens > 0
    assert call.cost is None


def test_cost_follows_the_price_table(run: Run, simulate: Callable[..., Simulator]) -> None:
    simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    work(run)
    found = progress(run)
    calls = Call.objects.filter(run=run)
    tokens = [(call.prompt_tokens, call.completion_tokens) for call in calls]
    assert found.spent == sum(Decimal(prompt + 2 * completion) / 1_000_000 for prompt, completion in tokens)
    assert found.unpriced == 0


def test_progress_is_reported_and_adds_up(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    run = make_run(60)
    simulate(latency=0.2)
    seen = []
    work(run, on_progress=seen.append)
    assert [p.total for p in seen] == [60] * len(seen)
    assert all(p.queued + p.claimed + p.done + p.failed == 60 for p in seen)
    assert any(0 < p.done < 60 for p in seen)
    assert seen[-1].done == 60


def test_each_fault_ends_in_one_recorded_outcome(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    run = make_run(120)
    faults = Faults(
        rate_429=0.1,
        rate_500=0.1,
        reset=0.05,
        malformed=0.2,
        truncated=0.05,
        refusal=0.05,
        content_filter=0.05,
        off_scale=0.2,
        retry_after=0.01,
    )
    simulate(faults=faults)
    work(run)
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    found = progress(run)
    assert found.done + found.failed == 120
    assert Verdict.objects.filter(run=run).count() == 2 * found.done
    outcomes = set(Verdict.objects.filter(run=run).values_list("outcome", flat=True))
    assert {"scored", "refused", "truncated", "parse_failed"} <= outcomes
    assert found.unscored > 0
    counted = distribution(run)
    assert sum(counted["correct"].values()) == found.done
    assert counted["helpful"]["truncated"] == counted["correct"]["truncated"]


def test_a_dead_endpoint_pauses_the_run_and_says_why(make_run: Callable[..., Run]) -> None:
    save_endpoint(by=None, name="default", base_url="http://127.0.0.1:9/v1")
    run = make_run(40)
    summary = work(run)
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert "ConnectionLost" in run.reason
    assert summary.reason == run.reason
    assert not Call.objects.filter(run=run, state=CallState.CLAIMED).exists()
    assert not Verdict.objects.filter(run=run).exists()


def test_without_an_endpoint_the_run_pauses_at_once(run: Run) -> None:
    assert "OPENAI_BASE_URL" in work(run).reason
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert Call.objects.filter(run=run, state=CallState.QUEUED).count() == 12


def test_a_wrong_key_pauses_at_the_first_call(run: Run, simulate: Callable[..., Simulator]) -> None:
    simulator = simulate(api_key="sesame")
    assert "NotAuthorised" in work(run).reason
    assert sum(simulator.stats.requests.values()) <= 12


def test_when_time_is_up_the_rest_stays_queued(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    run = make_run(300)
    simulate(latency=0.3)
    work(run, limit_seconds=0.5)
    found = progress(run)
    assert found.claimed == 0
    assert 0 < found.done < 300
    assert run.state == RunState.RUNNING
    work(run)
    assert progress(run).done == 300


def test_a_late_answer_of_a_worker_that_lost_its_claim_changes_nothing(run: Run) -> None:
    ours, theirs = uuid4(), uuid4()
    calls = claims.take(run, ours, 5)
    claims.release(ours)
    assert len(claims.take(run, theirs, 5)) == 5
    assert keep(ours, [(call, judgement_of(call)) for call in calls], Parts()) == 0
    assert not Verdict.objects.exists()


def test_two_workers_never_hold_one_call(run: Run) -> None:
    first, second = claims.take(run, uuid4(), 7), claims.take(run, uuid4(), 7)
    assert {call.pk for call in first} & {call.pk for call in second} == set()
    assert len(first) + len(second) == 12


def test_the_journal_has_one_entry_an_act(run: Run, simulate: Callable[..., Simulator]) -> None:
    simulate()
    work(run)
    verbs = Entry.objects.filter(subject_kind="judging.run", subject_id=str(run.pk)).order_by("sequence")
    assert list(verbs.values_list("verb", flat=True)) == ["queued", "started", "finished"]


def judgement_of(call: Claimed) -> object:
    from judges.contracts import Answer, Judgement, Outcome

    return Judgement(str(call.item_id), (Answer("correct", Outcome.SCORED, "yes"),), ())


def test_a_run_that_takes_long_to_count_is_counted_less_often(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(60)
    simulate(latency=0.5)
    save_endpoint(by=None, name="default", base_url=Endpoint.objects.get().base_url, concurrency=16)
    seen = []
    monkeypatch.setattr(working, "COUNTING", 1e-9)
    work(run, on_progress=seen.append)
    assert len(seen) == 2  # at the first look, and at the end
    assert seen[-1].done == 60


def test_a_worker_that_was_thought_dead_asks_nothing_twice(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database was away others put back what she holds; she claims it again with calls under way."""
    monkeypatch.setattr(working, "CLAIM_AT_ONCE", (4, 4))
    simulator = simulate(latency=0.4)
    save_endpoint(by=None, name="default", base_url=simulator.base_url, concurrency=4)
    run = make_run()
    done = work(run, on_progress=lambda _: claims.release_stale(older_than=timedelta(0), run=run))
    assert (done.judged, run.state) == (12, RunState.FINISHED)
    assert simulator.stats.requests.total() == 12
