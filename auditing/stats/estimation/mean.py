"""`estimate_mean`: one question, one estimate, the method picked and named."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditing.stats.estimation.estimators import Bounds, unseen_bounds
from auditing.stats.estimation.sample import Sample, prepare, weighted_mean
from auditing.stats.estimation.single import (
    Method,
    Target,
    Use,
    choice,
    clipped,
    estimated,
    natural_bounds,
    widened,
    with_missing,
)
from auditing.stats.estimation.waves import combined, pooled, split
from auditing.stats.intervals import Side, one_sided, tail_probability
from auditing.stats.results import Result

FEWEST_NUMERIC, COCHRAN = 100, 25
ESTIMANDS = {"batch": "mean over this batch", "process": "mean of the process behind this batch"}


@dataclass(frozen=True)
class EstimateResult(Result):
    """A mean or share with its interval.

    n_effective: the simple random sample of human labels whose interval would be as narrow; labels_saved:
    n_effective - n_human (negative where the design costs more than it brings). note: why this method, and
    what was missing.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    method: str
    estimand: str
    n_human: int
    n_judged: int
    population: int
    n_effective: float
    labels_saved: float
    note: str
    side: str


def estimate_mean(
    labels: Any,
    probabilities: Any,
    proxy_all: Any = None,
    population: int | None = None,
    *,
    labelled_index: Any = None,
    proxy_labelled: Any = None,
    strata: Sequence[Hashable] | None = None,
    strata_sizes: Mapping[Hashable, float] | None = None,
    clusters: Sequence[Hashable] | None = None,
    method: Method = "auto",
    confidence: float = 0.95,
    side: Side = "two-sided",
    target: Target = "batch",
    use: Use = "display",
    bounds: tuple[float, float] | None = None,
    judged_probabilities: Any = None,
    learned_proxy: bool = False,
    waves: Sequence[int] | None = None,
    wave_weights: Sequence[float] | None = None,
) -> EstimateResult:
    """Estimate the mean of a label over a batch (or over the process behind it) from the units that humans
    labelled.

    labels: one number per drawn unit; only 0 and 1 means a share (unless `bounds` is another range); None or
    NaN where a drawn unit
        has no label, which widens the interval to its worst case.
    probabilities: inclusion probability of each drawn unit, or one number for all.
    proxy_all: the judge's score (or a learned prediction) of every judged item, on any scale, NaN where
    unscored. Fewer than
        `population` items are taken as a simple random sample of it.
    population: items in the batch; default: as many as were judged, or as the weights add up to.
    labelled_index: positions of the labelled units in proxy_all. proxy_labelled: instead, their out-of-fold
    predictions. strata, clusters: one entry per label. strata_sizes: items per stratum; default: as the
    weights add up to. method: human-only, post-stratified (0/1 labels from a simple draw), ppi++, aipw (a
    learned proxy), or auto, which picks one of the four:
        human-only without a judge that is shown to be better than chance; post-stratified for 0/1 labels from a
        simple draw with few score levels or fewer than 150 labels; else aipw for a learned proxy and ppi++ for a
        raw score. `method` and `note` of the result say which and why.
    target: "batch" applies the finite population correction, "process" adds the batch's own sampling error, by
        cluster where there are clusters.
    use: "display" gives intervals to read, which hold on the average (Wilson); "compliance" gives bounds to decide
        by, which hold at every rate: hypergeometric or Clopper-Pearson where the draw is simple, Clopper-Pearson on
        the effective n elsewhere.
    bounds: the range of the scale; needed for numeric labels with missing ones.
    judged_probabilities: the chance of each item of proxy_all of being judged, where it was not one for all;
        needs strata (within which it is) and labelled_index.
    learned_proxy: proxy_all is a prediction of the label (from `fit_proxy`), learned from earlier labels, or from
        these with proxy_labelled out of fold.
    waves: which wave each label was drawn in, where one came after the other's labels. probabilities are then
        those within the wave, among the items that no earlier wave drew. proxy_all has one row per wave, or one
        row for all, learned from earlier waves only (its own labels: out of fold). Needs labelled_index.
    wave_weights: share of each wave in the estimate, fixed before its labels were seen (see
        `anticipated_variance`); default: by its number of labels.

    Raises EstimateRefused when a probability is unknown or 0, when nothing is labelled, when numeric labels
    cannot show how far they vary, when labels are missing and the scale's range is unknown, and when a
    judge-assisted method is asked for whose judge is no better than chance. Raises ValueError for inputs
    that do not fit together.

    >>> result = estimate_mean([1, 1, 0, 1], 0.1)
    >>> round(result.estimate, 2), round(result.low, 2), round(result.high, 2)
    (0.75, 0.32, 0.95)
    """
    if target not in ESTIMANDS:
        raise ValueError(f"unknown target {target!r}: use batch or process")
    if use not in ("display", "compliance"):
        raise ValueError(f"unknown use {use!r}: use display or compliance")
    drawn = {
        "labels": labels,
        "probabilities": probabilities,
        "proxy_all": proxy_all,
        "population": population,
        "labelled_index": labelled_index,
        "proxy_labelled": proxy_labelled,
        "strata": strata,
        "strata_sizes": strata_sizes,
        "clusters": clusters,
        "bounds": bounds,
        "tail": tail_probability(confidence, side),
        "judged_probabilities": judged_probabilities,
        "learned_proxy": learned_proxy,
        "exact": use == "compliance",
    }
    if waves is None:
        sample = prepare(**drawn)
        chosen, why = choice(sample, method)
        return _result(sample, estimated(sample, chosen, target), why, target, confidence, side)
    parts = split(drawn, np.asarray(waves))
    found, why = combined(parts, wave_weights, method)
    sample = pooled(parts, wave_weights)
    if target == "process":
        found = clipped(widened(found, sample, sample.population, 1.0, target), sample)
    return _result(sample, found, why, target, confidence, side)


