"""Comparing: many at once without false alarms, two raters on the same items, and one process over time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from auditing.stats.arrays import BoolArray, FloatArray
from auditing.stats.intervals import proportion
from auditing.stats.results import Result


@dataclass(frozen=True)
class Adjusted(Result):
    """p-values adjusted for their number, and which fall below the level."""

    adjusted: FloatArray
    rejected: BoolArray
    method: str


@dataclass(frozen=True)
class McNemar(Result):
    """Whether two raters err equally often on the same items; b and c count the items on which only
    one of them errs.
    """

    statistic: float
    p_value: float
    n: int
    method: str


@dataclass(frozen=True)
class Cusum(Result):
    """Cumulated excess over target + slack after each value, and the first position (from 0) above
    the limit, or None.
    """

    path: FloatArray
    first_signal: int | None


def adjust_p_values(
    p_values: Sequence[float], level: float = 0.05, method: Literal["bh", "by", "holm"] = "bh"
) -> Adjusted:
    """Adjust p-values for many comparisons.

    bh: false discovery rate (Benjamini and Hochberg 1995). by: the same under any dependence (Benjamini and
    Yekutieli 2001). holm: any false alarm at all (Holm 1979). Raises ValueError for a p-value outside 0 to 1.
    """
    p = np.asarray(p_values, dtype=float)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("every p-value must lie between 0 and 1")
    if method not in ("bh", "by", "holm"):
        raise ValueError(f"unknown method {method!r}: use bh, by or holm")
    adjusted = _holm(p) if method == "holm" else np.asarray(stats.false_discovery_control(p, method=method))
    return Adjusted(adjusted, adjusted <= level, method)


def _holm(p: FloatArray) -> FloatArray:
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, stepped)
    return adjusted


def mcnemar(b: int, c: int, exact: bool = True) -> McNemar:
    """McNemar's test (1947): two-sided exact binomial, or (b - c)^2 / (b + c) against chi-square with
    one degree of freedom.
    """
    if b < 0 or c < 0:
        raise ValueError(f"counts cannot be negative: {b}, {c}")
    n = b + c
    if exact:
        p_value = float(stats.binomtest(b, n).pvalue) if n else 1.0
        return McNemar(float(min(b, c)), p_value, n, "McNemar, exact")
    statistic = (b - c) ** 2 / n if n else 0.0
    return McNemar(statistic, float(stats.chi2.sf(statistic, 1)), n, "McNemar, chi-square")


def p_chart_limits(share: float, n: int, sigmas: float = 3.0) -> tuple[float, float]:
    """Shewhart's control limits of a share of n units: share -+ sigmas * sqrt(share (1 - share) / n), within [0, 1]."""
    if not 0 <= share <= 1 or n < 1:
        raise ValueError(f"need a share between 0 and 1 and n >= 1, not {share} and {n}")
    margin = sigmas * math.sqrt(share * (1 - share) / n)
    return max(0.0, share - margin), min(1.0, share + margin)


def cusum(values: Sequence[float], target: float, slack: float, limit: float) -> Cusum:
    """One-sided upper CUSUM (Page 1954): C = max(0, C + x - target - slack), a signal where C exceeds the limit."""
    path, level = np.empty(len(values)), 0.0
    for position, value in enumerate(values):
        level = max(0.0, level + value - target - slack)
        path[position] = level
    above = np.flatnonzero(path > limit)
    return Cusum(path, int(above[0]) if len(above) else None)


def ewma(values: Sequence[float], target: float, weight: float = 0.2) -> FloatArray:
    """Exponentially weighted moving average from the target on: z = weight * x + (1 - weight) * z (Roberts 1959)."""
    if not 0 < weight <= 1:
        raise ValueError(f"weight must lie above 0 and at most at 1, not {weight}")
    path, level = np.empty(len(values)), target
    for position, value in enumerate(values):
        level = weight * value + (1 - weight) * level
        path[position] = level
    return path


def trusted_prefix(correct: Sequence[bool], risk: float, error: float = 0.1, step: int = 20) -> int:
    """How many of the most confident verdicts may stand without a human: trust or escalate (Jung, Brahman
    and Choi 2024).

    correct: whether each verdict matched the human, most confident first. Tests the first step, 2 step, ...
    verdicts in that order and stops at the first whose one-sided Clopper-Pearson bound on the error rate, at
    confidence 1 - error, exceeds `risk`. Holds with probability 1 - error for the rule found.
    """
    if step < 1 or not 0 < risk < 1:
        raise ValueError(f"need a step of at least 1 and a risk between 0 and 1, not {step} and {risk}")
    wrong = np.cumsum(~np.asarray(correct, dtype=bool))
    passed = 0
    for size in range(step, len(wrong) + 1, step):
        k = int(wrong[size - 1])
        if proportion(k, size, "clopper-pearson", 1 - error, "upper").high > risk:
            break
        passed = size
    return passed
