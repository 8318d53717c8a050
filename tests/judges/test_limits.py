import asyncio
import time

import pytest

from judges.limits import LocalLimits
from judges.limits.control import Member, fair_part


async def one_call(limits, refused=False):
    slot = await limits.acquire()
    await (limits.refuse(slot, 0.0) if refused else limits.succeed(slot))


async def full_round(limits, refused=False):
    """As many calls at once as are allowed."""
    slots = [await limits.acquire() for _ in range(int(limits.allowed))]
    for slot in slots:
        await (limits.refuse(slot, 0.0) if refused else limits.succeed(slot))


def test_slow_start_doubles_each_round_up_to_the_most():
    async def sizes():
        limits, allowed = LocalLimits(20, start=4), []
        for _ in range(4):
            allowed.append(limits.allowed)
            await full_round(limits)
        return allowed

    assert asyncio.run(sizes()) == [4, 8, 16, 20]


def test_a_refused_round_halves_once_and_then_each_round_adds_one():
    async def sizes():
        limits, allowed = LocalLimits(64, start=16), []
        await full_round(limits, refused=True)
        for _ in range(3):
            allowed.append(limits.allowed)
            await full_round(limits)
        return allowed

    assert asyncio.run(sizes()) == pytest.approx([8, 9, 10], abs=0.3)


def test_a_failed_call_changes_nothing():
    async def fail():
        limits = LocalLimits(64, start=16)
        await limits.fail(await limits.acquire())
        return limits.allowed, limits.in_flight

    assert asyncio.run(fail()) == (16, 0)


def test_it_never_falls_below_one():
    async def fall():
        limits = LocalLimits(4)
        for _ in range(10):
            await one_call(limits, refused=True)
        await one_call(limits)
        return limits.allowed

    assert asyncio.run(fall()) >= 1.0


def test_no_more_calls_than_allowed_are_in_flight():
    async def watch():
        limits, most = LocalLimits(5, start=5), 0

        async def call():
            nonlocal most
            slot = await limits.acquire()
            most = max(most, limits.in_flight)
            await asyncio.sleep(0.001)
            await limits.succeed(slot)

        await asyncio.gather(*(call() for _ in range(60)))
        return most, limits.in_flight

    assert asyncio.run(watch()) == (5, 0)


def test_requests_a_minute_are_spaced():
    async def pace():
        limits = LocalLimits(8, requests_per_minute=1200)
        started = time.perf_counter()
        await asyncio.gather(*(one_call(limits) for _ in range(7)))
        return time.perf_counter() - started

    assert asyncio.run(pace()) >= 0.29


def test_a_refusal_pauses_everyone():
    async def pause():
        limits = LocalLimits(8)
        await limits.refuse(await limits.acquire(), 0.2)
        started = time.perf_counter()
        await asyncio.gather(*(one_call(limits) for _ in range(3)))
        return time.perf_counter() - started

    assert asyncio.run(pause()) >= 0.19


def test_a_caller_that_is_cancelled_while_it_waits_gives_its_place_back():
    async def cancel():
        limits = LocalLimits(1)
        await limits.refuse(await limits.acquire(), 30.0)
        waiting = asyncio.create_task(limits.acquire())
        await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return limits.in_flight

    assert asyncio.run(cancel()) == 0


def refusing_at(rate, latency, number, **options):
    """Calls against an endpoint that takes `rate` calls in any second: seconds, and how many it refused."""

    async def work():
        limits, taken, refused = LocalLimits(64, **options), [], 0

        async def call():
            nonlocal refused
            while True:
                slot = await limits.acquire()
                now = time.monotonic()
                if sum(at > now - 1 for at in taken) >= rate:
                    refused += 1
                    await limits.refuse(slot, 1.0)
                    continue
                taken.append(now)
                await asyncio.sleep(latency)
                await limits.succeed(slot)
                return

        started = time.perf_counter()
        await asyncio.gather(*(call() for _ in range(number)))
        return time.perf_counter() - started, refused

    return asyncio.run(work())


def test_an_unknown_rate_is_learnt_from_one_refusal():
    seconds, refused = refusing_at(100, 0.05, 300)
    assert refused <= 30
    assert seconds < 15  # 3 at best, the second that the endpoint asks for, and what a busy machine takes


def test_tokens_a_minute_are_spaced_and_what_was_not_used_is_given_back():
    async def work(used):
        limits = LocalLimits(8, tokens_per_minute=60_000)
        started = time.perf_counter()
        for _ in range(4):
            await limits.succeed(await limits.acquire(200), used)
        return time.perf_counter() - started

    all_used, few_used = asyncio.run(work(200)), asyncio.run(work(20))
    assert all_used > 0.55
    assert few_used < all_used


def test_a_rate_is_shared_in_whole_calls():
    members = {"a": Member(0, 90, 0), "b": Member(0, 4, 0), "idle": Member(0, 0, 0)}
    assert [fair_part(20, members, name) for name in members] == [16 / 20, 4 / 20, 0]
    few = {"a": Member(0, 3, 0), "b": Member(0, 1, 0)}
    assert [fair_part(20, few, name) for name in few] == [0.75, 0.25]
    assert [fair_part(0, members, name) for name in members] == [90 / 94, 4 / 94, 0]
