"""A worker's hand in the books: calls reserve and settle in memory, the database hears of it every second."""

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from types import TracebackType
from typing import Self
from uuid import uuid4

from auditing.judging import ledger
from auditing.judging.ledger import NOTHING, Settled, Spender
from auditing.judging.patience import in_database
from judges.contracts import Completion
from judges.errors import OverBudget

BEAT = 1.0  # seconds between two looks at the books
SOONEST = 0.05  # seconds, where calls wait for money
WAIT = 0.3  # seconds until money that others have set aside is asked for again
AHEAD = 64  # calls for which money is set aside before they come


class SharedPurse:
    """The money of one run or trial in one worker. Use it with `async with`; belongs to one event loop.

    `books_all=False` leaves to others to book what is paid while no budget binds; a budget that is set meanwhile
    hears of what was paid just before with their next commit, about a second later.
    """

    def __init__(self, spender: Spender, *, books_all: bool = True) -> None:
        self.spender, self._books_all = spender, books_all
        self.worker = uuid4()
        self._limited = False
        self._granted = self._held = NOTHING  # set aside in the books; of it, for calls under way
        self._last, self._asked = (
            NOTHING,
            0,
        )  # the price of the last call; calls since the last look at the books
        self._settled = Settled()
        self._waiting: deque[tuple[Decimal, asyncio.Future[None]]] = deque()
        self._hurry = asyncio.Event()
        self._closing = False

    @property
    def books(self) -> bool:
        """Does it book what is paid now?"""
        return self._limited or self._books_all

    async def __aenter__(self) -> Self:
        self._limited = await in_database(ledger.is_limited, self.spender)
        self._keeping = asyncio.create_task(self._keep_books())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # asked to end, not cancelled: a cancelled query may leave the thread that it runs on waiting
        self._closing = True
        self._hurry.set()
        try:
            await self._keeping
        finally:  # whatever has befallen the books, what was paid is written down
            try:
                await self._settle()
            finally:
                await in_database(ledger.release, self.worker)

    async def reserve(self, most: Decimal | None, model: str) -> None:
        if not self._limited:
            self._held += most or NOTHING
            return
        if most is None:
            raise OverBudget(f"there is no price for {model}, and a budget needs one")
        self._last, self._asked = most, self._asked + 1
        if not self._waiting and self._held + most <= self._granted:
            self._held += most
            return
        if self._keeping.done():
            self._keeping.result()  # the books are closed: raises why
        paid: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((most, paid))
        self._hurry.set()
        try:
            await paid
        except asyncio.CancelledError:
            if paid.done() and not paid.cancelled() and paid.exception() is None:
                self._held -= most
            raise

    def settle(self, most: Decimal | None, completion: Completion | None) -> None:
        # where a budget binds, a reply that does not say what it cost has cost the most
        spent = NOTHING
        if completion and self.books:
            spent = self._settled.add(completion, most if self._limited else None)
        if most is not None:
            self._held -= most
            self._granted -= spent  # it stays set aside until the books say that it is spent
        if self._waiting:
            self._hurry.set()

    async def _keep_books(self) -> None:
        try:
            while not self._closing:
                # not `asyncio.wait_for`, which before Python 3.12 may swallow that this is cancelled
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(BEAT):
                        await self._hurry.wait()
                self._hurry.clear()
                await self._look_at_the_limits()
                await (self._renew() if self._limited else self._settle())
                if not self._closing:
                    await asyncio.sleep(WAIT if self._waiting else SOONEST)
        except Exception as error:  # nobody else would tell the calls that wait
            self._end_waiting(error)
            raise

    async def _look_at_the_limits(self) -> None:
        """A budget may be set or lifted while the work goes on."""
        was, self._limited = self._limited, await in_database(ledger.is_limited, self.spender)
        if self._limited and not was:
            self._granted = self._held  # of what was asked without a budget only this is still to be paid
        if was and not self._limited:
            self._end_waiting(None)
            await in_database(ledger.release, self.worker)

    async def _settle(self) -> None:
        if not self._settled.requests:
            return
        with self._taken() as settled:
            await in_database(ledger.settle, self.spender, settled)

    @contextlib.contextmanager
    def _taken(self) -> Iterator[Settled]:
        """What was settled since the last look, to be written down; it comes back where that fails."""
        settled, self._settled = self._settled, Settled()
        try:
            yield settled
        except BaseException:
            self._settled.add_all(settled)
            raise

    async def _renew(self) -> None:
        ahead = max(AHEAD, 2 * self._asked) * self._last if self._asked else NOTHING
        self._asked = 0
        wanted = [most for most, paid in self._waiting if not paid.done()]
        # room that is too small for the next call, or that nobody has used, goes back
        room = NOTHING if wanted else max(NOTHING, min(self._granted - self._held, ahead))
        self._granted = held = self._held + room
        with self._taken() as settled:
            grant = await in_database(
                ledger.renew,
                self.spender,
                self.worker,
                settled,
                held=held,
                wanted=wanted,
                ahead=ahead - room,
            )
        self._granted = grant.amount - self._settled.spent
        self._let_through()
        if grant.refusal and not self._held:
            self._end_waiting(OverBudget(grant.refusal))

    def _let_through(self) -> None:
        while self._waiting:
            most, paid = self._waiting[0]
            if not paid.done():
                if self._held + most > self._granted:
                    return
                self._held += most
                paid.set_result(None)
            self._waiting.popleft()

    def _end_waiting(self, error: Exception | None) -> None:
        while self._waiting:
            most, paid = self._waiting.popleft()
            if paid.done():
                continue
            if error is None:
                self._held += most
                paid.set_result(None)
            else:
                paid.set_exception(error)
