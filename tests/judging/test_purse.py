"""A worker's purse: what it has paid is written down, whatever befalls the database or the budget meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import OperationalError

from auditing.judging import ledger, patience, working
from auditing.judging.models import Reservation, Run, Spending, Verdict
from auditing.judging.purse import SharedPurse
from auditing.judging.services import set_price, work
from judges.contracts import Completion
from judges.simulator import Simulator

ONE, TWO = Decimal(1), Decimal(2)


def bought(cost: Decimal | None) -> Completion:
    return Completion("", "", "stop", 1, 1, cost, 1.0, datetime.now(UTC), 1)


def with_purse(run: Run, act: Callable[[SharedPurse], Awaitable[None]]) -> None:
    async def spend() -> None:
        async with SharedPurse(run) as purse:
            await act(purse)

    async_to_sync(spend)()


async def pay(purse: SharedPurse, calls: int, cost: Decimal | None = ONE) -> None:
    for _ in range(calls):
        await purse.reserve(TWO, "simulated")
        purse.settle(TWO, bought(cost))


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await sync_to_async(holds)():
            await asyncio.sleep(0.05)


def away(times: int, act: Callable[..., Any]) -> Callable[..., Any]:
    """The database is away the first times that this is asked."""
    failed: list[int] = []

    def asked(*arguments: Any, **named: Any) -> Any:
        if len(failed) < times:
            failed.append(1)
            raise OperationalError("server closed the connection unexpectedly")
        return act(*arguments, **named)

    return asked


@pytest.mark.parametrize("name", ["is_limited", "settle", "release"])
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_for_a_moment_costs_nothing(
    name: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, name, away(1, getattr(ledger, name)))
    with_purse(run, lambda purse: pay(purse, 3))
    assert Spending.objects.get(run=run).spent == 3


def test_what_was_paid_is_written_down_though_the_books_broke(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Run.objects.update(budget=Decimal(1000))

    def broken(*arguments: Any, **named: Any) -> Any:
        raise RuntimeError("a fault in the books")

    async def paid_and_broken(purse: SharedPurse) -> None:
        await pay(purse, 3)
        monkeypatch.setattr(ledger, "renew", broken)
        await until(purse._keeping.done)

    with pytest.raises(RuntimeError, match="a fault in the books"):
        with_purse(run, paid_and_broken)
    assert Spending.objects.get(run=run).spent == 3
    assert not Reservation.objects.exists()


def test_a_budget_set_while_money_is_spent_counts_what_was_spent_once(run: Run) -> None:
    async def set_meanwhile(purse: SharedPurse) -> None:
        await pay(purse, 20)
        await sync_to_async(Run.objects.update)(budget=Decimal(30))
        await until(lambda: Reservation.objects.exists())
        (limit,) = await sync_to_async(ledger.limits_of)(run)
        assert (limit.left, limit.held) == (10, 0)
        await pay(purse, 2)

    with_purse(run, set_meanwhile)
    assert Spending.objects.get(run=run).spent == 22


def test_nothing_stays_set_aside_when_the_budget_is_lifted(run: Run) -> None:
    Run.objects.update(budget=Decimal(1000))

    async def lifted(purse: SharedPurse) -> None:
        await pay(purse, 1)
        await until(lambda: Reservation.objects.exists())
        await sync_to_async(Run.objects.update)(budget=None)
        await until(lambda: not Reservation.objects.exists())
        await pay(purse, 1)

    with_purse(run, lifted)
    assert Spending.objects.get(run=run).spent == 2


def test_without_a_budget_what_was_not_said_stays_unpriced(run: Run) -> None:
    with_purse(run, lambda purse: pay(purse, 2, cost=None))
    line = Spending.objects.get(run=run)
    assert (line.spent, line.estimated, line.requests, line.unpriced) == (0, 0, 2, 2)


@pytest.mark.django_db(transaction=True)
def test_judgements_are_kept_whatever_ends_the_work(
    run: Run, simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for longer than it is waited for, then back."""
    simulate()
    set_price(by=None, model="simulated", prompt=ONE, completion=TWO)
    monkeypatch.setattr(patience, "DATABASE_PATIENCE", 0.0)
    monkeypatch.setattr(working.writing, "keep", away(1, working.writing.keep))
    with pytest.raises(ExceptionGroup):
        work(run)
    done = Verdict.objects.filter(run=run).values("item").distinct().count()
    assert done > 0
    monkeypatch.undo()
    work(run)
    assert Spending.objects.get(run=run).requests == 12
    assert Verdict.objects.filter(run=run).values("item").distinct().count() == 12
