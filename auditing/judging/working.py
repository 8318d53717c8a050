"""Working off a run: hundreds of calls in one event loop, the database on the caller's own thread.

`async_to_sync` runs the loop on a thread of its own while this one waits for database work that the loop sends back
with `sync_to_async`: queries never hold up the calls, and no transaction is open while a call is under way.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from asgiref.sync import async_to_sync
from django.db import InterfaceError, OperationalError

from auditing.core.errors import DokimaError
from auditing.judging import claims, parcels, writing
from auditing.judging.adapters import price_table
from auditing.judging.claims import Claimed
from auditing.judging.endpoints import Connection, connections_for
from auditing.judging.exchanges import Parts
from auditing.judging.learning import waits_for
from auditing.judging.models import CallState, Run, RunState
from auditing.judging.patience import in_database, patiently
from auditing.judging.providers import provider_at
from auditing.judging.purse import SharedPurse
from auditing.judging.replies import Key, Replies, Thrifty, fetch
from auditing.judging.runs import begin, end, stop_for
from auditing.judging.selectors import RunProgress, progress
from auditing.judging.stopping import reason_of
from auditing.judging.surveying import architecture_for
from auditing.judging.writing import Finished
from judges import runner
from judges.contracts import Architecture, Judgement, Provider, Subject
from judges.errors import BudgetSpent, EndpointDown
from judges.money import Budgeted
from judges.pricing import Price
from judges.providers.switchboard import Switchboard

LOOK_EVERY = 0.5  # seconds: so fast is a pause noticed
COUNTING = 0.05  # of the time at most: a run that takes long to count is counted less often
HOLD_EVERY = 5.0  # seconds between two signs of life, far below `claims.STALE_AFTER`
GRACE = (
    10.0  # seconds that calls under way get to end once the run is to stop; what has not ended is asked again
)
WITHOUT_ENDPOINT = 8  # items at a time for a judge that asks nobody
WRITE_EVERY = 1.0  # seconds between two commits, each of all that is finished by then
MOST_UNWRITTEN = 1000  # finished judgements; then no more are taken in until they are written
CLAIM_AT_ONCE = (64, 256)  # calls, at least and at most
BROKEN = "something broke on our side ({}); the worker's log has it, and nothing that was judged is lost"
OnProgress = Callable[[RunProgress], object]


@dataclass
class WorkSummary:
    """What one stretch of work did. `reason` says why it stopped before the end, if the endpoint made it."""

    judged: int = 0
    seconds: float = 0.0
    reason: str = ""


def work(
    run: Run,
    *,
    worker: str = "",
    limit_seconds: float | None = None,
    on_progress: OnProgress | None = None,
    wake_another: Callable[[], object] | None = None,
) -> WorkSummary:
    """Judge what is queued of a run until nothing is left, somebody pauses it, or the time is up.

    `wake_another` is called once, when more is queued than the first that this worker took.

    An endpoint that is missing or down pauses the run with the reason. Safe to call from several workers at once, and
    at any time. Must not be called inside a transaction.
    """
    writing.collect_unsaved()
    claims.release_stale(run=run)
    if waits_for(run) or not begin(run, worker=worker):
        return WorkSummary()
    try:
        refusal = parcels.deliver(run) if run.judge_version.spec.by_batch else ""
        shift = _Shift.for_run(run, limit_seconds, on_progress, wake_another)
    except DokimaError as error:
        stop_for(run, str(error))
        return WorkSummary(reason=str(error))
    try:
        async_to_sync(shift.work)()
    except Exception as error:
        if not _is_of_database(error):  # that passes, and the run goes on by itself
            patiently(stop_for, run, BROKEN.format(type(_first(error)).__name__))
        raise
    finally:  # what could not be written first: whoever takes these calls up finds their replies
        patiently(writing.collect_unsaved)
        patiently(claims.release, shift.claim)
    shift.summary.reason = shift.summary.reason or refusal
    if shift.summary.reason:
        patiently(stop_for, run, shift.summary.reason)
    patiently(end, run)
    shift.report()
    return shift.summary


class _Shift:
    """One worker's stretch of work on one run."""

    def __init__(
        self,
        run: Run,
        architecture: Architecture,
        connections: Sequence[Connection],
        prices: dict[str, Price],
        limit_seconds: float | None,
        on_progress: OnProgress | None,
        wake_another: Callable[[], object] | None,
    ) -> None:
        self.run, self.architecture, self.connections, self.prices = run, architecture, connections, prices
        self.concurrency = max((one.concurrency for one in connections), default=WITHOUT_ENDPOINT)
        self.on_progress, self._wake_another = on_progress, wake_another
        self.claim = uuid4()
        self.summary = WorkSummary()
        self._started = time.monotonic()
        self._deadline = None if limit_seconds is None else self._started + limit_seconds
        self._stopping = False
        self._calls: dict[str, Claimed] = {}
        self._finished: list[Finished] = []
        self._replies, self._parts = Replies(architecture), Parts()
        self._unwritten, self._one_write = asyncio.Event(), asyncio.Lock()

    @classmethod
    def for_run(
        cls,
        run: Run,
        limit_seconds: float | None,
        on_progress: OnProgress | None,
        wake_another: Callable[[], object] | None,
    ) -> "_Shift":
        """Raises DokimaError when the judge cannot be asked."""
        connections = connections_for(run.judge_version)
        return cls(
            run,
            architecture_for(run),
            connections,
            price_table(),
            limit_seconds,
            on_progress,
            wake_another,
        )

    async def work(self) -> None:
        try:
            async with self._providers() as provider, asyncio.TaskGroup() as group:
                judging = group.create_task(self._judge(provider))
                minding = group.create_task(self._mind(judging))
                group.create_task(self._keep_writing(judging))
                judging.add_done_callback(lambda _: minding.cancel())
                judging.add_done_callback(lambda _: self._unwritten.set())
        finally:  # what was judged is kept, whatever ended the work
            try:
                await self._write()
            finally:
                self._replies.close()
        self.summary.seconds = time.monotonic() - self._started

    def report(self) -> None:
        """Say how far the run is, to whoever asked for it."""
        if self.on_progress is not None:
            self.on_progress(progress(self.run))

    async def _judge(self, provider: Provider) -> None:
        try:
            await runner.run(
                Thrifty(self.architecture, self._replies),
                self._subjects(),
                provider,
                concurrency=self.concurrency,
                on_judgement=self._take_in,
                stop=lambda: self._stopping,
            )
        except BudgetSpent as error:
            self.summary.reason = str(error)
        except EndpointDown as error:
            self.summary.reason = reason_of(error, [one.name for one in self.connections])

    @asynccontextmanager
    async def _providers(self) -> AsyncIterator[Provider]:
        """Every endpoint that the judge names, open while it works, as far as the run's money goes."""
        async with AsyncExitStack() as stack:
            opened = {
                one.name: await stack.enter_async_context(provider_at(one, self.prices))
                for one in self.connections
            }
            purse = await stack.enter_async_context(SharedPurse(self.run, books_all=False))
            self._replies.are_booked = lambda: purse.books
            yield Budgeted(Switchboard(opened), purse, self.prices)

    async def _subjects(self) -> AsyncIterator[Subject]:
        """What is claimed, always one claim ahead, so that no call waits for the database."""
        coming = self._claim_more()
        try:
            while (claimed := await asyncio.shield(coming)) is not None:
                coming = self._claim_more()
                for call in claimed:
                    yield call.subject
        finally:
            await asyncio.gather(coming, return_exceptions=True)

    def _claim_more(self) -> asyncio.Task[list[Claimed] | None]:
        least, most = CLAIM_AT_ONCE
        return asyncio.create_task(self._claim(min(max(least, 4 * self.concurrency), most)))

    async def _claim(self, size: int) -> list[Claimed] | None:
        """What is new of the calls claimed, None where none is left.

        Who was thought dead while the database was away may claim again what she still has in hand.
        """
        taken, all_keys = await in_database(self._take, size)
        if not taken:
            return None
        pairs = zip(taken, all_keys, strict=True)
        new = [(call, key) for call, key in pairs if not self._replies.holds(call)]
        claimed, keys = [call for call, _ in new], [key for _, key in new]
        self._calls.update({str(call.item_id): call for call in claimed})
        self._replies.hold(claimed, keys)
        self._replies.remember(await in_database(fetch, claimed, keys))
        return claimed

    def _take(self, size: int) -> tuple[list[Claimed], list[Key]]:
        waiting = CallState.ANSWERED if self.run.judge_version.spec.by_batch else CallState.QUEUED
        claimed = claims.take(self.run, self.claim, size, waiting)
        if self._wake_another is not None and len(claimed) == size:
            self._wake_another()
            self._wake_another = None
        return claimed, self._replies.keys(claimed)

    def _take_in(self, judgement: Judgement) -> Awaitable[None] | None:
        self._finished.append((self._calls.pop(judgement.item_id), judgement))
        self._unwritten.set()
        return self._write() if len(self._finished) >= MOST_UNWRITTEN else None

    async def _keep_writing(self, judging: asyncio.Task[None]) -> None:
        """Commit at once what is finished, but not too often: what ends meanwhile goes into the next commit.

        Until then its replies are in a file that a killed worker leaves behind (`unsaved`).

        Never cancelled, for a cancelled write may or may not have begun.
        """
        while not judging.done():
            await self._unwritten.wait()
            await self._write()
            await asyncio.wait([judging], timeout=WRITE_EVERY)

    async def _write(self) -> None:
        async with self._one_write:
            self._unwritten.clear()
            finished, self._finished = self._finished, []
            replies = self._replies.drain()
            if not finished and not replies:
                return
            try:
                self.summary.judged += await in_database(
                    writing.keep, self.claim, finished, self._parts, replies
                )
            except BaseException:  # for the next try; what was written after all is not written twice
                self._finished = finished + self._finished
                self._replies.put_back(replies)
                raise
            self._replies.written()
            for call, _ in finished:
                self._replies.forget(str(call.item_id))

    async def _mind(self, judging: asyncio.Task[None]) -> None:
        """Look after the run while it is judged: write, see whether to stop, say that we live, report."""
        held_at, count_at = time.monotonic(), 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self._unwritten.set()  # replies of judgements that are not finished
            await self._stop_if_asked(judging)
            if time.monotonic() - held_at >= HOLD_EVERY:
                await in_database(claims.hold, self.claim)
                held_at = time.monotonic()
            if self.on_progress is not None and time.monotonic() >= count_at:
                began = time.monotonic()
                await in_database(self.report)  # a bar may ask the database for the judge's name
                count_at = time.monotonic() + (time.monotonic() - began) / COUNTING

    async def _stop_if_asked(self, judging: asyncio.Task[None]) -> None:
        """No new call from now on; those that wait for an endpoint which does not answer are given up in the end."""
        if not self._stopping and await in_database(self._is_to_stop):
            self._stopping = True
            asyncio.get_running_loop().call_later(GRACE, judging.cancel)

    def _is_to_stop(self) -> bool:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return True
        return not Run.objects.filter(pk=self.run.pk, state=RunState.RUNNING).exists()


def _first(error: BaseException) -> BaseException:
    """What went wrong first, of what a group of tasks raised."""
    return _first(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error


def _is_of_database(error: Exception) -> bool:
    return isinstance(_first(error), OperationalError | InterfaceError)
