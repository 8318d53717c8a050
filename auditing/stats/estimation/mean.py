"""`estimate_mean`: one question, one estimate, the method picked and named."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from scipy import stats

from auditing.stats.arrays import FloatArray
from auditing.stats.estimation.estimators import MOST_LEVELS, Bounds, human_only, post_stratified, ppi
from auditing.stats.estimation.sample import EstimateRefused, Sample, prepare, weighted_mean
from auditing.stats.intervals import Side, one_sided, tail_probability, wilson_bounds
from auditing.stats.results import Result

Method = Literal["auto", "human-only", "post-stratified", "ppi++"]
Target = Literal["batch", "process"]
SMALL = 150  # labels below which the residual variance of a 0/1 label cannot be trusted
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
    bounds: tuple[float, float] | None = None,
    judged_probabilities: Any = None,
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
    weights add up to. method: human-only, post-stratified (0/1 labels from a simple draw), ppi++, or auto,
    which picks one of the three:
        human-only without a judge that is shown to be better than chance; post-stratified for 0/1 labels
        with few score levels or fewer than 150 labels; else ppi++. `method` and `note` of the result say
        which and why.
    target: "batch" applies the finite population correction, "process" adds the batch's own sampling error.
    bounds: the range of the scale; needed for numeric labels with missing ones.
    judged_probabilities: the chance of each item of proxy_all of being judged, where it was not one for all;
        needs strata (within which it is) and labelled_index.

    Raises EstimateRefused when a probability is unknown or 0, when nothing is labelled, when numeric labels
    cannot show how far they vary, when labels are missing and the scale's range is unknown, and when a
    judge-assisted method is asked for whose judge is no better than chance. Raises ValueError for inputs
    that do not fit together.

    >>> result = estimate_mean([1, 1, 0, 1], 0.1)
    >>> round(result.estimate, 2), round(result.low, 2), round(result.high, 2)
    (0.75, 0.32, 0.95)
    """
    sample = prepare(
        labels=labels,
        probabilities=probabilities,
        proxy_all=proxy_all,
        population=population,
        labelled_index=labelled_index,
        proxy_labelled=proxy_labelled,
        strata=strata,
        strata_sizes=strata_sizes,
        clusters=clusters,
        bounds=bounds,
        tail=tail_probability(confidence, side),
        judged_probabilities=judged_probabilities,
    )
    return _result(sample, *_choice(sample, method), target, confidence, side)


def _result(
    sample: Sample, method: Method, why: str, target: Target, confidence: float, side: Side
) -> EstimateResult:
    if target not in ESTIMANDS:
        raise ValueError(f"unknown target {target!r}: use batch or process")
    found = _estimated(sample, method, target)
    n_effective = _effective(sample, found, target)
    low, high = one_sided(*_missing(found, sample), side, sample.bounds or _natural_bounds(sample))
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


def worst_case(
    low: float, high: float, share_missing: float, bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float]:
    """Widen an interval for what has no label: all of it at the bottom of the scale, or all of it at
    the top (Manski 1989).
    """
    if not 0 <= share_missing <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share_missing}")
    known = 1 - share_missing
    return known * low + share_missing * bounds[0], known * high + share_missing * bounds[1]


def judge_is_informative(sample: Sample, level: float = 0.05) -> bool:
    """Whether the judge's scores go up with the labels, by a one-sided test of their weighted correlation."""
    if sample.proxy is None:
        return False
    scored = ~np.isnan(sample.proxy)
    weights = sample.shares[scored]
    units = int(scored.sum()) if sample.clusters is None else len(np.unique(sample.clusters[scored]))
    if units < 4 or np.ptp(sample.proxy[scored]) == 0 or np.ptp(sample.labels[scored]) == 0:
        return False
    r = _correlation(sample.labels[scored], sample.proxy[scored], weights)
    effective = min(units, float(weights.sum() ** 2 / (weights**2).sum()))
    return bool(r >= 1 or r * math.sqrt((effective - 2) / (1 - r * r)) > stats.t.isf(level, effective - 2))


def _correlation(a: Any, b: Any, weights: Any) -> float:
    covariance = np.cov(a, b, aweights=weights)
    return float(np.clip(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]), -1, 1))


def _choice(sample: Sample, method: Method) -> tuple[Method, str]:
    """The method to use, and why."""
    if method not in ("auto", "human-only", "post-stratified", "ppi++"):
        raise ValueError(f"unknown method {method!r}: use auto, human-only, post-stratified or ppi++")
    if method == "human-only":
        return method, "human labels only, as asked"
    if method == "auto":
        return _automatic(sample)
    if sample.proxy is None:
        raise EstimateRefused(f"{method} needs the judge's scores, and there are none")
    if not judge_is_informative(sample):
        raise EstimateRefused("the judge is not shown to be better than chance on these labels")
    if method == "post-stratified" and not (sample.binary and sample.simple):
        raise EstimateRefused("post-stratification needs 0/1 labels from a simple random sample")
    return method, f"{method}, as asked"


