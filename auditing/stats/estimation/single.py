"""One draw, one interval: the method picked, and the interval widened to what is claimed about."""

import math
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from scipy import special

from auditing.stats.estimation.estimators import (
    MOST_LEVELS,
    Bounds,
    aipw,
    human_only,
    post_stratified,
    ppi,
    share_bounds,
)
from auditing.stats.estimation.sample import EstimateRefused, Sample, carrying, kish, weighted_mean

Method = Literal["auto", "human-only", "post-stratified", "ppi++", "aipw"]
Target = Literal["batch", "process"]
Use = Literal["display", "compliance"]
SMALL = 150  # labels below which the residual variance of a 0/1 label cannot be trusted
FEWEST_CARRYING = 10  # labels from which a judge is corrected
ASSISTED = {"post-stratified": post_stratified, "ppi++": ppi, "aipw": aipw}


def choice(sample: Sample, method: Method) -> tuple[Method, str]:
    """The method to use, and why."""
    if method not in ("auto", "human-only", *ASSISTED):
        raise ValueError(f"unknown method {method!r}: use auto, human-only, post-stratified, ppi++ or aipw")
    if method == "human-only":
        return method, "human labels only, as asked"
    if float(sample.inclusion.min()) >= 1:
        return "human-only", "every item has a human label"
    if method == "auto":
        return _automatic(sample)
    if sample.proxy is None:
        raise EstimateRefused(f"{method} needs the judge's scores, and there are none")
    if not judge_is_informative(sample):
        raise EstimateRefused("the judge is not shown to be better than chance on these labels")
    if method == "aipw" and not sample.learned:
        raise EstimateRefused("aipw takes a learned proxy at its word: fit one, or use ppi++ for a raw score")
    if method == "post-stratified" and not (sample.binary and sample.simple):
        raise EstimateRefused("post-stratification needs 0/1 labels from a simple random sample")
    return method, f"{method}, as asked"


def _automatic(sample: Sample) -> tuple[Method, str]:
    if sample.proxy is None or sample.proxy_all is None:
        return "human-only", "no judge scores were given"
    if not judge_is_informative(sample):
        return "human-only", "the judge is not shown to be better than chance on these labels"
    levels = len(np.unique(sample.proxy_all[~np.isnan(sample.proxy_all)]))
    if sample.binary and sample.simple and levels <= MOST_LEVELS:
        return "post-stratified", f"0/1 labels and {levels} judge scores from a simple draw"
    if sample.binary and sample.simple and sample.n < SMALL:
        return "post-stratified", f"0/1 labels, fewer than {SMALL} of them"
    if carrying(sample) < FEWEST_CARRYING:
        return (
            "human-only",
            "too few labels stand for what was not labelled: a correction by them says little",
        )
    if sample.learned:
        return "aipw", "a learned proxy predicts the labels, and the draw says how well"
    return "ppi++", "the judge predicts the labels and the sample is large enough to say how well"


def judge_is_informative(sample: Sample, level: float = 0.05) -> bool:
    """Whether the judge's scores go up with the labels, by a one-sided test of their weighted correlation."""
    if sample.proxy is None:
        return False
    scored = ~np.isnan(sample.proxy)
    weights = sample.shares[scored]
    units = int(scored.sum()) if sample.clusters is None else len(np.unique(sample.clusters[scored]))
    if units < 4 or np.ptp(sample.proxy[scored]) == 0 or np.ptp(sample.labels[scored]) == 0:
        return False
    effective = min(units, kish(weights))
    if effective <= 2:
        return False  # a line through two points says nothing
    r = _correlation(sample.labels[scored], sample.proxy[scored], weights)
    if abs(r) == 1:
        return r > 0
    return bool(r * math.sqrt((effective - 2) / (1 - r * r)) > -special.stdtrit(effective - 2, level))


def _correlation(a: Any, b: Any, weights: Any) -> float:
    covariance = np.cov(a, b, aweights=weights)
    return float(np.clip(covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1]), -1, 1))


def estimated(sample: Sample, method: Method, target: Target) -> Bounds:
    """The interval for the target: that of the sampled set, widened where the target is larger than
    that set.
    """
    if (
        method == "human-only"
        and target == "process"
        and (sample.strata is None or sample.clusters is not None)
    ):
        return clipped(human_only(replace(sample, endless=True)), sample)
    if method == "human-only":
        found, judged = human_only(sample), sample.population
    else:
        within = sample.within_judged()
        found, judged = ASSISTED[method](within), within.population
    unseen = 1.0 if target == "process" else 1 - judged / sample.population
    units = judged if sample.reach is None or method == "human-only" else kish(1 / sample.reach)
    return clipped(widened(found, sample, units, unseen, target), sample)


def widened(found: Bounds, sample: Sample, units: float, unseen: float, target: Target) -> Bounds:
    """Add, by MOVER, the error of taking `units` items for the whole, of which the share `unseen` was
    not among them.
    """
    if unseen <= 0:
        return found
    alike = _alike(sample) if target == "process" and sample.clusters is not None else 0.0
    down, up = _distances(found.estimate, sample, units / unseen, alike)
    return replace(
        found,
        low=found.estimate - math.hypot(found.estimate - found.low, down),
        high=found.estimate + math.hypot(found.high - found.estimate, up),
    )


def _alike(sample: Sample) -> float:
    """How much more a batch's mean varies around its process because items of one cluster are alike: the sum of the
    products of their residuals.
    """
    assert sample.clusters is not None
    residuals = sample.shares * (sample.labels - weighted_mean(sample.labels, sample))
    of_cluster = np.bincount(sample.clusters, weights=residuals)
    clusters = len(of_cluster)
    products = float((of_cluster**2).sum() - (residuals**2).sum())
    return max(0.0, products) * clusters / max(clusters - 1, 1)


def _distances(mean: float, sample: Sample, units: float, alike: float) -> tuple[float, float]:
    centred = sample.labels - weighted_mean(sample.labels, sample)
    spread = float(sample.shares @ centred**2)
    if alike > 0:
        assert sample.clusters is not None
        wider = sample.t(int(sample.clusters.max())) / sample.z
        units = spread / (spread / units + alike) / wider**2
    if sample.binary:
        share = min(1.0, max(0.0, mean))
        low, high = share_bounds(sample, share, units)
        return share - low, high - share
    margin = sample.z * math.sqrt(spread / units)
    return margin, margin


def natural_bounds(sample: Sample) -> tuple[float, float]:
    return (0.0, 1.0) if sample.binary else (-math.inf, math.inf)


def clipped(found: Bounds, sample: Sample) -> Bounds:
    """The interval, kept on the scale. Raises ArithmeticError for one that is no number, which must never pass for a
    bound.
    """
    ends = found.estimate, found.low, found.high
    if not np.isfinite(ends).all():
        raise ArithmeticError(f"{found.method} gives {ends}, which is no interval")
    lowest, highest = sample.bounds or natural_bounds(sample)
    estimate, low, high = (min(highest, max(lowest, value)) for value in ends)
    return Bounds(estimate, low, high, found.method)


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


def with_missing(found: Bounds, sample: Sample) -> tuple[float, float]:
    """The interval, widened to the worst case for drawn units without a label."""
    if sample.share_missing == 0:
        return found.low, found.high
    lowest, highest = sample.bounds or natural_bounds(sample)
    if not (math.isfinite(lowest) and math.isfinite(highest)):
        raise EstimateRefused(
            "drawn units lack a label and the range of the scale is unknown: give bounds for the worst case"
        )
    return worst_case(found.low, found.high, sample.share_missing, (lowest, highest))
