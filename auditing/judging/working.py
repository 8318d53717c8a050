"""Working off a run: hundreds of calls in one event loop, the database on the caller's own thread.

`async_to_sync` runs the loop on a thread of its own while this one waits for database work that the loop sends back
with `sync_to_async`: queries never hold up the calls, and no transaction is open while a call is under way.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from asgiref.sync import async_to_sync, sync_to_async

from auditing.core.errors import DokimaError
from auditing.judging import claims
from auditing.judging.adapters import price_table, subject_of
from auditing.judging.endpoints import Connection, connections_for
from auditing.judging.learning import waits_for
from auditing.judging.models import Call, Run, RunState
from auditing.judging.providers import provider_at
from auditing.judging.purse import RunPurse
from auditing.judging.runs import begin, end, stop_for
from auditing.judging.selectors import RunProgress, progress
from auditing.judging.surveying import architecture_for
from judges import runner
from judges.contracts import Architecture, Judgement, Provider, Subject
from judges.errors import BudgetSpent, EndpointDown
from judges.money import Budgeted
from judges.pricing import Price
from judges.providers.switchboard import Switchboard

LOOK_EVERY = 0.5  # seconds: so fast is a pause noticed, and so old is what the page shows
HOLD_EVERY = 5.0  # seconds between two signs of life, far below `claims.STALE_AFTER`
GRACE = (
    10.0  # seconds that calls under way get to end once the run is to stop; what has not ended is asked again
)
WITHOUT_ENDPOINT = 8  # items at a time for a judge that asks nobody
WRITE_AT = 20  # finished judgements that are written at once
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
) -> WorkSummary:
    """Judge what is queued of a run until nothing is left, somebody pauses it, or the time is up.

    An endpoint that is missing or down pauses the run with the reason. Safe to call from several workers at once, and
    at any time. Must not be called inside a transaction.
    """
    claims.release_stale(run=run)
    if waits_for(run) or not begin(run, worker=worker):
        return WorkSummary()
    try:
        shift = _Shift.for_run(run, limit_seconds, on_progress)
    except DokimaError as error:
        stop_for(run, str(error))
        return WorkSummary(reason=str(error))
    try:
        async_to_sync(shift.work)()
    finally:
        claims.release(shift.claim)
    if shift.summary.reason:
        stop_for(run, shift.summary.reason)
    end(run)
    if on_progress is not None:
        on_progress(progress(run))
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
    ) -> None:
        self.run, self.architecture, self.connections, self.prices = run, architecture, connections, prices
        self.concurrency = max((one.concurrency for one in connections), default=WITHOUT_ENDPOINT)
        self.on_progress = on_progress
        self.claim = uuid4()
        self.summary = WorkSummary()
        self._started = time.monotonic()
        self._deadline = None if limit_seconds is None else self._started + limit_seconds
        self._stopping = False
        self._calls: dict[str, Call] = {}
        self._finished: list[tuple[Call, Judgement]] = []

    @classmethod
    def for_run(cls, run: Run, limit_seconds: float | None, on_progress: OnProgress | None) -> "_Shift":
        """Raises DokimaError when the judge cannot be asked."""
        connections = connections_for(run.judge_version)
        return cls(run, architecture_for(run), connections, price_table(), limit_seconds, on_progress)

    async def work(self) -> None:
        async with self._providers() as provider, asyncio.TaskGroup() as group:
            judging = group.create_task(self._judge(provider))
            minding = group.create_task(self._mind(judging))
            judging.add_done_callback(lambda _: minding.cancel())
        await self._write()
        self.summary.seconds = time.monotonic() - self._started

    async def _judge(self, provider: Provider) -> None:
        try:
            await runner.run(
                self.architecture,
                self._subjects(),
                provider,
                concurrency=self.concurrency,
                on_judgement=self._take_in,
                stop=lambda: self._stopping,
            )
        except BudgetSpent as error:
            self.summary.reason = str(error)
        except EndpointDown as error:
            self.summary.reason = f"{', '.join(one.name for one in self.connections)}: {error}"

    @asynccontextmanager
    async def _providers(self) -> AsyncIterator[Provider]:
        """Every endpoint that the judge names, open while it works, as far as the run's money goes."""
        async with AsyncExitStack() as stack:
            opened = {
                one.name: await stack.enter_async_context(provider_at(one, self.prices))
                for one in self.connections
            }
            purse = await stack.enter_async_context(RunPurse(self.run))
            yield Budgeted(Switchboard(opened), purse, self.prices)

    async def _subjects(self) -> AsyncIterator[Subject]:
        size = max(8, self.concurrency)
        while calls := await sync_to_async(claims.take)(self.run, self.claim, size):
            for call in calls:
                self._calls[str(call.item_id)] = call
                yield subject_of(call.item)

    async def _take_in(self, judgement: Judgement) -> None:
        self._finished.append((self._calls.pop(judgement.item_id), judgement))
        if len(self._finished) >= WRITE_AT:
            await self._write()

    async def _write(self) -> None:
        finished, self._finished = self._finished, []
        if finished:
            self.summary.judged += await sync_to_async(claims.keep)(self.claim, finished)

    async def _mind(self, judging: asyncio.Task[None]) -> None:
        """Look after the run while it is judged: write, see whether to stop, say that we live, report."""
        held_at = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_EVERY)
            await self._write()
            await self._stop_if_asked(judging)
            if time.monotonic() - held_at >= HOLD_EVERY:
                await sync_to_async(claims.hold)(self.claim)
                held_at = time.monotonic()
            if self.on_progress is not None:
                self.on_progress(await sync_to_async(progress)(self.run))

    async def _stop_if_asked(self, judging: asyncio.Task[None]) -> None:
        """No new call from now on; those that wait for an endpoint which does not answer are given up in the end."""
        if not self._stopping and await sync_to_async(self._is_to_stop)():
            self._stopping = True
            asyncio.get_running_loop().call_later(GRACE, judging.cancel)

    def _is_to_stop(self) -> bool:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            return True
        return not Run.objects.filter(pk=self.run.pk, state=RunState.RUNNING).exists()
