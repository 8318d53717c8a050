"""Where the callers of one process wait for their turn, first come, first served.

A free turn costs no switch of tasks: a caller waits only when there is something to wait for.
"""

import asyncio
import time
from collections import deque

from judges.limits.contracts import Lease, Slot

CATCH_UP = (
    0.03  # seconds by which timers may be late without slowing the pace; what `control.MARGIN` leaves free
)
FIRST_PACE = 100.0  # calls a second before the first reply tells how long one takes
SMOOTHING = 0.1
AHEAD = 2.0  # of the pace at which replies come back: room to grow, and no burst


class Pace:
    """Even spacing at so many units a second; None does not wait. What was taken too much can be given back."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self._free_at = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next unit may be taken."""
        return max(0.0, self._free_at - now) if self.rate else 0.0

    def take(self, units: float, now: float) -> None:
        if self.rate:
            self._free_at = max(self._free_at, now - CATCH_UP) + units / self.rate

    def give_back(self, units: float) -> None:
        if self.rate:
            self._free_at -= units / self.rate


class Gate:
    """Lets callers through as the lease allows. Belongs to one event loop."""

    def __init__(self) -> None:
        self.lease = Lease(slots=0)
        self.in_flight = 0
        self.started = 0
        self._paused_until = 0.0
        self._calls, self._tokens = Pace(), Pace()
        self._latency = 0.0
        self._waiting: deque[tuple[int, asyncio.Future[Slot]]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def open(self, lease: Lease) -> None:
        """Go by this lease from now on."""
        self.lease = lease
        self._tokens.rate = lease.tokens_a_second
        self._calls.rate = lease.calls_a_second or self._gentle()
        if lease.pause:
            self.pause(lease.pause)
        self._let_through()

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    async def enter(self, tokens: int) -> Slot:
        """Wait for a turn; a caller that is cancelled gives it back."""
        now = time.monotonic()
        if not self._waiting and self.lease.slots > self.in_flight and not self._wait(now):
            return self._start(tokens, now)
        turn: asyncio.Future[Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append((tokens, turn))
        self._let_through()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave(turn.result(), used=0)
            raise

    def leave(self, slot: Slot, *, used: int | None) -> None:
        """A call has ended; `used` tokens, None where nobody says."""
        self.in_flight -= 1
        if slot.tokens and used is not None:
            self._tokens.give_back(slot.tokens - used)
        self._let_through()

    def measure(self, slot: Slot) -> None:
        """A call was answered: learn how long one takes."""
        seconds = time.monotonic() - slot.started
        self._latency += (seconds - self._latency) * (SMOOTHING if self._latency else 1.0)

    def _gentle(self) -> float:
        """A pace that is no limit, and yet keeps a burst from running far past one that nobody knows of yet."""
        return AHEAD * self.lease.slots / self._latency if self._latency else FIRST_PACE

    def _wait(self, now: float) -> float:
        return max(self._paused_until - now, self._calls.wait(now), self._tokens.wait(now), 0.0)

    def _start(self, tokens: int, now: float) -> Slot:
        self.in_flight += 1
        self.started += 1
        self._calls.take(1, now)
        self._tokens.take(tokens, now)
        return Slot(self.lease.epoch, tokens, now)

    def _let_through(self) -> None:
        while self._waiting and self.lease.slots > self.in_flight:
            tokens, turn = self._waiting[0]
            if turn.done():  # its caller was cancelled
                self._waiting.popleft()
                continue
            now = time.monotonic()
            wait = self._wait(now)
            if wait:
                self._look_again(wait)
                return
            self._waiting.popleft()
            turn.set_result(self._start(tokens, now))

    def _look_again(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._let_through)
