"""How fast an endpoint may be asked: calls in flight that adapt to it, and calls a minute.

In flight: slow start (one more for each success); after a refusal half, once for all the calls that were
already in flight, and from there additive increase (one more for each round of calls). A `Retry-After`
pauses every caller.
"""

import asyncio
import time
from dataclasses import dataclass
from typing import Protocol

_DECREASE = 0.5


@dataclass(frozen=True, slots=True)
class Slot:
    """Leave to make one call. `epoch` counts the decreases before it."""

    epoch: int


class Limits(Protocol):
    """Shared by every caller of one provider account."""

    async def acquire(self) -> Slot:
        """Wait until one more call may be made."""
        ...

    async def succeed(self, slot: Slot) -> None:
        """The endpoint answered the call."""
        ...

    async def fail(self, slot: Slot) -> None:
        """The call failed for a reason other than load."""
        ...

    async def refuse(self, slot: Slot, retry_after: float) -> None:
        """The endpoint refused the call for load; nobody should call for `retry_after` seconds."""
        ...


class LocalLimits:
    """Limits within one process and one event loop."""

    def __init__(
        self, max_in_flight: int = 64, *, start: int = 8, requests_per_minute: float | None = None
    ) -> None:
        self.max_in_flight = max_in_flight
        self.allowed = float(min(start, max_in_flight))
        self.in_flight = 0
        self._threshold = float(max_in_flight)
        self._epoch = 0
        self._interval = 60 / requests_per_minute if requests_per_minute else 0.0
        self._next_start = 0.0
        self._room = asyncio.Condition()

    async def acquire(self) -> Slot:
        async with self._room:
            await self._room.wait_for(self._has_room)
            self.in_flight += 1
        try:
            await self._wait_for_turn()
        except BaseException:
            await self._leave()
            raise
        return Slot(self._epoch)

    async def succeed(self, slot: Slot) -> None:
        self._grow()
        await self._leave()

    async def fail(self, slot: Slot) -> None:
        await self._leave()

    async def refuse(self, slot: Slot, retry_after: float) -> None:
        if slot.epoch == self._epoch:
            self._epoch += 1
            self.allowed = self._threshold = max(1.0, self.allowed * _DECREASE)
        self._next_start = max(self._next_start, time.monotonic() + retry_after)
        await self._leave()

    def _has_room(self) -> bool:
        return self.in_flight < int(self.allowed)

    def _grow(self) -> None:
        step = 1.0 if self.allowed < self._threshold else 1.0 / self.allowed
        self.allowed = min(self.allowed + step, float(self.max_in_flight))

    async def _leave(self) -> None:
        self.in_flight -= 1
        async with self._room:
            self._room.notify(2)  # the slot given back, and one that growth may have added

    async def _wait_for_turn(self) -> None:
        """Sleep until a start of one's own; look again after each sleep, for a refusal may have moved it."""
        while (wait := self._next_start - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        self._next_start = time.monotonic() + self._interval
