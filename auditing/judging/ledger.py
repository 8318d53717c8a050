"""The books: what runs have spent and set aside, and what is left of their budgets.

Money is kept in the database, not in the broker: a hard budget must outlive both. A worker sets aside money in one
short transaction for many calls, so that a call itself costs no query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from auditing.datasets.models import Collection
from auditing.judging.models import CollectionBudget, Reservation, Run, Spending, TrialCall

DEAD_AFTER = timedelta(seconds=60)  # a living worker renews what it holds every second
NOTHING = Decimal(0)


@dataclass
class Settled:
    """What a worker has paid since it last said so."""

    spent: Decimal = NOTHING
    requests: int = 0
    unpriced: int = 0
    tokens: int = 0


@dataclass(frozen=True)
class Limit:
    """One budget of a run. `left` is what nobody has spent or set aside, `held` what others have set aside."""

    name: str
    left: Decimal
    held: Decimal


@dataclass(frozen=True)
class Grant:
    """What a worker may now have set aside in all. `refusal` says why not even one call more can ever be paid."""

    amount: Decimal
    refusal: str = ""


def this_month() -> date:
    return timezone.localdate().replace(day=1)


def is_limited(run: Run) -> bool:
    """Does any budget bind this run?"""
    run.refresh_from_db(fields=["budget"])
    return run.budget is not None or _monthly(run) is not None


@transaction.atomic
def settle(run: Run, settled: Settled) -> None:
    """Write down what was paid."""
    if not settled.requests:
        return
    Run.objects.select_for_update(of=("self",)).get(pk=run.pk)
    _add(run, settled, written_off=NOTHING)


@transaction.atomic
def renew(
    run: Run, worker: UUID, settled: Settled, *, held: Decimal, wanted: Sequence[Decimal], ahead: Decimal
) -> Grant:
    """Write down what was paid, and set aside `held`, and as many of the calls `wanted` as can be paid, in order.

    Whole calls only, so that two workers never hold halves of the same one; and, while there is plenty, `ahead` for
    calls that are still to come.
    """
    _lock(run)
    _add(run, settled, written_off=NOTHING)
    _write_off_the_dead(run)
    limits = limits_of(run, besides=worker)
    left = min((limit.left for limit in limits), default=None)
    amount = held
    for price in wanted:
        if left is not None and amount + price > left:
            break
        amount += price
    if left is None or amount + 2 * ahead <= left:
        amount += ahead
    Reservation.objects.update_or_create(
        worker=worker, defaults={"run": run, "amount": amount, "held_at": timezone.now()}
    )
    return Grant(amount, "" if held else _refusal(limits, wanted))


def keep_for(worker: UUID, time: timedelta) -> None:
    """What is set aside stays so for that long without another word."""
    Reservation.objects.filter(worker=worker).update(held_at=timezone.now() + time)


def release(worker: UUID) -> None:
    """The worker has nothing under way any more."""
    Reservation.objects.filter(worker=worker).delete()


def limits_of(run: Run, besides: UUID | None = None) -> list[Limit]:
    """The run's budgets, and what is left of each beside what `besides` holds."""
    run.refresh_from_db(fields=["budget"])
    collection, monthly = run.audit.batch.collection, _monthly(run)
    limits = []
    if run.budget is not None:
        limits.append(_limit(f"the budget of ${run.budget:,.2f}", run.budget, Q(run=run), Q(), besides))
    if monthly is not None:
        whose = Q(run__audit__batch__collection=collection)
        month = this_month()
        name = f"the {month:%B} budget of ${monthly:,.2f} for {collection}"
        most = monthly - spent_on_trials(collection)
        limits.append(_limit(name, most, whose, Q(month=month), besides))
    return limits


def month_left(collection: Collection) -> Decimal | None:
    """What a trial may still cost this month: what runs have neither spent nor set aside. None without a limit."""
    budget = CollectionBudget.objects.filter(collection=collection).first()
    if budget is None or budget.monthly is None:
        return None
    whose = Q(run__audit__batch__collection=collection)
    most = budget.monthly - spent_on_trials(collection)
    return _limit("", most, whose, Q(month=this_month()), None).left


def spent_on_trials(collection: Collection) -> Decimal:
    """What the trials with the collection's items cost this month, in US dollars, as far as prices are known."""
    calls = TrialCall.objects.filter(trial__batch__collection=collection, finished_at__date__gte=this_month())
    return calls.aggregate(sum=Sum("cost"))["sum"] or NOTHING


def _limit(name: str, most: Decimal, whose: Q, when: Q, besides: UUID | None) -> Limit:
    spent = Spending.objects.filter(whose, when).aggregate(sum=Sum("spent"))["sum"] or NOTHING
    others = Reservation.objects.filter(whose)
    others = others.exclude(worker=besides) if besides else others
    held = others.aggregate(sum=Sum("amount"))["sum"] or NOTHING
    return Limit(name, most - spent - held, held)


def _refusal(limits: Sequence[Limit], wanted: Sequence[Decimal]) -> str:
    """Why the next call can never be paid; money that is only set aside may come back, and is waited for."""
    short = (limit for limit in limits if wanted and limit.left + limit.held < wanted[0])
    return next((f"{limit.name} is spent" for limit in short), "")


def _monthly(run: Run) -> Decimal | None:
    found = CollectionBudget.objects.filter(collection=run.audit.batch.collection_id).first()
    return found.monthly if found else None


def _lock(run: Run) -> None:
    """Of all that spend from the same budgets one at a time: first the collection's, then the run's own."""
    list(CollectionBudget.objects.select_for_update().filter(collection=run.audit.batch.collection_id))
    Run.objects.select_for_update(of=("self",)).get(pk=run.pk)


def _add(run: Run, settled: Settled, *, written_off: Decimal) -> None:
    if not settled.requests and not written_off:
        return
    Spending.objects.get_or_create(run=run, month=this_month())
    Spending.objects.filter(run=run, month=this_month()).update(
        spent=F("spent") + settled.spent + written_off,
        written_off=F("written_off") + written_off,
        requests=F("requests") + settled.requests,
        unpriced=F("unpriced") + settled.unpriced,
        tokens=F("tokens") + settled.tokens,
    )


def _write_off_the_dead(run: Run) -> None:
    """What a dead worker had under way may have been paid: it counts as spent, so that the budget holds."""
    dead: QuerySet[Reservation] = Reservation.objects.filter(run=run, held_at__lt=timezone.now() - DEAD_AFTER)
    for reservation in dead:
        _add(run, Settled(), written_off=reservation.amount)
        reservation.delete()
