"""From rows to arrays: the population, who was drawn with what probability, what humans and judges said."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditing.audits.models import Audit
from auditing.core.canonical import checksum
from auditing.core.errors import Conflict
from auditing.datasets.models import Batch, Item
from auditing.estimation.measures import Measure
from auditing.estimation.waves import Waves, waves_of
from auditing.ratings.frame import opinions, with_item_passes
from auditing.ratings.models import RaterKind
from auditing.ratings.reference import reference
from auditing.rubrics.schema import RubricSpec
from auditing.sampling.frame import NO_VALUE
from auditing.sampling.models import Plan

Floats = NDArray[np.floating[Any]]
PRODUCER = "producer"
HASH_VERSION = 2  # 1 left out which label has which score, and whether scores are predictions
DRAWN = (
    "human_probability",
    "is_human",
    "stratum",
    "prediction",
    "size",
    "position",
    "wave",
    "wave_probability",
)
ASSUMED_RANDOM = "holds only if the rated items are a simple random sample of the batch"


@dataclass(frozen=True)
class Evidence:
    """All an estimate rests on.

    items: one row per item of the batch, index = item's key, columns: stratum, drawn (in the human sample),
        judged (in the judge sample), human_probability (NaN where not known), cluster, external_id; of an audit also
        size, what the chance of a judged item grew with (NaN where it did not).
    slices: the same rows; a column for the producer and for each slice field.
    labels: reference labels (see `ratings.reference`); verdicts: the judges' rows of the frame.
    rated: for labels made elsewhere, the share of the batch's items rated on each criterion; None for an audit,
        whose draw is known.
    predicted: the (criterion, estimand) whose labels earlier audits predict, in the column `prediction` of items.
    earlier_labels: how many labels of earlier audits shaped the draw or the predictions.
    sized_by: the field of the items that the chances grew with; empty where they did not.
    wave_weights: of a sample drawn in further waves, the weight of each, fixed before its labels; None: all of it.
    """

    items: pd.DataFrame
    slices: pd.DataFrame
    labels: pd.DataFrame
    verdicts: pd.DataFrame
    rubric: RubricSpec | None
    rated: Mapping[str, float] | None = None
    predicted: tuple[str, str] | None = None
    earlier_labels: int = 0
    sized_by: str = ""
    wave_weights: tuple[float | None, ...] = ()

    def part(self, field: str, value: str) -> "Evidence":
        """The same evidence, of one slice only."""
        inside = self.slices[field] == value
        return replace(self, items=self.items[inside], slices=self.slices[inside])

    def drawn(self, criterion: str) -> pd.DataFrame:
        """The rows of the human sample. Of items rated elsewhere, those asked about this criterion."""
        rows = self.items[self.items["drawn"]]
        if self.rated is None:
            return rows
        asked = self.labels.loc[self.labels["criterion"] == criterion, "item"]
        return rows[rows.index.isin(asked)].assign(human_probability=self.rated.get(criterion, np.nan))

    def assumption(self, criterion: str) -> str:
        """What is taken for granted about how the items were drawn."""
        return "" if self.rated is None or self.rated.get(criterion) == 1 else ASSUMED_RANDOM


@dataclass(frozen=True)
class Numbers:
    """Arrays for one measure. `labels` has NaN where a drawn unit has no usable label.

    drawn: positions (in the population's order) of the human sample; `labels`, `probabilities`, `strata` and
    `clusters` follow it. proxy: what the judges predict for the judged, None without judges; `labelled_in_proxy`
    are the positions of the drawn units in it, `reach` the share of its stratum that was judged. learned: proxy is
    what earlier audits predict, else judges' scores. earlier_labels: see `Evidence`. waves: where the sample was drawn
    in further waves; `probabilities` are those of all waves together.
    """

    labels: Floats
    probabilities: Floats
    strata: NDArray[np.object_]
    strata_sizes: dict[Hashable, float]
    clusters: NDArray[np.object_] | None
    proxy: Floats | None
    labelled_in_proxy: NDArray[np.int64] | None
    reach: Floats | None
    population: int
    unscored_verdicts: int
    learned: bool = False
    earlier_labels: int = 0
    waves: Waves | None = None

    @property
    def hash(self) -> str:
        """SHA-256 of everything the estimate is computed from, and of which version of this says so."""
        plain = self.to_plain() | {"version": HASH_VERSION}
        for name in ("unscored_verdicts", "earlier_labels"):
            del plain[name]
        return checksum(plain)

    def to_plain(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "labels": _plain(self.labels),
            "probabilities": _plain(self.probabilities),
            "strata": self.strata.tolist(),
            "strata_sizes": sorted(map(list, self.strata_sizes.items())),
            "clusters": None if self.clusters is None else self.clusters.tolist(),
            "proxy": None if self.proxy is None else _plain(self.proxy),
            "reach": None if self.reach is None else self.reach.tolist(),
            "population": self.population,
            "labelled_in_proxy": None if self.labelled_in_proxy is None else self.labelled_in_proxy.tolist(),
            "unscored_verdicts": self.unscored_verdicts,
            "learned": self.learned,
            "earlier_labels": self.earlier_labels,
            **({"waves": self.waves.to_plain()} if self.waves else {}),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Numbers":
        """What `to_plain` gave, as arrays again."""
        places = plain["labelled_in_proxy"]
        return cls(
            labels=_floats(plain["labels"]),
            probabilities=_floats(plain["probabilities"]),
            strata=np.array(plain["strata"], dtype=object),
            strata_sizes=dict(plain["strata_sizes"]),
            clusters=None if plain["clusters"] is None else np.array(plain["clusters"], dtype=object),
            proxy=None if plain["proxy"] is None else _floats(plain["proxy"]),
            labelled_in_proxy=None if places is None else np.array(places, dtype=np.int64),
            reach=None if plain["reach"] is None else _floats(plain["reach"]),
            population=plain["population"],
            unscored_verdicts=plain["unscored_verdicts"],
            learned=plain["learned"],
            earlier_labels=plain.get("earlier_labels", 0),  # not yet there in older decisions
            waves=Waves.from_plain(plain["waves"]) if "waves" in plain else None,
        )

    def without_judges(self) -> "Numbers":
        return replace(
            self, proxy=None, labelled_in_proxy=None, reach=None, unscored_verdicts=0, learned=False
        )


def _plain(values: Floats) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]


def _floats(values: list[float | None]) -> Floats:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def population(batch: Batch) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The batch's items in the frame's order (external ids by code point) with their clusters, and their slices."""
    rows = Item.objects.filter(batch=batch)
    columns = ["external_id", "pk", "cluster", "producer__name", "slices"]
    records = sorted(rows.values_list(*columns).iterator(chunk_size=10_000), key=lambda record: record[0])
    frame = pd.DataFrame.from_records(records, columns=columns, index="pk")
    slices = pd.DataFrame(
        {field: [str(own.get(field) or NO_VALUE) for own in frame["slices"]] for field in batch.slice_fields},
        index=frame.index,
    )
    slices[PRODUCER] = frame["producer__name"].fillna(NO_VALUE)
    return frame[["cluster", "external_id"]], slices


def evidence_of_audit(audit: Audit) -> Evidence:
    """Raises Conflict before the sample is drawn: without probabilities there is no estimate."""
    if not hasattr(audit, "plan"):
        raise Conflict("The sample is not drawn yet, so there is nothing to estimate from.")
    items, slices = population(audit.batch)
    draws = pd.DataFrame.from_records(
        audit.plan.draws.values_list("item_id", *DRAWN),
        columns=["item", *DRAWN],
        index="item",
    )
    draws = draws.astype(
        dict.fromkeys(("human_probability", "prediction", "size", "wave_probability"), float)
    )
    items = items.join(draws)
    items["judged"] = items.index.isin(draws.index)
    items["drawn"] = items.pop("is_human").eq(True)
    items["stratum"] = _strata(items, slices, audit.plan.parameters)
    labels, verdicts = _labels_and_verdicts(audit.batch, audit, audit.rubric, audit.sop.labels.reference)
    learned = audit.plan.learned
    predicted = (learned["criterion"], learned["estimand"]) if draws["prediction"].notna().any() else None
    return Evidence(
        items,
        slices,
        labels,
        verdicts,
        audit.rubric,
        predicted=predicted,
        earlier_labels=earlier_labels_used(audit.plan),
        sized_by=audit.plan.parameters["by"] if audit.plan.method == "pps" else "",
        wave_weights=tuple(wave["weight"] for wave in audit.plan.waves),
    )


def earlier_labels_used(plan: Plan) -> int:
    """Labels of earlier audits that shaped the draw or the proxy; those known but of no use do not count."""
    used = bool(plan.learned.get("proxy") or plan.learned.get("spreads"))
    return int(plan.learned["earlier_labels"]) if used else 0


def _strata(items: pd.DataFrame, slices: pd.DataFrame, parameters: Mapping[str, Any]) -> "pd.Series[str]":
    """What the draw was stratified by: a slice, known of every item, or judges' scores, where all were judged."""
    if parameters["method"] == "stratified":
        return slices[parameters["by"]]
    scored = parameters["method"] == "two-phase" and items["judged"].all()
    return items["stratum"] if scored else pd.Series("", index=items.index)


def evidence_of_batch(batch: Batch, *, rubric: RubricSpec | None, rater: str | None) -> Evidence:
    """A batch labelled elsewhere: the rated items are taken for a simple random sample of the batch."""
    items, slices = population(batch)
    labels, verdicts = _labels_and_verdicts(batch, None, rubric, rater)
    items = items.assign(
        stratum="",
        judged=items.index.isin(verdicts["item"]),
        drawn=items.index.isin(labels["item"]),
        human_probability=np.nan,
    )
    rated = {str(key): count / len(items) for key, count in labels["criterion"].value_counts().items()}
    return Evidence(items, slices, labels, verdicts, rubric, rated)


def _labels_and_verdicts(
    batch: Batch, audit: Audit | None, rubric: RubricSpec | None, rater: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = opinions(batch=batch, audit=audit, rubric=rubric)
    labels = reference(frame, rubric=rubric, rater=rater)
    verdicts = frame[frame["rater_kind"] == RaterKind.JUDGE]
    if rubric and len(verdicts):
        verdicts = with_item_passes(verdicts, rubric)
    return labels, verdicts


def numbers_for(seen: Evidence, measure: Measure) -> Numbers:
    """The arrays of one measure over the evidence's items."""
    items = seen.items
    drawn = seen.drawn(measure.criterion)
    labels = _by_item(seen.labels, measure).reindex(drawn.index)
    proxy, unscored = _proxy(seen, measure)
    judged, reach = items.index[items["judged"]], None if proxy is None else _reach(items)
    if proxy is not None and not drawn.index.isin(judged).all():  # rated elsewhere, and not by the judges
        proxy = pd.Series(proxy, index=judged).reindex(items.index).to_numpy(dtype=float)
        judged, reach = items.index, np.ones(len(items))
    clustered = drawn["cluster"].ne("").any()
    return Numbers(
        labels=labels.to_numpy(dtype=float),
        probabilities=drawn["human_probability"].to_numpy(dtype=float),
        strata=drawn["stratum"].to_numpy(dtype=object),
        strata_sizes={str(name): float(size) for name, size in items["stratum"].value_counts().items()},
        clusters=_clusters(drawn) if clustered else None,
        proxy=proxy,
        labelled_in_proxy=None if proxy is None else judged.get_indexer(drawn.index).astype(np.int64),
        reach=reach,
        population=len(items),
        unscored_verdicts=unscored,
        learned=seen.predicted == (measure.criterion, measure.estimand),
        earlier_labels=seen.earlier_labels,
        waves=waves_of(items, drawn, seen.wave_weights),
    )


def _by_item(rows: pd.DataFrame, measure: Measure) -> "pd.Series[float]":
    own = rows[rows["criterion"] == measure.criterion]
    return pd.Series(measure.number(own).to_numpy(dtype=float), index=own["item"])


def _proxy(seen: Evidence, measure: Measure) -> tuple[Floats | None, int]:
    """What is expected of every judged item (NaN where nothing is), and how many judges' answers were unusable."""
    judged = seen.items.index[seen.items["judged"]]
    scores, unusable = judge_scores(seen, measure)
    if seen.predicted == (measure.criterion, measure.estimand):
        return seen.items.loc[judged, "prediction"].to_numpy(dtype=float), unusable
    return (None if scores.isna().all() else scores.to_numpy(dtype=float)), unusable


def judge_scores(seen: Evidence, measure: Measure) -> tuple["pd.Series[float]", int]:
    """The mean of the judges' numbers on every judged item (NaN where none scored it), and how many answers were
    unusable."""
    judged = seen.items.index[seen.items["judged"]]
    own = seen.verdicts[seen.verdicts["criterion"] == measure.criterion]
    if own.empty or not len(judged):
        return pd.Series(np.nan, index=judged), 0
    numbers = _by_item(_by_rater(own), measure)
    numbers = numbers[numbers.index.isin(judged)]
    return numbers.groupby(level=0).mean().reindex(judged), int(numbers.isna().sum())


def _by_rater(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows in the order of their raters' names: a mean over them is then the same to the last bit, in whatever
    order the database tells them."""
    return rows.iloc[np.argsort(pd.factorize(rows["rater"], sort=True)[0], kind="stable")]


def _reach(items: pd.DataFrame) -> Floats:
    """Of every judged item, which share of its stratum's items was judged."""
    shares = items.groupby("stratum")["judged"].transform("mean")
    return shares[items["judged"]].to_numpy(dtype=float)


def _clusters(drawn: pd.DataFrame) -> NDArray[np.object_]:
    """Items without a cluster stand alone."""
    own = pd.Series([f"item {key}" for key in drawn.index], index=drawn.index)
    return drawn["cluster"].where(drawn["cluster"] != "", own).to_numpy(dtype=object)
