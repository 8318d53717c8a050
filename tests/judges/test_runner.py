import asyncio
import time
from collections import Counter
from decimal import Decimal

import pytest

from judges.architectures.panel import Member, Panel
from judges.architectures.single import Single
from judges.contracts import Outcome
from judges.errors import EndpointDown
from judges.pricing import Price
from judges.retrying import RetryPolicy
from judges.runner import run
from judges.simulator import Faults, Persona, Simulator
from tests.judges.bench import ONCE, endpoint, judge_all, spec, subjects, user_message

MIXED = Faults(
    rate_429=0.05, rate_500=0.05, reset=0.05, hang=0.01, broken_body=0.03, malformed=0.05, truncated=0.03,
    refusal=0.03, content_filter=0.02, off_scale=0.05, retry_after=0.02, hang_s=30.0,
)  # fmt: skip

PATIENT = RetryPolicy(attempts=12, first=0.01, longest=0.05)


def run_all(simulator, items, on_judgement, concurrency=16, judge=None, options=None, **settings):
    async def running():
        async with endpoint(simulator, **options or {}) as provider:
            architecture = Single(judge or spec())
            return await run(
                architecture, items, provider, concurrency=concurrency, on_judgement=on_judgement, **settings
            )

    return asyncio.run(running())


def test_500_items_at_64_in_flight_each_get_exactly_one_judgement():
    with Simulator(latency=0.02) as simulator:
        judgements = judge_all(simulator, subjects(500), concurrency=64)
        assert simulator.stats.requests.total() == 500
        assert simulator.stats.most_in_flight <= 64
    assert Counter(judgement.item_id for judgement in judgements) == {f"item-{n}": 1 for n in range(500)}


def test_under_every_fault_at_once_every_item_ends_once():
    with Simulator(faults=MIXED) as simulator:
        judgements = judge_all(simulator, subjects(300), timeout=1.5, retry=PATIENT)
        faults = simulator.stats.faults
    assert Counter(judgement.item_id for judgement in judgements) == {f"item-{n}": 1 for n in range(300)}
    answers = [answer for judgement in judgements for answer in judgement.answers]
    assert len(answers) == 600
    assert all((answer.value is not None) == (answer.outcome is Outcome.SCORED) for answer in answers)
    assert {answer.outcome for answer in answers} >= {Outcome.SCORED, Outcome.REFUSED, Outcome.TRUNCATED}
    assert Outcome.INFRA_FAILED not in {answer.outcome for answer in answers}
    assert len(faults) == 10


def test_the_summary_counts_what_happened():
    prices = {"simulated": Price(Decimal(1), Decimal(1))}
    with Simulator() as simulator:
        kept = []
        summary = run_all(simulator, subjects(10), kept.append, options={"prices": prices})
    assert (summary.items, summary.calls, summary.unpriced_calls, summary.stopped) == (10, 10, 0, False)
    assert summary.outcomes == {Outcome.SCORED: 20}
    assert summary.cost == sum(call.cost for judgement in kept for call in judgement.calls) > 0
    assert summary.prompt_tokens == sum(judgement.calls[0].prompt_tokens for judgement in kept)


def test_subjects_are_read_no_faster_than_they_are_judged():
    read, ahead = 0, []

    def feed():
        nonlocal read
        for subject in subjects(60):
            read += 1
            yield subject

    kept = []

    def keep(judgement):
        kept.append(judgement)
        ahead.append(read - len(kept))

    with Simulator(latency=0.005) as simulator:
        run_all(simulator, feed(), keep, concurrency=4)
    assert len(kept) == 60
    assert max(ahead) <= 4


def test_an_async_source_and_an_async_sink():
    async def feed():
        for subject in subjects(30):
            await asyncio.sleep(0)
            yield subject

    kept = []

    async def keep(judgement):
        await asyncio.sleep(0.001)
        kept.append(judgement.item_id)

    with Simulator() as simulator:
        run_all(simulator, feed(), keep)
    assert sorted(kept) == sorted(subject.item_id for subject in subjects(30))


def test_stop_finishes_what_is_in_flight_and_reads_no_more():
    kept = []
    with Simulator(latency=0.01) as simulator:
        summary = run_all(simulator, subjects(200), kept.append, concurrency=8, stop=lambda: len(kept) >= 20)
        assert simulator.stats.requests.total() == len(kept)
    assert summary.stopped
    assert 20 <= len(kept) < 30


def test_a_dead_endpoint_opens_the_breaker_with_what_failed_delivered():
    kept = []
    with (
        Simulator(faults=Faults(rate_500=1.0)) as simulator,
        pytest.raises(EndpointDown, match=r"5 items failed.*HTTP 500"),
    ):
        run_all(
            simulator, subjects(500), kept.append, concurrency=2, breaker_threshold=5, options={"retry": ONCE}
        )
    assert 5 <= len(kept) <= 6
    assert all(judgement.answers[0].outcome is Outcome.INFRA_FAILED for judgement in kept)


