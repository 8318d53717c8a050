"""Limits shared by every process that asks the same account, through Redis or Valkey.

The account is one value in Redis. Each process reads it several times a second, takes in what happened at its own gate,
writes it back if nobody else did meanwhile, and opens its gate as far as its lease says: a call costs no round trip,
and the rules stand in one place (`control`), in Python. A process that dies holds its share for `LEASE_SECONDS`.

While Redis does not answer, a process keeps the share it has, and the pauses it is asked for; when Redis comes back
empty, what the process last read of the account is put there again.
"""

import asyncio
import contextlib
import hashlib
import logging
import time
from dataclasses import replace
from uuid import uuid4

from redis.asyncio import Redis
from redis.exceptions import RedisError

from judges.limits.contracts import Report, Slot
from judges.limits.control import Account, Control
from judges.limits.gate import Gate

BEAT = 0.1  # seconds between two reports
CALM = 0.2  # the same once a process has had all there is to have, alone, for `CALM_AFTER`
CALM_AFTER = 3.0  # seconds: a limit on the rate would have shown, and is learnt from what each report counts
SOONEST = 0.02  # seconds, where callers wait for more room, or a refusal is to be told
KEPT_MS = 120_000  # an account that nobody asks is forgotten
TRIES = 8
AWAY = 0.5  # seconds between two attempts at a Redis that does not answer

READ = "return {redis.call('GET', KEYS[1]), redis.call('TIME')}"
SWAP = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""
logger = logging.getLogger(__name__)


def account_key(base_url: str, api_key: str) -> str:
    """Where a provider account is kept; the key cannot be read back from it."""
    return f"limits:{hashlib.sha256(f'{base_url} {api_key}'.encode()).hexdigest()[:32]}"


class SharedLimits:
    """One process's gate on an account. Belongs to one event loop, and starts with the first call."""

    def __init__(self, redis_url: str, key: str, control: Control) -> None:
        self._redis_url, self._key, self._control = redis_url, key, control
        self._redis: Redis | None = None
        self._member = uuid4().hex[:12]
        self._gate = Gate()
        self._known: Account | None = None
        self._succeeded = self._counted = 0
        self._refused: tuple[int, float] | None = None  # the epoch, and the longest pause asked for
        self._beating: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._is_away = self._closing = False
        self._unsettled_at = time.monotonic()

    @property
    def in_flight(self) -> int:
        return self._gate.in_flight

    @property
    def allowed(self) -> int:
        """Calls that this process may have in flight at present."""
        return self._gate.lease.slots

    async def acquire(self, tokens: int = 0) -> Slot:
        if self._beating is None:
            self._redis = Redis.from_url(self._redis_url, socket_timeout=2.0, socket_connect_timeout=2.0)
            self._beating = asyncio.create_task(self._beat())
        if self._gate.in_flight >= self._gate.lease.slots:
            self._hurry.set()
        return await self._gate.enter(tokens)

    async def succeed(self, slot: Slot, tokens: int | None = None) -> None:
        self._gate.measure(slot)
        self._gate.leave(slot, used=tokens)
        self._succeeded += 1

    async def fail(self, slot: Slot) -> None:
        self._gate.leave(slot, used=None)

    async def refuse(self, slot: Slot, retry_after: float) -> None:
        self._gate.pause(max(retry_after, BEAT))  # at least until the others know
        self._gate.started -= 1
        _, longest = self._refused or (0, 0.0)
        self._refused = slot.epoch, max(longest, retry_after)
        self._gate.leave(slot, used=0)
        self._hurry.set()

    async def aclose(self) -> None:
        """Give the share back to the others."""
        if self._beating is None or self._redis is None:
            return
        # asked to end, not cancelled: a cancelled exchange with Redis may leave its connection in the middle of a reply
        self._closing = True
        self._hurry.set()
        await asyncio.wait([self._beating])  # however it ended: what follows is to be done all the same
        self._beating = None
        with contextlib.suppress(RedisError, OSError, EOFError):  # then the lease runs out by itself
            await self._renew(leaving=True)
        await self._redis.aclose()

    async def _beat(self) -> None:
        while not self._is_to_end():
            self._hurry.clear()
            try:
                await self._renew()
                self._is_away = False
            except Exception as error:  # noqa: BLE001 - callers wait for this task: it must not end before them
                self._go_on_alone(error)
            await self._pause()

    def _is_to_end(self) -> bool:
        """Cancelled, too: redis-py waits with `asyncio.wait_for`, which before Python 3.12 may swallow that."""
        task = asyncio.current_task()
        return self._closing or (task is not None and task.cancelling() > 0)

    async def _pause(self) -> None:
        if self._closing:
            return
        if self._is_away:
            await asyncio.sleep(AWAY)
            return
        await asyncio.sleep(SOONEST)
        # not `asyncio.wait_for`, which before Python 3.12 may swallow that the beat is cancelled
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout((CALM if self._is_calm() else BEAT) - SOONEST):
                await self._hurry.wait()

    def _is_calm(self) -> bool:
        """Has there been nothing to grow by, to share or to keep to for a while?"""
        lease, now = self._gate.lease, time.monotonic()
        is_limited = lease.calls_a_second or lease.tokens_a_second or lease.pause
        if self._known is None or self._known.allowed < self._control.max_in_flight:
            self._unsettled_at = now
        if lease.is_shared or is_limited:
            self._unsettled_at = now
        return now - self._unsettled_at > CALM_AFTER

    async def _renew(self, *, leaving: bool = False) -> None:
        assert self._redis is not None
        for _ in range(TRIES):
            stored, (seconds, micros) = await self._redis.eval(READ, 1, self._key)
            account = (stored and Account.from_json(stored)) or self._remembered()
            now = int(seconds) + int(micros) / 1e6
            report = self._report()
            lease = self._control.renew(account, self._member, report, now)
            if leaving:
                del account.members[self._member]
            swap = (stored or b"", account.to_json(), KEPT_MS)
            if await self._redis.eval(SWAP, 1, self._key, *swap):
                self._forget(report)
                self._known = account
                self._gate.open(lease)
                return

    def _remembered(self) -> Account:
        """What this process last knew of an account that Redis has lost."""
        return (self._known and Account.from_json(self._known.to_json())) or self._control.account()

    def _report(self) -> Report:
        gate, refused = self._gate, self._refused
        epoch, retry_after = refused or (0, 0.0)
        return Report(
            in_flight=gate.in_flight,
            waiting=gate.waiting,
            accepted=gate.started - self._counted,
            succeeded=self._succeeded,
            refused=refused is not None,
            epoch=epoch,
            retry_after=retry_after,
        )

    def _forget(self, told: Report) -> None:
        """What has been reported counts once; what happened meanwhile is kept for the next report."""
        self._counted += told.accepted
        self._succeeded -= told.succeeded
        if self._refused == (told.epoch, told.retry_after):
            self._refused = None

    def _go_on_alone(self, error: Exception) -> None:
        if not self._is_away:
            logger.warning("Limits are not shared while Redis is away, and stay as they are: %s", error)
        self._is_away = True
        if self._known is None:  # nothing to go by yet: as if there were nobody else
            self._known = self._control.account()
            self._gate.open(self._control.renew(self._known, self._member, self._report(), time.time()))
        elif (
            not self._gate.lease.slots
        ):  # had no share when Redis went: its callers would wait for its return
            self._gate.open(replace(self._gate.lease, slots=1))
