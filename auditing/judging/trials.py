"""Trials: a judge asked outside any run, to see what it would say. What it answers is no verdict and joins no run.

A playground asks a draft and the published version about a few items; a probe asks about items that were tampered with.
Each side of a trial is one way to ask; each call puts one item to one side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Batch, Item
from auditing.datasets.selectors import batches_visible_to
from auditing.journal.services import record
from auditing.judging.ledger import month_left
from auditing.judging.models import CallState, Judge, JudgeVersion, Trial, TrialCall, TrialState
from auditing.judging.policies import require_manage
from auditing.judging.schema import read_judge
from auditing.judging.selectors import judges_visible_to
from auditing.rubrics.schema import RubricSpec

STALE_AFTER = timedelta(seconds=45)
MOST_CALLS = 5000


@dataclass(frozen=True)
class Side:
    """One way to ask: a judge's content, with its fence or, in a probe's comparison only, without."""

    name: str
    content: dict[str, Any]
    fenced: bool = True


@dataclass(frozen=True)
class Put:
    """One item for every side, or for the `sides` named. `payload` stands in for the item's own; `about` says what was
    done to it."""

    key: str
    item: Item | None = None
    payload: dict[str, Any] | None = None
    about: dict[str, Any] = field(default_factory=dict)
    sides: Sequence[str] | None = None


@transaction.atomic
def start_trial(
    *,
    by: User | None,
    purpose: str,
    judge: Judge,
    sides: Sequence[Side],
    rubric: RubricSpec,
    puts: Sequence[Put],
    batch: Batch | None = None,
    judge_version: JudgeVersion | None = None,
    fingerprint: str = "",
    options: dict[str, Any] | None = None,
) -> Trial:
    """Queue a call for each side and item. Raises Forbidden, and BadInput where a side is no right judge."""
    require_manage(by)
    if not puts:
        raise BadInput("there is no item to ask about", field="items")
    if len(puts) * len(sides) > MOST_CALLS:
        raise BadInput(f"would take more than {MOST_CALLS:,} calls; take fewer items", field="items")
    if batch:
        require_money(batch)
    for side in sides:
        read_judge(side.content).build(rubric)
    trial = Trial.objects.create(
        purpose=purpose,
        judge=judge,
        judge_version=judge_version,
        batch=batch,
        fingerprint=fingerprint,
        rubric=rubric.to_content(),
        sides=[{"name": one.name, "content": one.content, "fenced": one.fenced} for one in sides],
        options=options or {},
        created_by=by,
    )
    TrialCall.objects.bulk_create(
        TrialCall(
            trial=trial, side=side.name, key=put.key, item=put.item, payload=put.payload, about=put.about
        )
        for put in puts
        for side in sides
        if put.sides is None or side.name in put.sides
    )
    details = {"purpose": purpose, "calls": trial.calls.count(), "fingerprint": fingerprint}
    collection_id = batch.collection_id if batch else None
    record(by=by, verb="tried", subject=judge, collection_id=collection_id, details=details)
    return trial


def require_money(batch: Batch) -> None:
    """Raise Conflict when the month's budget of the batch's collection is spent."""
    left = month_left(batch.collection)
    if left is not None and left <= 0:
        raise Conflict(f"This month's budget for {batch.collection} is spent.")


@transaction.atomic
def stop_trial(*, by: User | None, trial: Trial) -> Trial:
    """Make no further call; what was answered stays. Raises Conflict when it has ended."""
    require_manage(by)
    if not end_trial(trial, f"stopped by {by}"):
        raise Conflict("It has ended already.")
    return trial


def end_trial(trial: Trial, reason: str = "") -> bool:
    """Finished, or stopped for a reason; of several who say so one does it."""
    ended = Trial.objects.filter(pk=trial.pk, state=TrialState.UNDER_WAY).update(
        state=TrialState.STOPPED if reason else TrialState.FINISHED,
        reason=reason,
        finished_at=timezone.now(),
        claim=None,
        claimed_at=None,
    )
    trial.refresh_from_db()
    return bool(ended)


def claim_trial(trial: Trial, claim: UUID) -> bool:
    """Be the one worker of a trial, unless another that is alive holds it."""
    free = Q(claim=None) | Q(claimed_at__lt=timezone.now() - STALE_AFTER)
    taken = Trial.objects.filter(free, pk=trial.pk, state=TrialState.UNDER_WAY).update(
        claim=claim, claimed_at=timezone.now()
    )
    return bool(taken)


def hold_trial(trial: Trial, claim: UUID) -> bool:
    """Say that its worker is alive; False when the trial was stopped, or taken by another."""
    held = Trial.objects.filter(pk=trial.pk, claim=claim, state=TrialState.UNDER_WAY)
    return bool(held.update(claimed_at=timezone.now()))


def release_trial(trial: Trial, claim: UUID) -> None:
    Trial.objects.filter(pk=trial.pk, claim=claim).update(claim=None, claimed_at=None)


def waiting_trials() -> list[Trial]:
    """Trials under way that no living worker holds."""
    free = Q(claim=None) | Q(claimed_at__lt=timezone.now() - STALE_AFTER)
    return list(Trial.objects.filter(free, state=TrialState.UNDER_WAY))


def trials_visible_to(user: User) -> QuerySet[Trial]:
    """Probes for who may see verdicts, playgrounds for who may edit the judge; both within her collections."""
    batches = batches_visible_to(user, Permission.SEE_VERDICTS)
    found = Trial.objects.filter(Q(batch=None) | Q(batch__in=batches), judge__in=judges_visible_to(user))
    if not user.may(Permission.MANAGE_JUDGES):
        found = found.filter(purpose=Trial.Purpose.INJECTION)
    return found.select_related("judge", "judge_version__judge", "batch__collection", "created_by")


@dataclass(frozen=True)
class TrialProgress:
    """How far a trial is, in calls; `spent` (US dollars) is None while no price is known, `unpriced` counts those."""

    done: int
    failed: int
    total: int
    spent: Decimal | None
    unpriced: int
    tokens: int

    @property
    def finished(self) -> int:
        return self.done + self.failed


def trial_progress(trial: Trial) -> TrialProgress:
    found = trial.calls.aggregate(
        total=Count("pk"),
        done=Count("pk", filter=Q(state=CallState.DONE)),
        failed=Count("pk", filter=Q(state=CallState.FAILED)),
        spent=Sum("cost"),
        unpriced=Count("pk", filter=Q(state=CallState.DONE, cost=None)),
        prompt=Sum("prompt_tokens"),
        completion=Sum("completion_tokens"),
    )
    tokens = (found.pop("prompt") or 0) + (found.pop("completion") or 0)
    return TrialProgress(**found, tokens=tokens)
