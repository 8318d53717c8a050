"""Workers that share an account's limits through a real Valkey."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from redis.asyncio import Redis

from auditing.judging.endpoints import Connection
from auditing.judging.limits import limits_for
from judges.limits import LocalLimits
from judges.limits.control import Control
from judges.limits.shared import SharedLimits
from tests.servers import Servers


@asynccontextmanager
async def gates(number: int, control: Control, url: str = "") -> AsyncIterator[list[SharedLimits]]:
    """So many processes' gates on one new account, closed whatever happens: what hangs is an error after a minute."""
    key = f"limits:{uuid4().hex}"
    everyone = [SharedLimits(url or settings.REDIS_URL, key, control) for _ in range(number)]
    try:
        async with asyncio.timeout(60):
            yield everyone
    finally:
        for limits in everyone:
            await limits.aclose()


async def calls(
    limits: SharedLimits, number: int, seconds: float, most: list[int], everyone: list[SharedLimits]
):
    """So many calls at once; `most` learns how many of everybody's were ever in flight together."""

    async def call() -> None:
        slot = await limits.acquire(100)
        most[0] = max(most[0], sum(gate.in_flight for gate in everyone))
        await asyncio.sleep(seconds)
        await limits.succeed(slot, 20)

    await asyncio.gather(*(call() for _ in range(number)))


def test_together_they_never_have_more_in_flight_than_the_account_allows() -> None:
    async def work() -> int:
        most = [0]
        async with gates(3, Control(max_in_flight=12)) as everyone:
            await asyncio.gather(*(calls(limits, 40, 0.03, most, everyone) for limits in everyone))
        return most[0]

    assert 6 <= asyncio.run(work()) <= 12


def test_together_they_keep_the_pace_of_the_account() -> None:
    async def work() -> float:
        async with gates(2, Control(calls_a_second=100)) as everyone:
            started = time.perf_counter()
            await asyncio.gather(*(calls(limits, 40, 0.01, [0], everyone) for limits in everyone))
            return time.perf_counter() - started

    assert 0.5 < asyncio.run(work()) < 10


def test_in_no_second_do_they_start_more_together_than_the_account_takes() -> None:
    starts: list[float] = []

    async def call(limits: SharedLimits) -> None:
        slot = await limits.acquire()
        starts.append(time.monotonic())
        await asyncio.sleep(0.05)
        await limits.succeed(slot)

    async def work() -> None:
        async with gates(2, Control(calls_a_second=20)) as (many, few):
            first = [asyncio.create_task(call(many)) for _ in range(60)]
            await asyncio.sleep(0.7)
            await asyncio.gather(*first, *(call(few) for _ in range(15)))

    asyncio.run(work())
    assert len(starts) == 75
    assert max(sum(start <= at < start + 0.99 for at in starts) for start in starts) <= 20


def test_a_refusal_of_one_pauses_the_others() -> None:
    async def work() -> float:
        async with gates(2, Control()) as everyone:
            first, second = everyone
            await calls(second, 1, 0.0, [0], everyone)
            await first.refuse(await first.acquire(), 0.8)
            await asyncio.sleep(0.25)  # two beats
            started = time.perf_counter()
            await calls(second, 1, 0.0, [0], everyone)
            return time.perf_counter() - started

    assert asyncio.run(work()) > 0.3


def test_what_a_dead_process_held_goes_to_the_others_when_its_lease_runs_out() -> None:
    async def work() -> tuple[int, int]:
        async with gates(2, Control(max_in_flight=8)) as (dead, living):
            for _ in range(8):
                await dead.acquire()
            dead._beating.cancel()  # type: ignore[union-attr]  # as kill -9 would
            most = [0]
            waiting = asyncio.create_task(calls(living, 24, 0.1, most, [living]))
            await asyncio.sleep(0.5)
            before = living.allowed
            await waiting
            return before, most[0]

    before, most = asyncio.run(work())
    assert before < 8
    assert most == 8


def test_a_gate_that_wants_nothing_keeps_nothing_from_the_others() -> None:
    async def work() -> None:
        async with gates(2, Control(max_in_flight=1)) as (idle, busy):
            await calls(idle, 1, 0.0, [0], [idle])
            async with asyncio.timeout(5):
                await calls(busy, 3, 0.0, [0], [busy])
            async with asyncio.timeout(5):
                await calls(idle, 3, 0.0, [0], [idle])

    asyncio.run(work())


def test_what_another_version_has_written_is_begun_anew() -> None:
    async def work() -> None:
        async with gates(1, Control()) as (limits,):
            async with Redis.from_url(settings.REDIS_URL) as redis:
                await redis.set(limits._key, '{"allowed": 3.0, "of a later version": 1, "members": {}}')
            async with asyncio.timeout(5):
                await calls(limits, 3, 0.0, [0], [limits])

    asyncio.run(work())


@pytest.mark.slow
def test_a_broker_that_restarts_in_the_middle_stops_nobody() -> None:
    servers = Servers()
    url = servers.start_valkey()

    async def work() -> None:
        async with gates(2, Control(max_in_flight=8, calls_a_second=50), url) as everyone:
            working = [asyncio.create_task(calls(limits, 60, 0.02, [0], everyone)) for limits in everyone]
            await asyncio.sleep(0.5)
            servers.restart_valkey()
            await asyncio.gather(*working)

    try:
        asyncio.run(work())
    finally:
        servers.stop()


@pytest.mark.parametrize("ticks", range(5))
def test_closing_never_waits_for_a_beat_that_was_just_woken(ticks: int) -> None:
    async def work() -> None:
        async with gates(1, Control()) as (limits,):
            await limits.succeed(await limits.acquire())
            await asyncio.sleep(0.05)
            limits._hurry.set()
            for _ in range(ticks):
                await asyncio.sleep(0)
            async with asyncio.timeout(5):
                await limits.aclose()

    asyncio.run(work())


@pytest.mark.parametrize("ticks", range(6))
def test_a_beat_that_is_cancelled_ends_wherever_it_is(ticks: int) -> None:
    async def work() -> None:
        async with gates(1, Control()) as (limits,):
            await limits.succeed(await limits.acquire())
            await asyncio.sleep(0.05)
            limits._hurry.set()
            for _ in range(ticks):
                await asyncio.sleep(0)
            limits._beating.cancel()  # type: ignore[union-attr]
            ended, _ = await asyncio.wait([limits._beating], timeout=5)  # type: ignore[list-item]
            assert ended

    asyncio.run(work())


def test_without_a_broker_the_limits_are_this_processs_own(tmp_path: Path, settings) -> None:
    settings.REDIS_URL = f"unix://{tmp_path / 'nobody.sock'}"
    assert isinstance(limits_for(Connection("default", "http://127.0.0.1:9/v1", "")), LocalLimits)


def test_an_account_is_an_address_and_a_key() -> None:
    one = limits_for(Connection("one", "http://127.0.0.1:9/v1", "a"))
    same = limits_for(Connection("two", "http://127.0.0.1:9/v1", "a"))
    other = limits_for(Connection("one", "http://127.0.0.1:9/v1", "b"))
    assert isinstance(one, SharedLimits)
    assert one._key == same._key != other._key
    assert "http" not in one._key
