"""What the dashboard shows of comparisons: the table, the chart, warnings, agreement among humans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from auditing.audits.models import Audit
from auditing.core.errors import BadInput
from auditing.metaaudit.comparisons import Comparison
from auditing.metaaudit.selectors import (
    REFERENCE,
    Evidence,
    ReferenceLabels,
    confusion_of,
    many_raters,
)
from auditing.metaaudit.yardstick import Yardstick
from auditing.ratings.models import RaterKind
from auditing.reviews.models import Review
from auditing.rubrics.schema import ITEM_PASSES
from auditing.web.charts import Chart, Interval, Matrix, confusion_matrix, interval_chart
from auditing.web.metaaudit.subjects import DIFFERENCES, Subject

FEW = 30  # items below which no figure of agreement says much
TENTATIVE = 0.667  # Krippendorff's own bound for tentative conclusions
RARE = 0.1
MOST_DRAWN = 30
FIGURES = {"kappa": "Kappa", "accuracy": "Accuracy", "ac1": "AC1", "alpha": "Alpha"}


def shown(found: Sequence[Comparison]) -> list[Comparison]:
    """Without what is a reference only."""
    return [one for one in found if one.rater != REFERENCE]


@dataclass(frozen=True)
class Figure:
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class RaterRow:
    """A rater beside the reference, under the name to show; `url` lists where they differ."""

    one: Comparison
    name: str
    url: str

    @property
    def figures(self) -> list[Figure]:
        """Accuracy, kappa, AC1 and alpha, in the table's order."""
        return [figure_of(self.one, name) for name in ("accuracy", "kappa", "ac1", "alpha")]


def figure_of(one: Comparison, name: str) -> Figure:
    low, high = getattr(one, f"{name}_interval") or (None, None)
    return Figure(getattr(one, name), low, high)


@dataclass(frozen=True)
class Among:
    """How far the humans agree with one another on a criterion; `said` is why there is no figure."""

    criterion: str
    raters: int
    n: int
    alpha: float | None
    low: float | None
    high: float | None
    said: str


def among_humans(seen: Evidence, criterion: str) -> Among:
    try:
        found = many_raters(seen, criterion=criterion)
    except BadInput as error:
        return Among(criterion, 0, 0, None, None, None, str(error))
    return Among(
        criterion, found["raters"], found["n"], found["value"], found["low"], found["high"], found["note"]
    )


def trust_chart(
    found: Sequence[Comparison], figure: str, reference: str, mark: Yardstick, names: Mapping[str, str]
) -> Chart:
    drawn = [(one, figure_of(one, figure)) for one in found[:MOST_DRAWN]]
    rows = [
        Interval(names[one.rater], own.value, own.low, own.high, f"{one.rater_kind}s") for one, own in drawn
    ]
    return interval_chart(
        rows,
        title=f"{FIGURES[figure]} with {names[reference]}",
        description=_said_of(mark),
        target=mark.value,
        percent=figure == "accuracy",
    )


def _said_of(mark: Yardstick) -> str:
    if mark.value is not None:
        pairs = "one pair" if mark.pairs == 1 else f"the mean of {mark.pairs:,} pairs"
        return (
            f"The dashed line is how far two humans agree with one another ({pairs}): to agree with labels that "
            "several humans settled is easier than that."
        )
    if mark.pairs:
        return "Among the humans themselves this figure is undefined, so there is no yardstick."
    return "No two humans rated the same items, so there is no yardstick."


def matrix_of(
    seen: Evidence,
    subject: Subject,
    asked: dict[str, str],
    query: dict[str, str],
    names: Mapping[str, str],
) -> Matrix:
    """Reference in rows, rater in columns; each cell opens its items."""
    table = confusion_of(seen, **asked)
    labels = [str(name) for name in table.categories]
    rater, reference = names[asked["rater"]], names[asked["reference"]]
    return confusion_matrix(
        table.counts.T.tolist(),
        labels=labels,
        row_name=reference,
        column_name=rater,
        title=f"{rater} against {reference}",
        description="Each number opens its items.",
        url_of=lambda truth, said: subject.url(DIFFERENCES, **asked, **query, said=said, truth=truth),
    )


@dataclass(frozen=True)
class Auditor:
    """A human rater beside the reference, with the time she took where it is known."""

    name: str
    one: Comparison
    seconds: float | None


def auditors_of(found: Sequence[Comparison], audit: Audit | None, names: Mapping[str, str]) -> list[Auditor]:
    times: dict[str, list[float]] = {}
    if audit:
        rows = Review.objects.filter(task__audit=audit, task__state="submitted")
        for name, seconds in rows.values_list("task__reviewer__username", "active_seconds"):
            times.setdefault(name, []).append(seconds)
    return [
        Auditor(names[one.rater], one, median(times[one.rater]) if one.rater in times else None)
        for one in found
        if one.rater_kind == RaterKind.HUMAN
    ]


def warnings_of(
    found: Sequence[Comparison], among: Among, known: ReferenceLabels, names: Mapping[str, str]
) -> list[str]:
    """What a reader of the table must know before believing it."""
    said, reference = [], known.name
    if known.open:
        said.append(
            f"{known.open:,} of {known.open + known.n:,} items have no reference label yet, because the humans differ "
            "on them and nobody has ruled. They are left out: on what is left, everybody looks better than they are."
        )
    if reference == REFERENCE and any(one.rater_kind == RaterKind.HUMAN for one in found):
        said.append(
            "Humans are part of the reference labels, so their own agreement with these looks too good."
        )
    if among.alpha is not None and among.alpha < TENTATIVE:
        said.append(
            f"The humans agree little with one another (alpha {among.alpha:.2f}, below {TENTATIVE}): "
            "a judge cannot be measured better than its yardstick."
        )
    few = [names[one.rater] for one in found if one.n < FEW]
    if few:
        said.append(f"Fewer than {FEW} items in common with {', '.join(few[:8])}: those figures say little.")
    rare = min(known.shares.values(), default=1.0)
    if len(known.shares) == 1:
        said.append(
            "The reference uses one category only: kappa and alpha are undefined, read accuracy and AC1."
        )
    elif rare < RARE:
        said.append(
            f"One category makes up {100 * rare:.1f}% of the reference's {known.n:,} items: kappa is low for so rare "
            "a category even where raters agree; read AC1 beside it."
        )
    chance = [
        names[one.rater]
        for one in found
        if one.kappa_interval and one.kappa_interval[0] <= 0 and one.rater_kind == "judge"
    ]
    if chance:
        said.append(f"Not shown to be better than chance: {', '.join(chance[:8])}.")
    return said


def default_criterion(seen: Evidence) -> str:
    """Whether the item passes, where that is known."""
    names = seen.criteria()
    return ITEM_PASSES if ITEM_PASSES in names else names[0]


def default_reference(seen: Evidence, subject: Subject, criterion: str) -> str:
    """Imported gold for a batch; for an audit what its estimates rest on."""
    raters = seen.raters(criterion)
    gold = [name for name, kind in raters if kind == RaterKind.GOLD and name != REFERENCE]
    if gold and not subject.audit:
        return gold[0]
    return REFERENCE if REFERENCE in dict(raters) else raters[0][0]


def sorted_by(found: Sequence[Comparison], column: str, descending: bool) -> list[Comparison]:
    """By a column; what has no figure comes last."""
    known = [one for one in found if getattr(one, column) is not None]
    rest = [one for one in found if getattr(one, column) is None]
    key: Any = lambda one: getattr(one, column)  # noqa: E731
    return sorted(known, key=key, reverse=descending) + rest
