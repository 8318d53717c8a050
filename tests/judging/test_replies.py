"""Each answer is paid once, whoever asks and however often the work is interrupted."""

import json
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest

from auditing.accounts.models import User
from auditing.judging import claims, working
from auditing.judging.exchanges import Parts, parts_of, request_of
from auditing.judging.models import Call, CallState, PromptPart, Reply, Run, Verdict
from auditing.judging.selectors import call_view, progress
from auditing.judging.services import retry_failed, save_endpoint, set_price, work
from auditing.judging.writing import keep
from auditing.rubrics.models import RubricVersion
from judges.simulator import Faults, Simulator
from tests.cast import make_batch
from tests.judges.canned import canned, refused, said
from tests.judging.building import make_judge, queue_run

Simulate = Callable[..., Simulator]


def asked(simulator: Simulator) -> int:
    return simulator.stats.requests.total()


def verdicts_of(run: Run) -> list[tuple[int, str, str]]:
    return list(
        Verdict.objects.filter(run=run)
        .order_by("item", "criterion")
        .values_list("item", "criterion", "value")
    )


def priced() -> None:
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))


def test_the_same_judge_under_another_name_is_answered_from_what_was_paid(
    run: Run, rubric_version: RubricVersion, lead: User, simulate: Simulate
) -> None:
    simulator = simulate()
    priced()
    work(run)
    again = queue_run(run.audit.batch, rubric_version, make_judge("twin"), lead)
    work(again)
    assert asked(simulator) == 12
    assert verdicts_of(again) == verdicts_of(run)
    assert (progress(again).spent, progress(again).unpriced) == (0, 0)
    (exchange,) = call_view(again.calls.first()).exchanges
    assert (exchange.cached, exchange.attempts, exchange.cost) == (True, 0, 0)


def test_another_question_is_paid_for(
    run: Run, rubric_version: RubricVersion, lead: User, simulate: Simulate
) -> None:
    simulator = simulate()
    work(run)
    work(queue_run(run.audit.batch, rubric_version, make_judge("warmer", temperature=0.5), lead))
    assert asked(simulator) == 24


def test_items_that_are_delivered_again_are_answered_from_what_was_paid(
    make_run: Callable[..., Run], rubric_version: RubricVersion, lead: User, simulate: Simulate
) -> None:
    """The repairs too, which depend on what was said first."""
    simulator = simulate(faults=Faults(malformed=0.5))
    priced()
    first = make_run()
    work(first)
    before = asked(simulator)
    batch = make_batch(first.audit.batch.collection, lead)
    again = queue_run(batch, rubric_version, make_judge("twin"), lead)
    work(again)
    assert asked(simulator) == before > 12
    assert (progress(again).done, progress(again).spent) == (12, 0)


@pytest.mark.parametrize("concurrency", [1, 8])
def test_of_items_that_are_alike_one_is_paid(
    concurrency: int, make_run: Callable[..., Run], simulate: Simulate
) -> None:
    simulator = simulate(latency=0.05)
    priced()
    save_endpoint(by=None, name="default", base_url=simulator.base_url, concurrency=concurrency)
    run = make_run(payloads=[{"input": "Q?", "output": "A."}] * 8)
    work(run)
    assert (asked(simulator), progress(run).done) == (1, 8)
    assert run.spending.get().spent == progress(run).spent


@pytest.mark.parametrize("concurrency", [1, 4])
def test_of_items_that_are_alike_one_is_paid_though_they_are_claimed_apart(
    concurrency: int, make_run: Callable[..., Run], simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "CLAIM_AT_ONCE", (2, 2))
    monkeypatch.setattr(working, "WRITE_EVERY", 2.0)  # what is paid is not written yet
    simulator = simulate()
    save_endpoint(by=None, name="default", base_url=simulator.base_url, concurrency=concurrency)
    run = make_run(payloads=[{"input": f"Q{n // 2}?", "output": "A."} for n in range(40)])
    work(run)
    assert (asked(simulator), progress(run).done) == (20, 40)


def test_items_whose_judge_asks_nobody_at_first_share_what_it_asks_later(
    make_run: Callable[..., Run], rubric_version: RubricVersion, lead: User, simulate: Simulate
) -> None:
    simulator = simulate()
    checks = [{"check": "regex", "pattern": "never", "holds": "no"}]
    program = {"architecture": "program", "criteria": {"correct": {"checks": checks}}}
    stages = [{"name": "rules", **program}, {"name": "model", "model": "simulated"}]
    batch = make_run().audit.batch
    for name in ("first", "again"):
        judge = make_judge(name, architecture="cascade", stages=stages)
        work(queue_run(batch, rubric_version, judge, lead))
        batch = make_batch(batch.collection, lead)
    assert asked(simulator) == 12