def _automatic(sample: Sample) -> tuple[Method, str]:
    if sample.proxy is None or sample.proxy_all is None:
        return "human-only", "no judge scores were given"
    if float(sample.inclusion.min()) >= 1:
        return "human-only", "every item has a human label"
    if not judge_is_informative(sample):
        return "human-only", "the judge is not shown to be better than chance on these labels"
    levels = len(np.unique(sample.proxy_all[~np.isnan(sample.proxy_all)]))
    if sample.binary and sample.simple and levels <= MOST_LEVELS:
        return "post-stratified", f"0/1 labels and {levels} judge scores from a simple draw"
    if sample.binary and sample.simple and sample.n < SMALL:
        return "post-stratified", f"0/1 labels, fewer than {SMALL} of them"
    return "ppi++", "the judge predicts the labels and the sample is large enough to say how well"


def _estimated(sample: Sample, method: Method, target: Target) -> Bounds:
    """The interval for the target: that of the sampled set, widened where the target is larger than
    that set.
    """
    if method == "human-only":
        found, judged = human_only(sample), sample.population
    else:
        within = sample.within_judged()
        found, judged = (post_stratified if method == "post-stratified" else ppi)(within), within.population
    unseen = 1.0 if target == "process" else 1 - judged / sample.population
    units = judged if sample.reach is None or method == "human-only" else _kish(1 / sample.reach)
    return _clipped(_widened(found, sample, units, unseen), sample)


def _kish(weights: FloatArray) -> float:
    """How many equally weighted units say as much (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def _widened(found: Bounds, sample: Sample, units: float, unseen: float) -> Bounds:
    """Add, by MOVER, the error of taking `units` items for the whole, of which the share `unseen` was
    not among them.
    """
    if unseen <= 0:
        return found
    down, up = _distances(found.estimate, sample, units / unseen)
    return replace(
        found,
        low=found.estimate - math.hypot(found.estimate - found.low, down),
        high=found.estimate + math.hypot(found.high - found.estimate, up),
    )


def _distances(mean: float, sample: Sample, units: float) -> tuple[float, float]:
    if sample.binary:
        share = min(1.0, max(0.0, mean))
        low, high = wilson_bounds(share, units, sample.z)
        return share - low, high - share
    centred = sample.labels - weighted_mean(sample.labels, sample)
    margin = sample.z * math.sqrt(float(sample.shares @ centred**2) / units)
    return margin, margin


def _natural_bounds(sample: Sample) -> tuple[float, float]:
    return (0.0, 1.0) if sample.binary else (-math.inf, math.inf)


def _clipped(found: Bounds, sample: Sample) -> Bounds:
    lowest, highest = sample.bounds or _natural_bounds(sample)
    estimate, low, high = (
        min(highest, max(lowest, value)) for value in (found.estimate, found.low, found.high)
    )
    return Bounds(estimate, low, high, found.method)


def _missing(found: Bounds, sample: Sample) -> tuple[float, float]:
    if sample.share_missing == 0:
        return found.low, found.high
    lowest, highest = sample.bounds or _natural_bounds(sample)
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise EstimateRefused(
            "drawn units lack a label and the range of the scale is unknown: give bounds for the worst case"
        )
    return worst_case(found.low, found.high, sample.share_missing, (lowest, highest))


def _effective(sample: Sample, found: Bounds, target: Target) -> float:
    """Labels that a simple random sample needs for an interval as narrow as this one."""
    unseen = 1.0 if target == "process" else 0.0
    plain = _widened(_plain(sample), sample, sample.population, unseen)
    beyond = 0.0 if target == "process" else 1 / sample.population
    per_label = 1 / sample.n - beyond
    if per_label <= 0 or plain.high <= plain.low:
        return float(sample.n)
    return float(1 / (per_label * ((found.high - found.low) / (plain.high - plain.low)) ** 2 + beyond))


def _plain(sample: Sample) -> Bounds:
    """What a simple random sample of as many labels, with this mean and spread, would say of the batch."""
    mean, unseen = weighted_mean(sample.labels, sample), 1 - sample.n / sample.population
    if unseen <= 0:
        return Bounds(mean, mean, mean, "census")
    if sample.binary:
        return Bounds(mean, *wilson_bounds(min(1.0, mean), sample.n / unseen, sample.z), "plain")
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
    if not sample.binary and sample.n < 100:
        found.append("fewer than 100 numeric labels: a skewed scale may need more")
    return found
