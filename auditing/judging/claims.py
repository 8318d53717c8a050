"""Claiming calls and writing what became of them: short transactions, none of them across the network.

A claim is a compare-and-set on the call's row. What a worker writes counts only while the claim is still its own,
so that a worker thought dead that answers late changes nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from auditing.judging.adapters import exchange_of
from auditing.judging.models import Call, CallState, Run, Verdict
from judges.contracts import Answer, Judgement, Outcome
from judges.injection import suspect_injection
from judges.scales import CANNOT_ASSESS

STALE_AFTER = timedelta(seconds=45)  # a living worker says every few seconds that it still holds its claims
WRITTEN = (
    "state",
    "claim",
    "claimed_at",
    "finished_at",
    "exchanges",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "latency_ms",
    "attempts",
    "error",
    "suspicion",
)


@transaction.atomic
def take(run: Run, claim: UUID, size: int) -> list[Call]:
    """Claim up to `size` queued calls of a run, in sample order, passing over those another worker is claiming."""
    queued = Call.objects.filter(run=run, state=CallState.QUEUED).order_by("pk")
    keys = list(queued.select_for_update(skip_locked=True).values_list("pk", flat=True)[:size])
    Call.objects.filter(pk__in=keys, state=CallState.QUEUED).update(
        state=CallState.CLAIMED, claim=claim, claimed_at=timezone.now()
    )
    taken = Call.objects.filter(pk__in=keys, state=CallState.CLAIMED, claim=claim)
    return list(taken.select_related("item").order_by("pk"))


def hold(claim: UUID) -> None:
    """Say that the worker of this claim is alive."""
    Call.objects.filter(claim=claim, state=CallState.CLAIMED).update(claimed_at=timezone.now())


def release(claim: UUID) -> int:
    """Put back what this claim has not finished."""
    return _queue_again(Call.objects.filter(claim=claim, state=CallState.CLAIMED))


def release_stale(*, older_than: timedelta = STALE_AFTER, run: Run | None = None) -> int:
    """Put back calls whose worker has not been heard of for that long; returns how many."""
    stale = Call.objects.filter(state=CallState.CLAIMED, claimed_at__lt=timezone.now() - older_than)
    return _queue_again(stale if run is None else stale.filter(run=run))


def is_held(run: Run) -> bool:
    """Is a living worker at this run?"""
    since = timezone.now() - STALE_AFTER
    return Call.objects.filter(run=run, state=CallState.CLAIMED, claimed_at__gte=since).exists()


def _queue_again(calls: Any) -> int:
    changed: int = calls.update(state=CallState.QUEUED, claim=None, claimed_at=None)
    return changed


@transaction.atomic
def keep(claim: UUID, finished: Sequence[tuple[Call, Judgement]]) -> int:
    """Write calls and verdicts in bulk where the claim is still ours; returns how many calls were written."""
    ours = set(
        Call.objects.filter(pk__in=[call.pk for call, _ in finished], claim=claim, state=CallState.CLAIMED)
        .select_for_update()
        .values_list("pk", flat=True)
    )
    at = timezone.now()
    kept = [(call, judgement) for call, judgement in finished if call.pk in ours]
    for call, judgement in kept:
        _fill(call, judgement, at)
    # an upsert of rows that are locked and therefore exist: one statement, where bulk_update sends a CASE a field
    Call.objects.bulk_create(
        [call for call, _ in kept], update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
    )
    Verdict.objects.bulk_create(_verdicts(kept, at))
    return len(kept)


def _fill(call: Call, judgement: Judgement, at: datetime) -> None:
    """What the judgement says about its call; what earlier tries have cost stays counted."""
    failure = failure_of(judgement)
    call.state = CallState.FAILED if failure else CallState.DONE
    call.error = failure
    call.claim, call.claimed_at, call.finished_at = None, None, at
    call.exchanges = [*call.exchanges, *map(exchange_of, judgement.calls)]
    call.prompt_tokens = sum(exchange["prompt_tokens"] or 0 for exchange in call.exchanges)
    call.completion_tokens = sum(exchange["completion_tokens"] or 0 for exchange in call.exchanges)
    call.cost = cost_of_exchanges(call.exchanges)
    call.latency_ms = round(sum(exchange.latency_ms for exchange in judgement.calls))
    call.attempts = sum(exchange["attempts"] for exchange in call.exchanges)
    call.suspicion = suspect_injection(call.item.payload)


def failure_of(judgement: Judgement) -> str:
    """Why the endpoint gave no opinion; empty where the judge had its say."""
    return next((answer.reason for answer in judgement.answers if answer.outcome.retryable), "")


def cost_of_exchanges(exchanges: Iterable[dict[str, Any]]) -> Decimal | None:
    """The sum over what was answered; None as soon as one price is not known."""
    costs = [exchange["cost"] for exchange in exchanges if not exchange["error_kind"]]
    return None if None in costs else sum(map(Decimal, costs), Decimal(0))


def _verdicts(kept: Iterable[tuple[Call, Judgement]], at: datetime) -> list[Verdict]:
    return [
        _verdict(call, answer, at)
        for call, judgement in kept
        if call.state == CallState.DONE
        for answer in judgement.answers
    ]


def _verdict(call: Call, answer: Answer, at: datetime) -> Verdict:
    value = CANNOT_ASSESS if answer.outcome is Outcome.ABSTAINED else answer.value or ""
    return Verdict(
        call=call,
        run_id=call.run_id,
        item_id=call.item_id,
        criterion=answer.question,
        outcome=answer.outcome,
        value=value,
        probability=answer.probability,
        probabilities=dict(answer.probabilities),
        details=dict(answer.details),
        rationale=answer.rationale,
        reason=answer.reason,
        at=at,
    )