def test_an_error_is_never_a_reply(make_run: Callable[..., Run], lead: User, simulate: Simulate) -> None:
    run = make_run(8)
    with canned(refused(400)) as local:
        save_endpoint(by=None, name="default", base_url=local.base_url)
        work(run)
    assert (progress(run).failed, Reply.objects.count()) == (8, 0)
    simulator = simulate()
    run.refresh_from_db()
    retry_failed(by=lead, run=run)
    work(run)
    assert asked(simulator) == progress(run).done == 8


def test_what_a_dead_worker_had_paid_is_used_and_counted_as_this_calls_cost(
    run: Run, simulate: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator = simulate()
    priced()
    monkeypatch.setattr(working.writing, "keep", keep_replies_only)
    work(run)
    assert Reply.objects.count() == 12
    assert not Verdict.objects.exists()
    monkeypatch.undo()
    work(run)
    assert asked(simulator) == 12
    paid = sum(Decimal(reply.content["cost"]) for reply in Reply.objects.all())
    assert progress(run).spent == paid > 0


def keep_replies_only(claim: object, finished: object, parts: Parts, replies: list[dict[str, object]]) -> int:
    """A worker that dies between a reply and its verdict."""
    return keep(uuid4(), [], parts, replies)


def test_what_failed_half_way_is_not_paid_or_counted_twice(
    rubric_version: RubricVersion, make_run: Callable[..., Run], simulate: Simulate, lead: User
) -> None:
    """A reply that cannot be read, then a repair that the endpoint refuses, then all of it again."""
    run = make_run(1)
    simulate(faults=Faults(malformed=1.0))
    priced()
    work(run)
    call = Call.objects.get(run=run)
    first, repair = call.exchanges
    Reply.objects.exclude(content__contains=first["started_at"]).delete()
    repair["error_kind"] = "ServerFault"
    Call.objects.filter(pk=call.pk).update(exchanges=[first, repair], state=CallState.FAILED)
    Verdict.objects.all().delete()
    simulator = simulate()
    retry_failed(by=lead, run=run)
    work(run)
    again = Call.objects.get(run=run).exchanges[2:]
    assert [(one["cached"], one["cost"]) for one in again[:1]] == [(True, "0")]
    assert asked(simulator) == len(again) - 1 == 1


def test_what_requests_share_is_kept_once_and_read_back_exactly(make_run: Callable[..., Run]) -> None:

    answer = json.dumps(
        {key: {"rationale": "r", "value": value} for key, value in (("correct", "yes"), ("helpful", 2))}
    )
    run = make_run(6)
    with canned(said(answer)) as local:
        save_endpoint(by=None, name="default", base_url=local.base_url)
        work(run)
    assert PromptPart.objects.count() == 2
    calls = Call.objects.filter(run=run).order_by("item")
    rebuilt = [
        request_of(exchange, parts_of(call.exchanges)) for call in calls for exchange in call.exchanges
    ]
    assert sorted(map(json.dumps, rebuilt)) == sorted(map(json.dumps, local.asked))
    assert len(json.dumps(calls[0].exchanges)) < len(json.dumps(local.asked[0])) / 2
    system, user = call_view(calls[0]).exchanges[0].messages
    assert [role for role, _ in (system, user)] == ["system", "user"]
    assert system[1] == local.asked[0]["messages"][0]["content"]


def test_a_part_that_was_tampered_with_is_refused(run: Run, simulate: Simulate) -> None:
    simulate()
    work(run)
    PromptPart.objects.update(content="Say yes.")
    with pytest.raises(ValueError, match="has changed"):
        call_view(run.calls.first())


def test_requests_kept_whole_before_parts_were_shared_can_still_be_read(run: Run, simulate: Simulate) -> None:
    simulate()
    work(run)
    call = run.calls.first()
    shown = call_view(call).exchanges
    whole = [one | {"request": request_of(one, parts_of(call.exchanges))} for one in call.exchanges]
    Call.objects.filter(pk=call.pk).update(exchanges=whole)
    PromptPart.objects.all().delete()
    assert call_view(Call.objects.get(pk=call.pk)).exchanges == shown


def test_a_late_worker_changes_no_verdict_but_what_it_paid_is_kept(run: Run) -> None:
    ours = uuid4()
    (call, *_) = claims.take(run, ours, 1)
    claims.release(ours)
    when = "2026-11-01T12:00:00+00:00"
    content = json.dumps({"started_at": when, "cost": None, "prompt_tokens": 400, "completion_tokens": None})
    about = {"run_id": run.pk, "item_id": call.item_id, "booked": False}
    row = {**about, "digest": "d" * 64, "content": content}
    assert keep(ours, [], Parts(), [row, row | {"digest": "e" * 64}]) == 0
    assert keep(ours, [], Parts(), [row]) == 0
    assert Reply.objects.count() == 2
