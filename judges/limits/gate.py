"""Where the callers of one process wait for their turn, first come, first served.

A free turn costs no switch of tasks: a caller waits only when there is something to wait for.
"""

import asyncio
import time
from collections import deque

from judges.limits.contracts import Lease, Slot
from judges.limits.control import MARGIN

CATCH_UP = 0.01  # seconds by which timers may be late without slowing the pace
KNOWN_CATCH_UP = 0.25  # the same where the endpoint's limit is known, and `Window` keeps to it
FIRST_PACE = 100.0  # calls a second before the first reply tells how long one takes
SMOOTHING = 0.1
AHEAD = 2.0  # of the pace at which replies come back: room to grow, and no burst


class Pace:
    """Even spacing at so many units a second; None does not wait. What was taken too much can be given back."""

    def __init__(self) -> None:
        self.rate: float | None = None
        self.catch_up = CATCH_UP
        self._free_at = time.monotonic()

    def wait(self, now: float) -> float:
        """Seconds until the next unit may be taken."""
        return max(0.0, self._free_at - now) if self.rate else 0.0

    def take(self, units: float, now: float) -> None:
        if self.rate:
            self._free_at = max(self._free_at, now - self.catch_up) + units / self.rate

    def give_back(self, units: float) -> None:
        if self.rate:
            self._free_at -= units / self.rate


class Window:
    """As many starts as the rate has in a second, and no more in any one second, however late the timers were.

    At `rate` a second, which lies by `MARGIN` below what the endpoint takes; below one a second, one start at a time.
    """

    def __init__(self) -> None:
        self.rate: float | None = None
        self._starts: deque[float] = deque(maxlen=1)

    def open(self, rate: float | None, *, is_shared: bool) -> None:
        """Keep to this rate from now on. What it grows by may have been used by another gate a moment ago."""
        most = max(1, int(rate / MARGIN + 1e-6)) if rate else 1
        grown = most - (self._starts.maxlen or 1)
        if grown:
            taken = [time.monotonic()] * grown if self.rate or is_shared else []
            self._starts = deque([*self._starts, *taken], maxlen=most)
        self.rate = rate

    def wait(self, now: float) -> float:
        """Seconds until the next start."""
        if not self.rate or len(self._starts) < (most := self._starts.maxlen or 1):
            return 0.0
        return max(0.0, self._starts[0] + most / self.rate - now)

    def take(self, now: float) -> None:
        if self.rate:
            self._starts.append(now)


class Gate:
    """Lets callers through as the lease allows. Belongs to one event loop."""

    def __init__(self) -> None:
        self.lease = Lease(slots=0)
        self.in_flight = 0
        self.started = 0
        self._paused_until = 0.0
        self._calls, self._tokens, self._window = Pace(), Pace(), Window()
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
        self._calls.catch_up = KNOWN_CATCH_UP if lease.calls_a_second else CATCH_UP
        self._window.open(lease.calls_a_second, is_shared=lease.is_shared)
        if lease.pause:
            self.pause(lease.pause)
        self._let_through()

    def pause(self, seconds: float) -> None:
        """Let nobody through for so long."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)

    async def enter(self, tokens: int) -> Slot:
        """Wait for a turn; a caller that is cancelled gives it back."""
        now = time.monotonic()
        if not self._waiting and self.lease.slots > self.in_flight and self._wait(now) <= 0:
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
        paces = self._calls.wait(now), self._window.wait(now), self._tokens.wait(now)
        return max(self._paused_until - now, *paces)

    def _start(self, tokens: int, now: float) -> Slot:
        self.in_flight += 1
        self.started += 1
        self._calls.take(1, now)
        self._window.take(now)
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
            if wait > 0:
                self._look_again(wait)
                return
            self._waiting.popleft()
            turn.set_result(self._start(tokens, now))

    def _look_again(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._let_through)