def _result(
    sample: Sample, found: Bounds, why: str, target: Target, confidence: float, side: Side
) -> EstimateResult:
    ends = with_missing(found, sample)
    n_effective = _effective(sample, ends[1] - ends[0], target)
    low, high = one_sided(*ends, side, sample.bounds or natural_bounds(sample))
    return EstimateResult(
        estimate=float(found.estimate),
        low=float(low),
        high=float(high),
        confidence=confidence,
        method=found.method,
        estimand=ESTIMANDS[target],
        n_human=sample.n,
        n_judged=0 if sample.proxy_all is None else int((~np.isnan(sample.proxy_all)).sum()),
        population=sample.population,
        n_effective=n_effective,
        labels_saved=n_effective - sample.n,
        note="; ".join([why, *_warnings(sample)]),
        side=side,
    )


def _effective(sample: Sample, width: float, target: Target) -> float:
    """Labels that a simple random sample, none of them missing, needs for an interval as narrow as this one."""
    unseen = 1.0 if target == "process" else 0.0
    plain = widened(_plain(sample), sample, sample.population, unseen, target)
    beyond = 0.0 if target == "process" else 1 / sample.population
    per_label = 1 / sample.n - beyond
    if per_label <= 0 or plain.high <= plain.low:
        return float(sample.n)
    return float(1 / (per_label * (width / (plain.high - plain.low)) ** 2 + beyond))


def _plain(sample: Sample) -> Bounds:
    """What a simple random sample of as many labels, with this mean and spread, would say of the batch."""
    mean, unseen = weighted_mean(sample.labels, sample), 1 - sample.n / sample.population
    if unseen <= 0:
        return Bounds(mean, mean, mean, "census")
    if sample.binary:
        return Bounds(mean, *unseen_bounds(sample, min(1.0, mean), sample.n, 1 - unseen), "plain")
    variance = float(sample.shares @ (sample.labels - mean) ** 2) * unseen / max(sample.n - 1, 1)
    margin = sample.t(sample.n - 1) * math.sqrt(variance)
    return Bounds(mean, mean - margin, mean + margin, "plain")


def _warnings(sample: Sample) -> list[str]:
    found = []
    if sample.share_missing:
        found.append(
            f"{sample.share_missing:.1%} of the drawn weight has no label: the interval is the worst case"
        )
    if sample.proxy_all is not None and (unscored := int(np.isnan(sample.proxy_all).sum())):
        found.append(f"{unscored} items are unscored by the judge")
    effective = round(1 / float((sample.shares**2).sum()))
    if not sample.binary and (needed := _labels_for_normality(sample)) > effective:
        found.append(
            f"numeric labels as skewed as these need about {needed}: the interval may hold less often"
        )
    return found


def _labels_for_normality(sample: Sample) -> int:
    """Labels from which a t interval can be believed: 25 times the squared skewness (Cochran 1977, section 2.15), and
    never fewer than 100.
    """
    centred = sample.labels - weighted_mean(sample.labels, sample)
    variance = float(sample.shares @ centred**2)
    skewness = 0.0 if variance == 0 else float(sample.shares @ centred**3) / variance**1.5
    return max(FEWEST_NUMERIC, math.ceil(COCHRAN * skewness**2))
