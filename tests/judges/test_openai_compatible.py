import asyncio
import time
from datetime import UTC, datetime

import pytest

from judges import errors
from judges.contracts import Request
from judges.limits import LocalLimits
from judges.providers.transports import retry_after
from judges.retrying import RetryPolicy
from judges.simulator import Faults, Simulator
from tests.judges.bench import ONCE, endpoint, judge_all, judge_one, subjects
from tests.judges.canned import canned, refused, said

REQUEST = Request("simulated", [{"role": "user", "content": "Hello"}], {})


def complete(local, **options):
    async def completed():
        async with endpoint(local, **options) as provider:
            return await provider.complete(REQUEST)

    return asyncio.run(completed())


def test_permanent_errors_are_not_retried():
    with canned(refused(400)) as local, pytest.raises(errors.BadRequest) as caught:
        complete(local)
    assert caught.value.attempts == len(local.asked) == 1


def test_nobody_listening_is_a_lost_connection():
    class Nowhere:
        base_url = "http://127.0.0.1:9/v1"

    with pytest.raises(errors.ConnectionLost) as caught:
        complete(Nowhere(), retry=RetryPolicy(attempts=3, first=0.001))
    assert caught.value.attempts == 3


def test_a_hang_costs_its_time_limit_and_no_more():
    with Simulator(faults=Faults(hang=1.0, hang_s=30.0)) as simulator:
        started = time.perf_counter()
        judge_one(simulator, timeout=0.3, retry=ONCE)
    assert 0.3 <= time.perf_counter() - started < 2.0


def test_retry_after_is_respected_by_every_caller():
    with canned(refused(429, retry_after="0.6"), said("hi")) as local:
        started = time.perf_counter()
        assert complete(local).attempts == 2
        assert 0.6 <= time.perf_counter() - started < 2.0


def test_an_endpoint_that_wants_too_long_a_wait_is_not_waited_for():
    limits = LocalLimits(2)
    with (
        canned(refused(429, retry_after="3600")) as local,
        pytest.raises(errors.ShutOut, match="3600 seconds"),
    ):
        complete(local, limits=limits)
    started = time.monotonic()
    asyncio.run(limits.acquire())  # nor does anybody else wait for it
    assert time.monotonic() - started < 1


def test_refusals_for_load_slow_the_calls_down_and_lose_nothing():
    limits = LocalLimits(32)
    with Simulator(faults=Faults(rate_429=0.2, retry_after=0.01), latency=0.005) as simulator:
        judgements = judge_all(simulator, subjects(200), limits=limits)
        assert simulator.stats.faults["rate_429"] > 20
    assert len(judgements) == 200
    assert all(answer.outcome == "scored" for judgement in judgements for answer in judgement.answers)
    assert limits.allowed < 32
    assert limits.in_flight == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "-2"}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_retry_after_in_its_three_forms(headers, seconds):
    assert retry_after(headers, now=datetime(2026, 1, 1, tzinfo=UTC)) == seconds
