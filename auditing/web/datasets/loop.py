"""What each audit of a collection took, and how much its judges and the labels before it saved."""

from dataclasses import dataclass
from typing import Any

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.datasets.models import Collection
from auditing.estimation.models import Estimate, Experience
from auditing.reviews.selectors import audits_open_to
from auditing.web.charts import Chart, Point, line_chart

NEWEST = 30


@dataclass(frozen=True)
class LoopRow:
    """One audit: its labels, what they are worth with judges and earlier labels, and what that rests on."""

    audit: Audit
    labels: int
    worth: float | None
    saved: float | None
    earlier: int
    explained: float | None


def loop_of(collection: Collection, user: User) -> dict[str, Any]:
    """The audits whose opinions are open to her, oldest first, and the curve of their saving."""
    left = (
        Experience.objects.filter(audit__batch__collection=collection, audit__batch__deleted_at=None)
        .filter(audit__in=audits_open_to(user).values("pk"))
        .defer("examples")
        .select_related("audit__batch", "audit__plan")
        .order_by("-audit__opened_at")[:NEWEST]
    )
    rows = [_row(one) for one in reversed(list(left))]
    return {"loop_rows": rows, "loop_chart": _chart(rows) if len(rows) > 1 else None}


def _row(one: Experience) -> LoopRow:
    assisted = Estimate.objects.filter(
        audit=one.audit, criterion=one.criterion, estimand=one.estimand, slice_field="", basis="assisted"
    ).first()
    return LoopRow(
        audit=one.audit,
        labels=one.labels,
        worth=assisted.n_effective if assisted else None,
        saved=assisted.labels_saved if assisted else None,
        earlier=one.audit.plan.learned.get("earlier_labels", 0) if _learned(one.audit) else 0,
        explained=None if one.r_squared is None else max(one.r_squared, 0.0),
    )


def _learned(audit: Audit) -> bool:
    """Did the draw or the prediction rest on earlier labels?"""
    return "proxy" in audit.plan.learned or "spreads" in audit.plan.learned


def _chart(rows: list[LoopRow]) -> Chart:
    points = [
        Point(row.audit.opened_at.date().isoformat(), row.worth / row.labels)
        for row in rows
        if row.worth is not None and row.labels
    ]
    return line_chart(
        points,
        title="Labels' worth, audit by audit",
        description="How many labels of a plain random sample each label was worth, on the measure that is decided on.",
        x_title="audit opened",
        y_title="times",
        target=1.0,
        percent=False,
    )
