"""What judging has cost, by run, judge, collection or month."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import Q, QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.datasets.selectors import batches_visible_to
from auditing.judging.ledger import collection_of
from auditing.judging.models import Run, Spending, Trial
from auditing.judging.selectors import runs_visible_to
from auditing.judging.trials import trials_visible_to


@dataclass
class Spent:
    """One line: US dollars and counts of requests that were answered, `unpriced` ones at no known price.

    `written_off` and `estimated` are parts of `spent`: set aside by workers that died, and what calls could cost at
    most whose endpoint did not say what they used. `run` or `trial` is there for lines by run.
    """

    name: str
    spent: Decimal = Decimal(0)
    written_off: Decimal = Decimal(0)
    estimated: Decimal = Decimal(0)
    requests: int = 0
    unpriced: int = 0
    tokens: int = 0
    runs: set[int] = field(default_factory=set)
    trials: set[int] = field(default_factory=set)
    run: Run | None = None
    trial: Trial | None = None

    def add(self, row: Spending) -> None:
        self.spent += row.spent
        self.written_off += row.written_off
        self.estimated += row.estimated
        self.requests += row.requests
        self.unpriced += row.unpriced
        self.tokens += row.tokens
        self.runs |= {row.run_id} if row.run_id else set()
        self.trials |= {row.trial_id} if row.trial_id else set()


ELSEWHERE = "no collection"  # of trials with items from elsewhere


def spender_of(row: Spending) -> Run | Trial:
    spender = row.run or row.trial
    assert spender is not None  # a database constraint
    return spender


def _judge_of(row: Spending) -> str:
    spender = spender_of(row)
    return (spender.judge_version.judge if isinstance(spender, Run) else spender.judge).name


Key = Callable[[Spending], str]
BY: dict[str, Key] = {
    "collection": lambda row: str(collection_of(spender_of(row)) or ELSEWHERE),
    "judge": _judge_of,
    "month": lambda row: f"{row.month:%B %Y}",
    "run": lambda row: str(spender_of(row)),
}


def spending_visible_to(
    user: User, *, collection: int | None = None, since: date | None = None, until: date | None = None
) -> QuerySet[Spending]:
    """What runs and trials of her collections have cost, in the months from `since` to `until`, newest first."""
    runs = runs_visible_to(user, Permission.RUN_AUDITS)
    reached = Q(batch=None) | Q(batch__in=batches_visible_to(user, Permission.RUN_AUDITS))
    trials = trials_visible_to(user).filter(reached)
    if collection:
        runs = runs.filter(audit__batch__collection=collection)
        trials = trials.filter(batch__collection=collection)
    rows = Spending.objects.filter(Q(run__in=runs) | Q(trial__in=trials))
    rows = rows.filter(month__gte=since.replace(day=1)) if since else rows
    rows = rows.filter(month__lte=until) if until else rows
    of_run = "run__audit__batch__collection", "run__audit__sop_version", "run__judge_version__judge"
    related = *of_run, "trial__batch__collection", "trial__judge"
    return rows.select_related(*related).order_by("-month", "-run", "-trial")


def grouped(rows: Iterable[Spending], by: str) -> list[Spent]:
    """The rows summed by one of `BY`: months newest first, all else the dearest first."""
    lines: dict[object, Spent] = {}
    for row in rows:
        name, own = BY[by](row), by == "run"
        key = (row.run_id, row.trial_id) if own else name
        line = lines.setdefault(
            key, Spent(name, run=row.run if own else None, trial=row.trial if own else None)
        )
        line.add(row)
    return list(lines.values()) if by == "month" else sorted(lines.values(), key=lambda line: -line.spent)


def estimated_of(run: Run) -> Decimal:
    """What of the run's spending is only the most that it can have been, in US dollars."""
    return sum((row.estimated for row in run.spending.all()), Decimal(0))


def total(lines: Iterable[Spent]) -> Decimal:
    return sum((line.spent for line in lines), Decimal(0))
