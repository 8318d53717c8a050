"""What judging has cost, and what it may."""

from datetime import date
from decimal import Decimal
from typing import Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import Dollars, Id, Text
from auditing.api.policy import allow, one, person
from auditing.api.runs import RunOut, visible_run
from auditing.datasets.selectors import collections_visible_to
from auditing.judging.models import CONFIRM_ABOVE, CollectionBudget, Run
from auditing.judging.services import set_collection_budget, set_run_budget
from auditing.judging.spending import Spent, grouped, spending_visible_to

router = Router(tags=["spending"])


class SpentOut(Schema):
    """`written_off` and `estimated` are parts of `spent`: set aside by workers that died, and what calls could cost at
    most whose endpoint did not say what they used. `unpriced` requests are in no figure."""

    name: str
    spent: Decimal
    written_off: Decimal
    estimated: Decimal
    runs: int
    trials: int
    requests: int
    unpriced: int
    tokens: int

    @staticmethod
    def resolve_runs(line: Spent) -> int:
        return len(line.runs)

    @staticmethod
    def resolve_trials(line: Spent) -> int:
        return len(line.trials)


class CollectionBudgetIn(Schema):
    monthly: Dollars | None = Field(None, description="Hard; null for no limit.")
    confirm_above: Dollars = CONFIRM_ABOVE


class RunBudgetIn(Schema):
    budget: Dollars | None = Field(None, description="Hard; null for none of its own.")


@router.get("/spending", response=list[SpentOut])
@allow(Permission.MANAGE_JUDGES)
def list_spending(
    request: HttpRequest,
    by: Literal["collection", "judge", "month", "run"] = "collection",
    collection: Id | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[Spent]:
    """What judging and trying judges have cost in whole months, in the collections you reach."""
    rows = spending_visible_to(person(request), collection=collection, since=since, until=until)
    return grouped(rows, by)


@router.put("/collections/{slug}/judging-budget", response=CollectionBudgetIn)
@allow(Permission.MANAGE_JUDGES)
def put_collection_budget(request: HttpRequest, slug: Text, given: CollectionBudgetIn) -> CollectionBudget:
    """What judging a collection may cost a month, and above what a start asks a person first."""
    user = person(request)
    collection = one(collections_visible_to(user, Permission.MANAGE_JUDGES), slug=slug)
    return set_collection_budget(by=user, collection=collection, **given.dict())


@router.put("/runs/{pk}/budget", response=RunOut)
@allow(Permission.RUN_AUDITS)
def put_run_budget(request: HttpRequest, pk: Id, given: RunBudgetIn) -> Run:
    """What a run may cost in all; one that had paused for want of money is then to be resumed."""
    return set_run_budget(by=person(request), run=visible_run(request, pk), budget=given.budget)
