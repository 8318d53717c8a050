"""Working off a trial: its queued calls in one event loop, each written as it ends."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from asgiref.sync import async_to_sync, sync_to_async
from django.utils import timezone

from auditing.core.errors import DokimaError
from auditing.judging.adapters import price_table, subject_of
from auditing.judging.endpoints import connection_named
from auditing.judging.exchanges import exchange_of
from auditing.judging.models import CallState, Reply, Trial, TrialCall
from auditing.judging.patience import in_database
from auditing.judging.providers import provider_at
from auditing.judging.purse import SharedPurse
from auditing.judging.replies import Thrifty, completion_of, content_of
from auditing.judging.schema import JudgeSpec, read_judge
from auditing.judging.stopping import reason_of
from auditing.judging.trials import claim_trial, end_trial, hold_trial, release_trial
from auditing.judging.writing import cost_of_exchanges, failure_of
from auditing.rubrics.schema import RubricSpec
from judges import runner
from judges.contracts import Architecture, Completion, Judgement, Provider, Subject, Surveyor
from judges.errors import BudgetSpent, EndpointDown
from judges.injection import suspect_injection
from judges.money import Budgeted
from judges.probes.unfenced import Careless
from judges.providers.switchboard import Switchboard

AT_ONCE = 16  # calls in flight at most: a trial stands back behind the runs
HOLD_EVERY = 5.0  # seconds between two signs of life
GRACE = 10.0  # seconds that calls under way get to end once the trial is to stop


def work_on(trial: Trial, *, limit_seconds: float | None = None) -> bool:
    """Ask what is queued of a trial until nothing is left, it is stopped, or the time is up; False if held by another.

    An endpoint that is missing or down, or a month's budget that is spent, stops the trial with the reason. Must not
    be called inside a transaction.
    """
    claim = uuid4()
    if not claim_trial(trial, claim):
        return False
    try:
        reason = async_to_sync(_Stretch(trial, claim, limit_seconds).work)()
    except DokimaError as error:
        reason = str(error)
    finally:
        release_trial(trial, claim)
    if reason or not trial.calls.filter(state=CallState.QUEUED).exists():
        end_trial(trial, reason)
    trial.refresh_from_db()
    return True


class _Stretch:
    """One worker's time with a trial."""

    def __init__(self, trial: Trial, claim: UUID, limit_seconds: float | None) -> None:
        self.trial, self.claim = trial, claim
        self.rubric = RubricSpec.from_content(trial.rubric)
        self._deadline = None if limit_seconds is None else time.monotonic() + limit_seconds
        self._stopping = False
        self._asked: set[str] = set()  # the names of endpoints

    async def work(self) -> str:
        """Why it had to stop; empty where it did not."""
        asking = asyncio.create_task(self._ask_all())
        minding = asyncio.create_task(self._mind())
        minding.add_done_callback(lambda _: asking.cancel())  # nobody would notice a stop any more
        try:
            await asking
        except BudgetSpent as error:
            return str(error)
        except EndpointDown as error:
            return reason_of(error, sorted(self._asked))
        except asyncio.CancelledError:
            if not minding.done():
                raise
            minding.result()
        finally:
            minding.cancel()
        return ""

    async def _ask_all(self) -> None:
        for side in self.trial.sides:
            await self._ask(side)

    async def _ask(self, side: dict[str, Any]) -> None:
        spec = read_judge(side["content"])
        self._asked = set(spec.endpoints)
        architecture = await sync_to_async(self._architecture)(spec)
        calls = await sync_to_async(self._queued)(side["name"])
        waiting = {str(call.pk): call for call in calls}
        async with self._providers(spec.endpoints) as provider:
            await runner.run(
                Thrifty(architecture if side["fenced"] else Careless(architecture), _Kept(waiting)),
                [Subject(key, call.shown) for key, call in waiting.items()],
                provider,
                concurrency=AT_ONCE,
                on_judgement=lambda judgement: sync_to_async(_keep)(waiting[judgement.item_id], judgement),
                stop=lambda: self._stopping,
            )

    def _architecture(self, spec: JudgeSpec) -> Architecture:
        """The judge at work; some must have seen the whole batch first."""
        architecture = spec.build(self.rubric)
        if self.trial.batch and isinstance(architecture, Surveyor) and architecture.surveys:
            architecture.survey(map(subject_of, self.trial.batch.items.only("pk", "payload").iterator()))
        return architecture

    def _queued(self, side: str) -> list[TrialCall]:
        queued = self.trial.calls.filter(side=side, state=CallState.QUEUED)
        return list(queued.select_related("item").order_by("pk"))

    @asynccontextmanager
    async def _providers(self, endpoints: Sequence[str]) -> AsyncIterator[Provider]:
        prices = await sync_to_async(price_table)()
        async with AsyncExitStack() as stack:
            opened = {}
            for name in endpoints:
                connection = await sync_to_async(connection_named)(name)
                opened[name] = await stack.enter_async_context(provider_at(connection, prices))
            purse = await stack.enter_async_context(SharedPurse(self.trial))
            yield Budgeted(Switchboard(opened), purse, prices)

    async def _mind(self) -> None:
        """Say that we live, until the trial is to stop and calls under way have had time to end."""
        while not self._stopping:
            await asyncio.sleep(HOLD_EVERY if self._deadline is None else min(HOLD_EVERY, 1.0))
            is_ours = await in_database(hold_trial, self.trial, self.claim)
            late = self._deadline is not None and time.monotonic() >= self._deadline
            self._stopping = late or not is_ours
        await asyncio.sleep(GRACE)


class _Kept:
    """The replies that are kept in the database, for a trial's calls by their keys: what was paid is not paid again."""

    def __init__(self, calls: Mapping[str, TrialCall]) -> None:
        self._calls = calls

    async def find(self, item_id: str, digest: str) -> Completion | None:
        """A reply that a trial or a run paid for before; it costs nothing now."""
        kept = await Reply.objects.filter(digest=digest).afirst()
        return None if kept is None else replace(completion_of(kept.content), cost=Decimal(0))

    async def add(self, item_id: str, digest: str, completion: Completion) -> None:
        """Keep a reply, for the next trial and for runs."""
        content = content_of(completion) | {"call": None}  # of no run
        row = Reply(digest=digest, item_id=self._calls[item_id].item_id, content=content, at=timezone.now())
        await Reply.objects.abulk_create([row], ignore_conflicts=True)


def _keep(call: TrialCall, judgement: Judgement) -> None:
    """Write what became of one call."""
    exchanges = [exchange_of(record) for record in judgement.calls]
    failure = failure_of(judgement)
    call.state = CallState.FAILED if failure else CallState.DONE
    call.error = failure
    call.exchanges = exchanges
    call.answers = [_answer(one) for one in map(asdict, judgement.answers)]
    asked = [one for one in exchanges if not one["cached"]]  # what was paid before cost nothing now
    call.prompt_tokens = sum(one["prompt_tokens"] or 0 for one in asked)
    call.completion_tokens = sum(one["completion_tokens"] or 0 for one in asked)
    call.cost = cost_of_exchanges(exchanges)
    call.latency_ms = round(sum(record.latency_ms for record in judgement.calls))
    call.suspicion = suspect_injection(call.shown)
    call.finished_at = timezone.now()
    call.save()


def _answer(answer: dict[str, Any]) -> dict[str, Any]:
    kept = ("question", "outcome", "value", "probability", "probabilities", "rationale", "reason")
    return {name: answer[name] for name in kept}
