"""Estimates as people read them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditing.estimation.calculation import Calculated
from auditing.estimation.models import Estimate
from auditing.estimation.services import FIGURES
from auditing.rubrics.schema import ITEM_PASSES
from auditing.web.charts import Chart, Interval, interval_chart
from auditing.web.metaaudit.subjects import ITEMS, QUALITY, Subject

BASES = {"human": "human labels only", "assisted": "judges and human labels"}
METHODS = (  # what a method's name contains -> in plain words; the first that fits
    ("refused", "No honest interval can be given."),
    (
        "waves: ",
        "Each wave speaks for the batch, what earlier ones labelled is known, and they are averaged by weights that "
        "were fixed before their labels.",
    ),
    (
        "PPI++",
        "The judges' scores of all items, corrected by the human labels (prediction-powered inference).",
    ),
    (
        "AIPW",
        "What earlier audits predict of every item, corrected by the human labels, each weighted as it was drawn.",
    ),
    (
        "post-stratified",
        "Items are grouped by the judges' score; the human labels say how good each group is.",
    ),
    ("census", "Every item is labelled, so the figure is counted, not estimated."),
    ("stratified", "Each stratum is estimated by itself and weighted by its size."),
    (
        "Wilson",
        "A Wilson score interval of the human labels, corrected for the share of the batch they cover.",
    ),
    ("hypergeometric", "The exact bound for a simple sample of human labels from this batch."),
    ("Clopper-Pearson", "The exact bound for the human labels, at the simple sample that they are worth."),
    ("Student t", "The weighted mean of the human labels, with a Student t interval."),
)
TARGETS = {"batch": "this batch", "process": "the process behind this batch"}


@dataclass(frozen=True)
class Figure:
    """One estimate of one part of a batch on one basis."""

    criterion: str
    estimand: str
    basis: str
    target: str
    method: str
    estimate: float | None
    low: float | None
    high: float | None
    confidence: float
    side: str
    n_human: int
    n_judged: int
    population: int
    n_effective: float | None
    labels_saved: float | None
    earlier_labels: int
    unscored: Mapping[str, int]
    beside: Mapping[str, Any]
    note: str
    slice_field: str
    slice_value: str

    @classmethod
    def stored(cls, row: Estimate) -> "Figure":
        own = {name: getattr(row, name) for name in FIGURES}
        return cls(**own, slice_field=row.slice_field, slice_value=row.slice_value)

    @classmethod
    def calculated(cls, one: Calculated) -> "Figure":
        found = one.to_dict()
        own = {name: found[name] for name in FIGURES}
        return cls(**own, slice_field=one.slice_field, slice_value=one.slice_value)

    @property
    def measure(self) -> tuple[str, str]:
        return self.criterion, self.estimand

    @property
    def is_share(self) -> bool:
        return self.estimand not in ("mean", "mean_severity_points")

    @property
    def value(self) -> str:
        return self.write(self.estimate)

    @property
    def interval(self) -> str:
        return "" if self.low is None else f"{self.write(self.low)} to {self.write(self.high)}"

    def write(self, number: float | None) -> str:
        if number is None:
            return "–"
        return f"{100 * number:.1f}%" if self.is_share else f"{number:.2f}"

    def write_difference(self, number: float) -> str:
        return f"{100 * number:+.1f} points" if self.is_share else f"{number:+.2f}"

    @property
    def basis_words(self) -> str:
        return BASES[self.basis]

    @property
    def target_words(self) -> str:
        return TARGETS[self.target]

    @property
    def method_words(self) -> str:
        return next((words for sign, words in METHODS if sign in self.method), self.method)

    @property
    def overstatement(self) -> str:
        """How much of the value that the sample was drawn by is in error at most."""
        found = self.beside.get("overstatement")
        if not found:
            return ""
        return (
            f"At most {found['bound']:,.2f} of {found['value']:,.2f} ({found['bound_share']:.1%}) of {found['field']} "
            f"is in items that fail, at {found['confidence']:.0%} confidence; most likely {found['likely']:,.2f} "
            f"({found['likely_share']:.1%})."
        )

    @property
    def missing(self) -> str:
        """What had no usable answer, and what it could change at most."""
        labels, verdicts = self.unscored.get("labels", 0), self.unscored.get("verdicts", 0)
        said = []
        if labels:
            share = labels / (labels + self.n_human)
            most = (
                f"by at most {100 * share:.1f} points"
                if self.is_share
                else f"by at most {share:.1%} of the scale"
            )
            said.append(
                f"{labels:,} drawn items have no usable label; they could move the figure {most}, "
                "and the interval allows for all of that"
            )
        if verdicts:
            said.append(
                f"{verdicts:,} judges' answers could not be used; those items rest on the labels alone"
            )
        return "; ".join(said)


@dataclass(frozen=True)
class Line:
    """One measure of one part: human labels only beside judge-assisted."""

    label: str
    human: Figure
    assisted: Figure | None
    items_url: str
    url: str = ""

    @property
    def shown(self) -> list[Figure]:
        return [one for one in (self.human, self.assisted) if one]


@dataclass(frozen=True)
class Scale:
    """The stretch of the axis that a table's interval bars share."""

    start: float
    end: float


