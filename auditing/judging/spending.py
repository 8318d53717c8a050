"""What judging has cost, by run, judge, collection or month."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.judging.models import Run, Spending
from auditing.judging.selectors import runs_visible_to


@dataclass
class Spent:
    """One line: US dollars and counts of requests that were answered, `unpriced` ones at no known price.

    `written_off`, a part of `spent`, was set aside by workers that died. `run` is there for lines by run.
    """

    name: str
    spent: Decimal = Decimal(0)
    written_off: Decimal = Decimal(0)
    requests: int = 0
    unpriced: int = 0
    tokens: int = 0
    runs: set[int] = field(default_factory=set)
    run: Run | None = None

    def add(self, row: Spending) -> None:
        self.spent += row.spent
        self.written_off += row.written_off
        self.requests += row.requests
        self.unpriced += row.unpriced
        self.tokens += row.tokens
        self.runs.add(row.run_id)


Key = Callable[[Spending], str]
BY: dict[str, Key] = {
    "collection": lambda row: str(row.run.audit.batch.collection),
    "judge": lambda row: row.run.judge_version.judge.name,
    "month": lambda row: f"{row.month:%B %Y}",
    "run": lambda row: str(row.run),
}


def spending_visible_to(
    user: User, *, collection: int | None = None, since: date | None = None, until: date | None = None
) -> QuerySet[Spending]:
    """What runs of her collections have cost, in the months from `since` to `until`, newest first."""
    runs = runs_visible_to(user, Permission.RUN_AUDITS)
    rows = Spending.objects.filter(
        run__in=runs.filter(audit__batch__collection=collection) if collection else runs
    )
    rows = rows.filter(month__gte=since.replace(day=1)) if since else rows
    rows = rows.filter(month__lte=until) if until else rows
    related = "run__audit__batch__collection", "run__audit__sop_version", "run__judge_version__judge"
    return rows.select_related(*related).order_by("-month", "-run")


def grouped(rows: Iterable[Spending], by: str) -> list[Spent]:
    """The rows summed by one of `BY`: months newest first, all else the dearest first."""
    lines: dict[object, Spent] = {}
    for row in rows:
        name = BY[by](row)
        key = row.run_id if by == "run" else name
        line = lines.setdefault(key, Spent(name, run=row.run if by == "run" else None))
        line.add(row)
    return list(lines.values()) if by == "month" else sorted(lines.values(), key=lambda line: -line.spent)


def total(lines: Iterable[Spent]) -> Decimal:
    return sum((line.spent for line in lines), Decimal(0))