def test_scattered_failures_do_not_open_the_breaker():
    kept = []
    with Simulator(faults=Faults(rate_500=0.5)) as simulator:
        run_all(simulator, subjects(200), kept.append, breaker_threshold=60, options={"retry": ONCE})
    outcomes = Counter(judgement.answers[0].outcome for judgement in kept)
    assert set(outcomes) == {Outcome.SCORED, Outcome.INFRA_FAILED}
    assert len(kept) == 200


@pytest.mark.parametrize(
    ("judge", "options", "reason"),
    [(spec(model="unknown"), {}, "UnknownModel"), (spec(), {"api_key": "wrong"}, "NotAuthorised")],
)
def test_a_wrong_key_or_model_stops_the_run_at_once(judge, options, reason):
    kept = []
    with (
        Simulator(api_key="secret") as simulator,
        pytest.raises(EndpointDown, match=f"no call can succeed: {reason}"),
    ):
        run_all(simulator, subjects(100), kept.append, concurrency=4, judge=judge, options=options)
    assert len(kept) <= 4


def test_a_hand_over_that_has_begun_is_finished_when_the_run_fails():
    begun, finished = [], []

    async def slow(judgement):
        begun.append(judgement)
        await asyncio.sleep(0.2)
        finished.append(judgement)

    with Simulator(faults=Faults(rate_500=1.0)) as simulator, pytest.raises(EndpointDown):
        run_all(simulator, subjects(50), slow, concurrency=8, breaker_threshold=1, options={"retry": ONCE})
    assert begun == finished


def test_an_error_of_the_sink_ends_the_run():
    def broken(judgement):
        raise OSError("disk full")

    with Simulator() as simulator, pytest.raises(OSError, match="disk full"):
        run_all(simulator, subjects(50), broken)


def test_what_failed_can_be_run_again():
    kept = []
    with Simulator(faults=Faults(rate_500=0.4)) as simulator:
        items = {subject.item_id: subject for subject in subjects(40)}
        run_all(simulator, items.values(), kept.append, breaker_threshold=40, options={"retry": ONCE})
        failed = [items[one.item_id] for one in kept if one.answers[0].outcome.retryable]
        assert 5 < len(failed) < 40
        run_all(simulator, failed, kept.append, options={"retry": RetryPolicy(attempts=10, first=0.001)})
        assert all(simulator.stats.requests_for(user_message(subject)) >= 2 for subject in failed)
    assert sum(judgement.answers[0].outcome is Outcome.SCORED for judgement in kept) == 40


def test_concurrency_must_be_at_least_one():
    with Simulator() as simulator, pytest.raises(ValueError, match="at least 1"):
        run_all(simulator, subjects(1), list, concurrency=0)


def test_the_runs_speed_is_the_endpoints():
    with Simulator(latency=0.2) as simulator:
        started = time.perf_counter()
        judge_all(simulator, subjects(64), concurrency=64)
    assert time.perf_counter() - started < 8.0  # one after the other would take 12.8 seconds


class Brittle(Single):
    """Breaks on one item, as a judge that does not foresee what may be in it."""

    async def judge(self, subject, provider):
        if subject.item_id == "item-3":
            raise ZeroDivisionError("nothing to divide by")
        return await super().judge(subject, provider)


def test_an_item_that_breaks_the_judge_fails_alone():
    found = []

    async def running(simulator):
        async with endpoint(simulator) as provider:
            await run(Brittle(spec()), subjects(10), provider, concurrency=4, on_judgement=found.append)

    with Simulator() as simulator:
        asyncio.run(running(simulator))
    broken = [judgement for judgement in found if judgement.answers[0].outcome is Outcome.INFRA_FAILED]
    assert len(found) == 10
    assert [judgement.item_id for judgement in broken] == ["item-3"]
    assert "ZeroDivisionError: nothing to divide by" in broken[0].answers[0].reason


def test_a_member_of_a_panel_that_can_never_answer_stops_the_run():
    members = [Member(model, Single(spec(model=model))) for model in ("simulated", "second", "missing")]
    found = []

    async def running(simulator):
        async with endpoint(simulator, retry=ONCE) as provider:
            await run(
                Panel(members, "majority", 2),
                subjects(10),
                provider,
                concurrency=2,
                on_judgement=found.append,
            )

    personas = {"simulated": Persona(), "second": Persona()}
    with Simulator(personas) as simulator, pytest.raises(EndpointDown, match="missing"):
        asyncio.run(running(simulator))
    assert found == []