@dataclass(frozen=True)
class Part:
    """One slice field: a line for each of its values."""

    name: str
    lines: list[Line]
    figures: list[Figure]
    scale: Scale
    chart: Chart


def measure_words(criterion: str, estimand: str) -> str:
    name = "Items that pass" if criterion == ITEM_PASSES else criterion.replace("_", " ").capitalize()
    if estimand == "pass_rate":
        return name
    return f"{name}: {estimand.replace('_', ' ')}"


def scale_of(figures: Iterable[Figure], bar: float | None = None) -> Scale:
    """All ends and the bar with a margin; shares stay within 0 and 1."""
    figures = list(figures)
    ends = [end for one in figures for end in (one.low, one.high, one.estimate) if end is not None]
    ends += [bar] if bar is not None else []
    if not ends:
        return Scale(0, 1)
    low, high = min(ends), max(ends)
    margin = 0.12 * (high - low) or 0.05
    is_share = all(one.is_share for one in figures)
    start, end = low - margin, high + margin
    return Scale(max(0.0, start), min(1.0, end)) if is_share else Scale(start, end)


def lines_of(figures: Sequence[Figure], subject: Subject) -> list[Line]:
    """Figures of the same part and measure on one line, in their order."""
    parts: dict[tuple[str, str, str, str], dict[str, Figure]] = {}
    for one in figures:
        parts.setdefault((*one.measure, one.slice_field, one.slice_value), {})[one.basis] = one
    return [
        Line(
            label=slice_value or measure_words(criterion, estimand),
            human=bases["human"],
            assisted=bases.get("assisted"),
            items_url=subject.url(
                ITEMS, criterion=criterion, slice=f"{slice_field}={slice_value}" if slice_field else ""
            ),
            url=subject.url(QUALITY, measure=f"{criterion}:{estimand}"),
        )
        for (criterion, estimand, slice_field, slice_value), bases in parts.items()
    ]


def parts_of(figures: Sequence[Figure], overall: Figure, subject: Subject) -> list[Part]:
    """The measure of `overall` by each slice field."""
    own = [one for one in figures if one.measure == overall.measure and one.slice_field]
    fields = list(dict.fromkeys(one.slice_field for one in own))
    return [_part(name, [one for one in own if one.slice_field == name], overall, subject) for name in fields]


def _part(name: str, figures: list[Figure], overall: Figure, subject: Subject) -> Part:
    chart = interval_chart(
        [
            Interval(one.slice_value, one.estimate, one.low, one.high, BASES[one.basis])
            for one in figures
            if one.estimate is not None
        ],
        title=f"{measure_words(*overall.measure)} by {name}",
        description=f"The dashed line is the whole batch, {overall.value}, from {overall.basis_words}.",
        target=overall.estimate,
        percent=overall.is_share,
    )
    return Part(name, lines_of(figures, subject), figures, scale_of(figures, overall.estimate), chart)
