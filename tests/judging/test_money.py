"""Hard budgets: reserved before a call, settled after it, shared by everybody who spends from them."""

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict
from auditing.judging import ledger
from auditing.judging.budgets import cost_to_confirm
from auditing.judging.ledger import Settled
from auditing.judging.models import Call, CallState, Parcel, Reservation, Run, RunState, Spending
from auditing.judging.services import (
    confirm_cost,
    resume,
    save_endpoint,
    set_collection_budget,
    set_price,
    set_run_budget,
    start_runs,
    work,
)
from auditing.judging.tasks import reconcile
from judges.simulator import Simulator
from tests.judges.canned import canned, said
from tests.judging.building import make_judge

ONE, TEN = Decimal(1), Decimal(10)


def renew(run: Run, worker: object, *, held: int = 0, wanted: list[int] | None = None, spent: int = 0):
    settled = Settled(spent=Decimal(spent), requests=1 if spent else 0)
    prices = [Decimal(price) for price in wanted or []]
    return ledger.renew(run, worker, settled, held=Decimal(held), wanted=prices, ahead=Decimal(0))


@pytest.fixture
def priced(db: None) -> None:
    set_price(by=None, model="simulated", prompt=Decimal(10), completion=Decimal(10))


def test_a_run_stops_before_it_costs_more_than_its_budget_and_goes_on_when_it_is_raised(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator], priced: None
) -> None:
    run = make_run(60)
    simulate()
    set_run_budget(by=None, run=run, budget=Decimal("0.20"))
    work(run)
    run.refresh_from_db()
    assert run.state == RunState.PAUSED
    assert run.reason == "the budget of $0.20 is spent"
    spent = Spending.objects.get(run=run).spent
    assert Decimal("0.1") < spent <= Decimal("0.20")
    assert Call.objects.filter(run=run, state=CallState.FAILED).count() < 60 / 2  # not one by one
    assert Call.objects.filter(run=run, error__startswith="OverBudget").exists()
    assert not Reservation.objects.exists()
    set_run_budget(by=None, run=run, budget=TEN)
    work(resume(by=None, run=run))
    assert Call.objects.filter(run=run, state=CallState.DONE).count() == 60
    assert Spending.objects.get(run=run).spent == sum(call.cost for call in Call.objects.filter(run=run))


def test_a_collections_month_binds_its_runs(
    run: Run, simulate: Callable[..., Simulator], priced: None
) -> None:
    simulate()
    collection = run.audit.batch.collection
    set_collection_budget(by=None, collection=collection, monthly=Decimal("0.03"), confirm_above=TEN)
    assert f"budget of $0.03 for {collection} is spent" in work(run).reason


def test_what_was_spent_is_counted_without_a_budget_too(
    run: Run, simulate: Callable[..., Simulator], priced: None
) -> None:
    simulate()
    work(run)
    spending = Spending.objects.get(run=run)
    assert spending.requests == 12
    assert spending.unpriced == 0
    assert spending.spent == sum(call.cost for call in Call.objects.filter(run=run))


def test_two_workers_never_set_aside_more_than_there_is(run: Run) -> None:
    Run.objects.update(budget=TEN)
    first, second = uuid4(), uuid4()
    assert renew(run, first, wanted=[4, 4, 4]).amount == 8
    waiting = renew(run, second, wanted=[4])
    assert (waiting.amount, waiting.refusal) == (0, "")  # what the first has set aside may come back
    renew(run, first, spent=1)
    assert renew(run, second, wanted=[4, 4]).amount == 8


def test_a_call_is_refused_when_nothing_can_come_back(run: Run) -> None:
    Run.objects.update(budget=TEN)
    worker = uuid4()
    renew(run, worker, spent=9)
    assert renew(run, worker, wanted=[2]).refusal == "the budget of $10.00 is spent"


def test_what_a_dead_worker_had_set_aside_counts_as_spent(run: Run) -> None:
    Run.objects.update(budget=TEN)
    dead, living = uuid4(), uuid4()
    renew(run, dead, wanted=[4])
    Reservation.objects.update(held_at=timezone.now() - 2 * ledger.DEAD_AFTER)
    assert renew(run, living, wanted=[4, 4]).amount == 4
    assert Spending.objects.get(run=run).written_off == 4
    assert not Reservation.objects.filter(worker=dead).exists()


