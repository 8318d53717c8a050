"""What judging may cost: budgets of runs and collections, and the word of a person before a dear start."""

from collections.abc import Sequence
from decimal import Decimal

from django.db import transaction

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Collection
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.judging.estimating import CostEstimate, cost_estimate, cost_estimates
from auditing.judging.models import (
    CONFIRM_ABOVE,
    CollectionBudget,
    CostConfirmation,
    JudgeVersion,
    Price,
    Run,
)

MOST = Decimal(1_000_000)
A_TENTH_MORE = Decimal("1.1")


def budget_of(collection: Collection) -> CollectionBudget:
    """The collection's budget; an unsaved one with the defaults where none was set."""
    found = CollectionBudget.objects.filter(collection=collection).first()
    return found or CollectionBudget(collection=collection, confirm_above=CONFIRM_ABOVE)


@transaction.atomic
def set_collection_budget(
    *, by: User | None, collection: Collection, monthly: Decimal | None, confirm_above: Decimal
) -> CollectionBudget:
    """What judging may cost a month, None for no limit, and above what a start asks first. In US dollars."""
    require(by, Permission.MANAGE_JUDGES, collection)
    _check(monthly, "monthly")
    _check(confirm_above, "confirm_above")
    budget, _ = CollectionBudget.objects.update_or_create(
        collection=collection, defaults={"monthly": monthly, "confirm_above": confirm_above}
    )
    details = {"monthly": _text(monthly), "confirm_above": str(confirm_above)}
    record(
        by=by,
        verb="set the budget of",
        subject=collection,
        collection_id=collection.pk,
        details=details,
    )
    return budget


@transaction.atomic
def set_run_budget(*, by: User | None, run: Run, budget: Decimal | None) -> Run:
    """What the run may cost in all, None for no limit of its own; in US dollars. A paused run has still to be resumed.

    Raises BadInput, or Conflict where no price is known of a model that it asks.
    """
    collection = run.audit.batch.collection
    require(by, Permission.RUN_AUDITS, collection)
    _check(budget, "budget")
    if budget is not None:
        require_prices(run.judge_version)
    Run.objects.filter(pk=run.pk).update(budget=budget)
    run.refresh_from_db()
    record(
        by=by,
        verb="set the budget of",
        subject=run,
        collection_id=collection.pk,
        details={"budget": _text(budget)},
    )
    return run


def require_prices(version: JudgeVersion) -> None:
    """Raise Conflict unless the price of every model that the judge may ask is known."""
    known = set(Price.objects.filter(model__in=version.spec.models).values_list("model", flat=True))
    missing = [model for model in version.spec.models if model not in known]
    if missing:
        raise Conflict(
            f"{version} asks {', '.join(missing)}, of which no price is known, and a budget needs one: "
            "set the price under Endpoints and prices, or lift the budget."
        )


@transaction.atomic
def confirm_cost(*, by: User | None, audit: Audit, budget: Decimal | None = None) -> CostConfirmation:
    """Say that the audit's judges may cost what is estimated; `budget`, in US dollars, is each run's."""
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    _check(budget, "budget")
    amount = total_cost(cost_estimate(audit))
    confirmation, _ = CostConfirmation.objects.update_or_create(
        audit=audit, defaults={"amount": amount, "budget": budget, "by": by}
    )
    record(
        by=by,
        verb="confirmed the cost of",
        subject=audit,
        collection_id=audit.batch.collection_id,
        details={"estimated": f"{amount:.2f}", "budget": _text(budget)},
    )
    return confirmation


def confirmation_of(audit: Audit) -> CostConfirmation | None:
    return CostConfirmation.objects.filter(audit=audit).first()


def cost_to_confirm(audit: Audit) -> Decimal | None:
    """What the judges will cost, in US dollars, if nobody has said yet that they may cost so much; else None.

    A confirmation covers what was estimated then, and a tenth more.
    """
    return costs_to_confirm([audit]).get(audit.pk)


def costs_to_confirm(audits: Sequence[Audit]) -> dict[int, Decimal]:
    """`cost_to_confirm` by audit, of those that have one; one query more for each audit more."""
    asking = [audit for audit in audits if audit.sop.judges]
    started = set(Run.objects.filter(audit__in=asking).values_list("audit", flat=True)) if asking else set()
    waiting = [audit for audit in asking if audit.pk not in started]
    if not waiting:
        return {}
    estimates = zip(waiting, cost_estimates(waiting), strict=True)
    costs = {audit.pk: total_cost(found) for audit, found in estimates}
    allowed = _allowed(waiting)
    return {audit: cost for audit, cost in costs.items() if cost > allowed[audit]}


def _allowed(audits: Sequence[Audit]) -> dict[int, Decimal]:
    """By audit: what its start may cost without asking anybody."""
    collections = {audit.pk: audit.batch.collection_id for audit in audits}
    budgets = CollectionBudget.objects.filter(collection__in=set(collections.values()))
    above = dict(budgets.values_list("collection", "confirm_above"))
    confirmed = dict(CostConfirmation.objects.filter(audit__in=audits).values_list("audit", "amount"))
    return {
        audit: max(above.get(collection, CONFIRM_ABOVE), confirmed.get(audit, Decimal(0)) * A_TENTH_MORE)
        for audit, collection in collections.items()
    }


def require_confirmed(audit: Audit) -> None:
    """Raise Conflict where a start would cost more than somebody has said that it may."""
    cost = cost_to_confirm(audit)
    if cost is not None:
        raise Conflict(f"Judging {audit} will cost about ${cost:,.2f}: {HOW}")


HOW = "a person has to confirm that (its page, `confirm_cost` in the API, or run_audit --confirm-cost)."


def total_cost(estimates: Sequence[CostEstimate]) -> Decimal:
    """What is known of the cost of several judges."""
    return sum((one.cost for one in estimates if one.cost is not None), Decimal(0))


def run_budget_for(version: JudgeVersion, audit: Audit) -> Decimal | None:
    """What a new run may cost. Raises Conflict where a budget binds it and a price is not known."""
    confirmed = confirmation_of(audit)
    budget = confirmed.budget if confirmed else None
    if budget is not None or budget_of(audit.batch.collection).monthly is not None:
        require_prices(version)
    return budget


def _check(amount: Decimal | None, field: str) -> None:
    if amount is not None and not (amount.is_finite() and 0 <= amount <= MOST):
        raise BadInput("must be from 0 to 1,000,000 dollars", field=field)


def _text(amount: Decimal | None) -> str:
    return "none" if amount is None else f"{amount:.2f}"
