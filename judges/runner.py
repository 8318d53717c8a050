"""Judge many items at once, in bounded memory, and stop when the endpoint is down."""

import asyncio
import inspect
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from decimal import Decimal

from judges.contracts import Answer, Architecture, Judgement, Outcome, Provider, Subject
from judges.errors import FATAL_KINDS, BudgetSpent, EndpointDown, OverBudget

logger = logging.getLogger(__name__)

BREAKER_THRESHOLD = 20
"""Items in a row that fail for the endpoint's sake before a run stops."""

OnJudgement = Callable[[Judgement], Awaitable[None] | None]


@dataclass(slots=True)
class RunSummary:
    """What a run did. `cost` sums the calls whose price is known; `unpriced_calls` counts the others."""

    items: int = 0
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)
    unpriced_calls: int = 0
    stopped: bool = False
    seconds: float = 0.0

    def add(self, judgement: Judgement) -> None:
        """Count one judgement."""
        self.items += 1
        self.outcomes.update(answer.outcome for answer in judgement.answers)
        self.calls += len(judgement.calls)
        for call in judgement.calls:
            self.prompt_tokens += call.prompt_tokens or 0
            self.completion_tokens += call.completion_tokens or 0
            self.cost += call.cost or Decimal(0)
            self.unpriced_calls += call.cost is None


class Breaker:
    """Opens after `threshold` items in a row that the endpoint failed, at once when no call can succeed."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._in_a_row = 0

    @staticmethod
    def require_whole(judgement: Judgement) -> None:
        """Raise where a call failed as all like it will, and an answer was made of the others all the same."""
        if any(answer.outcome.retryable for answer in judgement.answers):
            return  # it says so itself
        for call in judgement.calls:
            if call.error_kind in FATAL_KINDS:
                which = f" of {call.role}" if call.role else ""
                said = f"no call{which} can succeed: {call.error_kind}: {call.error}"
                raise EndpointDown(said, kind=call.error_kind)
            if call.error_kind == OverBudget.__name__:
                raise BudgetSpent(call.error)

    def record(self, judgement: Judgement) -> None:
        """Count one judgement; raise EndpointDown for one failure too many, BudgetSpent when no money is left."""
        over_budget = _ended(judgement, Outcome.OVER_BUDGET)
        if over_budget:
            raise BudgetSpent(_refusal(judgement) or over_budget.reason)
        failure = _ended(judgement, Outcome.INFRA_FAILED)
        self._in_a_row = self._in_a_row + 1 if failure else 0
        if failure and _is_fatal(judgement):
            raise EndpointDown(f"no call can succeed: {failure.reason}", kind=_failing(judgement))
        if failure and self._in_a_row >= self._threshold:
            said = f"{self._in_a_row} items failed in a row, the last with {failure.reason}"
            raise EndpointDown(said, kind=_failing(judgement), in_a_row=self._in_a_row)


async def run(
    architecture: Architecture,
    subjects: AsyncIterable[Subject] | Iterable[Subject],
    provider: Provider,
    *,
    concurrency: int,
    on_judgement: OnJudgement,
    stop: Callable[[], bool] | None = None,
    breaker_threshold: int = BREAKER_THRESHOLD,
) -> RunSummary:
    """Judge every subject, at most `concurrency` at a time, and hand over each judgement once, as it comes.

    Subjects are read only as fast as they are judged. `on_judgement` may be a coroutine function; then
    several may be waiting at the same time. When `stop()` turns true no further subject is read, and
    those in flight are finished. Raises EndpointDown when the breaker opens, BudgetSpent when a call was not
    made for want of money: every finished judgement has been handed over, and the items in flight are
    dropped, so they have none. Any error of `subjects` or `on_judgement`, and cancellation, end the run in
    the same way. An item that the judge itself breaks on has failed, and the others go on.
    """
    if concurrency < 1:
        raise ValueError(f"concurrency must be at least 1, not {concurrency}")
    started = time.perf_counter()
    breaker, delivery, summary = Breaker(breaker_threshold), _Delivery(on_judgement), RunSummary()
    async with aclosing(_one_by_one(subjects)) as feed:
        work = _Work(architecture, provider, feed, stop, delivery, breaker, summary)
        await _all_or_first_error(
            [asyncio.create_task(work.until_done()) for _ in range(concurrency)], delivery
        )
    summary.seconds = time.perf_counter() - started
    return summary


class _Delivery:
    """Hands over judgements, and lets a hand-over that has begun finish even if its worker is cancelled."""

    def __init__(self, on_judgement: OnJudgement) -> None:
        self._on_judgement = on_judgement
        self._begun: set[asyncio.Future[None]] = set()

    async def hand_over(self, judgement: Judgement) -> None:
        handled = self._on_judgement(judgement)
        if inspect.isawaitable(handled):
            begun = asyncio.ensure_future(handled)
            self._begun.add(begun)
            begun.add_done_callback(self._begun.discard)
            await asyncio.shield(begun)

    async def finish(self) -> None:
        await asyncio.gather(*self._begun)


@dataclass(slots=True)
class _Work:
    """What all the workers of one run share."""

    architecture: Architecture
    provider: Provider
    feed: AsyncIterator[Subject]
    stop: Callable[[], bool] | None
    delivery: _Delivery
    breaker: Breaker
    summary: RunSummary
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def until_done(self) -> None:
        while (subject := await self._next_subject()) is not None:
            judgement = await self._judged(subject)
            self.breaker.require_whole(judgement)
            self.summary.add(judgement)
            await self.delivery.hand_over(judgement)
            self.breaker.record(judgement)

    async def _judged(self, subject: Subject) -> Judgement:
        try:
            return await self.architecture.judge(subject, self.provider)
        except Exception as error:
            logger.exception("The judge broke on item %s", subject.item_id)
            reason = f"the judge broke on this item: {type(error).__name__}: {error}"
            questions = self.architecture.questions
            failed = (Answer(one.key, Outcome.INFRA_FAILED, reason=reason) for one in questions)
            return Judgement(subject.item_id, tuple(failed), ())

    async def _next_subject(self) -> Subject | None:
        async with self.reading:  # an async generator cannot be entered twice
            if self.stop is not None and self.stop():
                self.summary.stopped = True
                return None
            return await anext(self.feed, None)


async def _all_or_first_error(tasks: list[asyncio.Task[None]], delivery: _Delivery) -> None:
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await delivery.finish()


async def _one_by_one(subjects: AsyncIterable[Subject] | Iterable[Subject]) -> AsyncGenerator[Subject, None]:
    if isinstance(subjects, AsyncIterable):
        async for subject in subjects:
            yield subject
    else:
        for subject in subjects:
            yield subject


def _ended(judgement: Judgement, outcome: Outcome) -> Answer | None:
    return next((answer for answer in judgement.answers if answer.outcome is outcome), None)


def _refusal(judgement: Judgement) -> str:
    """Why a call could not be paid, in the purse's own words."""
    return next((call.error for call in judgement.calls if call.error_kind == OverBudget.__name__), "")


def _failing(judgement: Judgement) -> str:
    """The kind of error that failed it: one that fails every call before any other, else the last."""
    kinds = [call.error_kind for call in judgement.calls if call.error_kind]
    return next((kind for kind in kinds if kind in FATAL_KINDS), kinds[-1] if kinds else "")


def _is_fatal(judgement: Judgement) -> bool:
    return _failing(judgement) in FATAL_KINDS
