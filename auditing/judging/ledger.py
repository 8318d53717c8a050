"""The books: what runs and trials have spent and set aside, and what is left of their budgets.

Money is kept in the database, not in the broker: a hard budget must outlive both. A worker sets aside money in one
short transaction for many calls, so that a call itself costs no query.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from auditing.datasets.models import Collection
from auditing.judging.lifecycle import ON_ITS_WAY
from auditing.judging.models import CollectionBudget, Parcel, Reservation, Run, Spending, Trial
from judges.contracts import Completion

DEAD_AFTER = timedelta(seconds=60)  # a living worker renews what it holds every second
NOTHING = Decimal(0)
Spender = Run | Trial  # only a run may have a budget of its own; a collection's binds both


@dataclass
class Settled:
    """What a worker has paid since it last said so. `estimated`, a part of `spent`, is what calls could cost at most
    whose endpoint did not say what they used; `unpriced` ones are in no figure."""

    spent: Decimal = NOTHING
    estimated: Decimal = NOTHING
    requests: int = 0
    unpriced: int = 0
    tokens: int = 0

    def add(self, reply: Completion, most: Decimal | None = None) -> Decimal:
        """Count one reply, at `most` where it does not say what it cost; returns what is counted."""
        cost = most if reply.cost is None else reply.cost
        self.count(cost, reply.total_tokens or 0)
        if reply.cost is None:
            self.estimated += cost or NOTHING
        return cost or NOTHING

    def count(self, cost: Decimal | None, tokens: int) -> None:
        """Count one request, at no known price where `cost` is None."""
        self.requests += 1
        self.tokens += tokens
        self.unpriced += cost is None
        self.spent += cost or NOTHING

    def add_all(self, other: "Settled") -> None:
        """Count what another has counted."""
        for name in ("spent", "estimated", "requests", "unpriced", "tokens"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Limit:
    """One budget of a run. `left` is what nobody has spent or set aside, `held` what others have set aside."""

    name: str
    left: Decimal
    held: Decimal

    @property
    def overspent(self) -> Decimal:
        """What was spent beyond the budget: a call may cost more than was set aside for it."""
        return max(-self.left, Decimal(0))


@dataclass(frozen=True)
class Grant:
    """What a worker may now have set aside in all. `refusal` says why not even one call more can ever be paid."""

    amount: Decimal
    refusal: str = ""


def this_month() -> date:
    return timezone.localdate().replace(day=1)


def is_limited(spender: Spender) -> bool:
    """Does any budget bind this run or trial? Workers ask every second: one query."""
    monthly = "batch__collection__judging_budget__monthly"
    names = ["budget", f"audit__{monthly}"] if isinstance(spender, Run) else [monthly]
    found = type(spender)._default_manager.filter(pk=spender.pk).values_list(*names)
    return any(limit is not None for limits in found for limit in limits)


def collection_of(spender: Spender) -> Collection | None:
    """Whose month it is; None for a trial with items from elsewhere."""
    if isinstance(spender, Run):
        return spender.audit.batch.collection
    return spender.batch.collection if spender.batch else None


def settle(spender: Spender, settled: Settled, month: date | None = None) -> None:
    """Write down what was paid, in this month if in no other."""
    _add(spender, settled, month or this_month())


def renew(
    spender: Spender,
    worker: UUID,
    settled: Settled,
    *,
    held: Decimal,
    wanted: Sequence[Decimal],
    ahead: Decimal,
) -> Grant:
    """Write down what was paid, and set aside `held`, and as many of the calls `wanted` as can be paid, in order.

    Whole calls only, so that two workers never hold halves of the same one; and, while there is plenty, `ahead` for
    calls that are still to come.
    """
    write_off_the_dead()
    return _renew(spender, worker, settled, held, wanted, ahead)


@transaction.atomic
def _renew(
    spender: Spender,
    worker: UUID,
    settled: Settled,
    held: Decimal,
    wanted: Sequence[Decimal],
    ahead: Decimal,
) -> Grant:
    _lock(spender)
    _add(spender, settled, this_month())
    limits = limits_of(spender, besides=worker)
    left = min((limit.left for limit in limits), default=None)
    amount = held
    for price in wanted:
        if left is not None and amount + price > left:
            break
        amount += price
    if left is None or amount + 2 * ahead <= left:
        amount += ahead
    Reservation.objects.update_or_create(
        worker=worker, defaults={**_named(spender), "amount": amount, "held_at": timezone.now()}
    )
    return Grant(amount, "" if held else _refusal(limits, wanted))


def release(worker: UUID) -> None:
    """The worker has nothing under way any more."""
    Reservation.objects.filter(worker=worker).delete()


def limits_of(spender: Spender, besides: UUID | None = None) -> list[Limit]:
    """The budgets that bind it, and what is left of each beside what `besides` holds."""
    own, collection = _own_budget(spender), collection_of(spender)
    limits = []
    if own is not None:
        limits.append(_limit(f"the budget of ${own:,.2f}", own, Q(**_named(spender)), Q(), besides))
    monthly = _monthly(collection)
    if collection is not None and monthly is not None:
        month = this_month()
        name = f"the {month:%B} budget of ${monthly:,.2f} for {collection}"
        limits.append(_limit(name, monthly, _of_collection(collection), Q(month=month), besides))
    return limits


def month_left(collection: Collection) -> Decimal | None:
    """What judging may still cost this month: what nobody has spent or set aside. None without a limit."""
    monthly = _monthly(collection)
    if monthly is None:
        return None
    return _limit("", monthly, _of_collection(collection), Q(month=this_month()), None).left


def _of_collection(collection: Collection) -> Q:
    """Spending and reservations of its runs, and of the trials with its items."""
    return Q(run__audit__batch__collection=collection) | Q(trial__batch__collection=collection)


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


def _own_budget(spender: Spender) -> Decimal | None:
    if not isinstance(spender, Run):
        return None
    spender.refresh_from_db(fields=["budget"])
    return spender.budget


def _monthly(collection: Collection | None) -> Decimal | None:
    found = collection and CollectionBudget.objects.filter(collection=collection).first()
    return found.monthly if found else None


def _named(spender: Spender) -> dict[str, Any]:
    """The one column that names it."""
    return {"run" if isinstance(spender, Run) else "trial": spender}


def _lock(spender: Spender) -> None:
    """Of all that spend from the same budgets one at a time: first the collection's, then its own row.

    Not against who writes rows that refer to it: they may hold the books that are wanted next.
    """
    list(CollectionBudget.objects.select_for_update().filter(collection=collection_of(spender)))
    type(spender)._default_manager.select_for_update(of=("self",), no_key=True).get(pk=spender.pk)


def _add(spender: Spender, settled: Settled, month: date, *, written_off: Decimal = NOTHING) -> None:
    if not settled.requests and not written_off:
        return
    line = {**_named(spender), "month": month}
    more = {
        "spent": F("spent") + settled.spent + written_off,
        "written_off": F("written_off") + written_off,
        "estimated": F("estimated") + settled.estimated,
        "requests": F("requests") + settled.requests,
        "unpriced": F("unpriced") + settled.unpriced,
        "tokens": F("tokens") + settled.tokens,
    }
    if not Spending.objects.filter(**line).update(**more):
        Spending.objects.get_or_create(**line)
        Spending.objects.filter(**line).update(**more)


def write_off_the_dead() -> None:
    """What dead workers had under way may have been paid: it counts as spent then, so that every budget holds.

    Money of parcels needs no sign of life: it stays set aside until what came of them is fetched.
    """
    open_ = Parcel.objects.filter(state__in=ON_ITS_WAY).values("key")
    dead = Reservation.objects.filter(held_at__lt=timezone.now() - DEAD_AFTER).exclude(worker__in=open_)
    for reservation in dead.order_by("pk"):
        _write_off(reservation)


@transaction.atomic
def _write_off(reservation: Reservation) -> None:
    """In a transaction of its own, so that two who do so wait for each other and never in a circle."""
    still_dead = Reservation.objects.filter(pk=reservation.pk, held_at=reservation.held_at)
    deleted, _ = still_dead.delete()
    spender = reservation.run or reservation.trial
    if deleted and spender:
        month = timezone.localdate(reservation.held_at).replace(day=1)
        _add(spender, Settled(), month, written_off=reservation.amount)
