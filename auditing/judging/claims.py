"""Claiming calls: short transactions, none of them across the network. A claim is a compare-and-set on a row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, QuerySet
from django.db.models.functions import MD5
from django.utils import timezone

from auditing.judging.models import Call, CallState, Run
from judges.contracts import Subject

STALE_AFTER = timedelta(seconds=45)  # a living worker says every few seconds that it still holds its claims

LOOKED_THROUGH = 20_000  # queued calls, for some that are like none in another's hands
LIKENESS = MD5("item__payload", output_field=CharField())  # the same where a judge asks the same


@dataclass(frozen=True, slots=True)
class Claimed:
    """A call as its worker needs it. `exchanges` are those of earlier tries, which the endpoint failed."""

    pk: int
    run_id: int
    item_id: int
    payload: Mapping[str, Any]
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    @property
    def subject(self) -> Subject:
        """The item as a judge sees it."""
        return Subject(str(self.item_id), self.payload)

    @property
    def recorded(self) -> set[str]:
        """When the requests were sent that are on the call's record."""
        return {exchange["started_at"] for exchange in self.exchanges}


@transaction.atomic
def take(run: Run, claim: UUID, size: int, state: CallState = CallState.QUEUED) -> list[Claimed]:
    """Claim up to `size` calls of a run in this state, in sample order. Of several who claim at once one waits.

    Queued calls whose item is like one that another claim has in hand stay queued: whoever comes once that one is
    written is answered by its reply. Nobody need wait for them: who has that one in hand takes them too, and where
    she dies, whoever takes up what she held does.
    """
    waiting = Call.objects.filter(run=run, state=state).order_by("pk")
    if state == CallState.QUEUED:
        keys = _apart(run, claim, waiting, size)
    else:
        keys = list(waiting.select_for_update(skip_locked=True).values_list("pk", flat=True)[:size])
    Call.objects.filter(pk__in=keys, state=state).update(
        state=CallState.CLAIMED, claim=claim, claimed_at=timezone.now()
    )
    taken = Call.objects.filter(pk__in=keys, state=CallState.CLAIMED, claim=claim).order_by("pk")
    rows = taken.values_list("pk", "run_id", "item_id", "item__payload", "exchanges")
    return [Claimed(*row) for row in rows]


def _apart(run: Run, claim: UUID, waiting: QuerySet[Call], size: int) -> list[int]:
    """Keys of the first `size` of them whose items are like none that another claim has in hand.

    Looked at a few at a time, for in one query the database reads every item that waits, and no further than
    `LOOKED_THROUGH`: others claim meanwhile, and who has what is passed over in hand takes it too.
    """
    Run.objects.select_for_update(no_key=True).get(pk=run.pk)  # of two who claim one sees what the other took
    others = Call.objects.filter(run=run, state=CallState.CLAIMED).exclude(claim=claim)
    held = set(others.values_list(LIKENESS, flat=True))
    if not held:
        return list(waiting.values_list("pk", flat=True)[:size])
    keys: list[int] = []
    after = looked_at = 0
    while len(keys) < size and looked_at < LOOKED_THROUGH:
        some = list(waiting.filter(pk__gt=after).values_list("pk", LIKENESS)[: 10 * size if after else size])
        if not some:
            break
        keys += [key for key, likeness in some if likeness not in held]
        after, looked_at = some[-1][0], looked_at + len(some)
    return keys[:size]


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
    return _living(run).exists()


def workers_at(run: Run) -> int:
    """How many living workers hold calls of this run."""
    return _living(run).values("claim").distinct().count()


def _living(run: Run) -> QuerySet[Call]:
    since = timezone.now() - STALE_AFTER
    return Call.objects.filter(run=run, state=CallState.CLAIMED, claimed_at__gte=since)


def _queue_again(calls: Any) -> int:
    changed: int = calls.update(state=CallState.QUEUED, claim=None, claimed_at=None)
    return changed