def test_what_the_dead_of_another_run_had_set_aside_binds_only_the_month_in_which_they_lived(
    run: Run,
) -> None:
    collection = run.audit.batch.collection
    set_collection_budget(by=None, collection=collection, monthly=TEN, confirm_above=ONE)
    renew(run, uuid4(), wanted=[4])
    long_ago = timezone.now() - timedelta(days=60)
    Reservation.objects.update(held_at=long_ago)
    other = Run.objects.create(audit=run.audit, judge_version=make_judge("other"), fingerprint="f")
    assert renew(other, uuid4(), wanted=[10]).amount == 10
    line = Spending.objects.get(run=run)
    assert (line.written_off, line.month) == (4, timezone.localdate(long_ago).replace(day=1))


def test_what_the_dead_had_set_aside_is_written_off_though_nobody_asks_for_money(run: Run) -> None:
    Run.objects.update(budget=TEN, state=RunState.CANCELLED)
    renew(run, uuid4(), wanted=[4])
    Reservation.objects.update(held_at=timezone.now() - 2 * ledger.DEAD_AFTER)
    reconcile()
    assert not Reservation.objects.exists()
    assert Spending.objects.get(run=run).written_off == 4


def test_the_money_of_a_parcel_stays_set_aside_until_it_is_fetched(run: Run) -> None:
    Run.objects.update(budget=TEN)
    parcel = Parcel.objects.create(run=run, key=uuid4(), endpoint="default", size=1)
    renew(run, parcel.key, wanted=[4])
    Reservation.objects.update(held_at=timezone.now() - timedelta(days=2))
    ledger.write_off_the_dead()
    assert Reservation.objects.get().amount == 4


def test_last_months_money_is_another_months(run: Run) -> None:
    set_collection_budget(by=None, collection=run.audit.batch.collection, monthly=ONE, confirm_above=ONE)
    last_month = ledger.this_month() - timedelta(days=1)
    Spending.objects.create(run=run, month=last_month.replace(day=1), spent=ONE)
    (limit,) = ledger.limits_of(run)
    assert limit.left == ONE


def test_a_budget_binds_at_an_endpoint_that_does_not_say_what_was_used(
    make_run: Callable[..., Run], priced: None
) -> None:
    run = make_run(300)
    set_run_budget(by=None, run=run, budget=Decimal("0.10"))
    reply = said(json.dumps({"correct": {"value": "yes"}, "helpful": {"value": 2}}), usage=None)
    with canned(reply) as local:
        save_endpoint(by=None, name="default", base_url=local.base_url)
        assert work(run).reason == "the budget of $0.10 is spent"
    line = Spending.objects.get(run=run)
    assert Decimal("0.05") < line.spent == line.estimated <= Decimal("0.10")
    assert (line.requests, line.unpriced) == (len(local.asked), 0)


def test_a_budget_needs_a_price(run: Run) -> None:
    with pytest.raises(Conflict, match="simulated, of which no price is known"):
        set_run_budget(by=None, run=run, budget=ONE)


def test_a_price_that_is_removed_stops_the_run_and_says_why(
    run: Run, simulate: Callable[..., Simulator]
) -> None:
    simulate()
    Run.objects.update(budget=ONE)
    assert work(run).reason == "there is no price for simulated, and a budget needs one"


@pytest.mark.parametrize("amount", [Decimal(-1), Decimal("NaN"), Decimal("1e9")])
def test_a_budget_is_an_amount(run: Run, priced: None, amount: Decimal) -> None:
    with pytest.raises(BadInput):
        set_run_budget(by=None, run=run, budget=amount)


def test_a_dear_start_asks_a_person_first(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator], lead: User, priced: None
) -> None:
    simulate()
    audit = make_run(12).audit
    Run.objects.all().delete()
    set_collection_budget(
        by=None, collection=audit.batch.collection, monthly=None, confirm_above=Decimal("0.01")
    )
    cost = cost_to_confirm(audit)
    assert cost is not None
    assert cost > Decimal("0.01")
    with pytest.raises(Conflict, match="a person has to confirm"):
        start_runs(by=lead, audit=audit)
    confirm_cost(by=lead, audit=audit, budget=ONE)
    (run,) = start_runs(by=lead, audit=Audit.objects.get(pk=audit.pk))
    assert run.budget == ONE
