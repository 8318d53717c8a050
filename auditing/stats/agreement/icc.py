"""Intraclass correlation of numeric ratings."""

from typing import Any, Literal

import numpy as np
from scipy import stats

from auditing.stats.agreement.coefficients import Coefficient, undefined
from auditing.stats.arrays import FloatArray
from auditing.stats.intervals import tail_probability

NEVER_DIFFER = "no interval: the raters never differ"
NO_SPREAD = "no interval: the items never differ"
NOTHING_TO_TELL = "undefined: the items differ too little beside the errors of the raters"
ROUNDING = 1e-14  # a sum of squares that is smaller beside the total is rounding
Form = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]


def icc(ratings: Any, form: Form = "2,1", confidence: float = 0.95) -> Coefficient:
    """Intraclass correlation, Shrout and Fleiss (1979); intervals as there and in McGraw and Wong (1996).

    ratings: raters x items of numbers, None or NaN where missing. The analysis of variance needs complete
    items: the others are left out, n counts the rest and the note says how many went. Forms: 1 each item has
    its own raters, 2 raters are a random sample, 3 these raters only; 1 a single rating, k the mean of all
    raters. NaN with a note if all ratings are equal, or where the formula divides by nothing (items that do not
    differ); no interval if no two raters ever differ. A mean's lower bound is -inf where a single rating's reaches
    -1 / (k - 1). Raises ValueError unless the ratings are a table of finite numbers.
    """
    if form not in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k"):
        raise ValueError(f"unknown form {form!r}: use 1,1 2,1 3,1 1,k 2,k or 3,k")
    tail, table = tail_probability(confidence, "two-sided"), np.array(ratings, dtype=float).T
    if table.ndim != 2 or np.isinf(table).any():
        raise ValueError("ratings must be a table of finite numbers, raters x items")
    complete = table[~np.isnan(table).any(axis=1)]
    lost = len(table) - len(complete)
    note = f"{lost} of {len(table)} items lack a rating and were left out" if lost else ""
    n, method = len(complete), f"ICC({form})"
    if n < 2 or complete.shape[1] < 2:
        return undefined(n, confidence, method, "undefined: needs two complete items and two raters")
    if np.ptp(complete / np.abs(complete).max(initial=1)) == 0:
        return undefined(n, confidence, method, "undefined: all ratings are equal")
    value, low, high = _single(complete, form[0], tail)
    if value == 1:
        return Coefficient(1.0, float("nan"), float("nan"), n, confidence, method, NEVER_DIFFER)
    if form.endswith("k"):
        value, low, high = (_stepped_up(one, complete.shape[1]) for one in (value, low, high))
    if not np.isfinite(value):
        return undefined(n, confidence, method, NOTHING_TO_TELL)
    if np.isnan(low):
        note = "; ".join(filter(None, (note, NO_SPREAD)))
    return Coefficient(value, low, high, n, confidence, method, note)


def _stepped_up(single: float, raters: int) -> float:
    """Spearman-Brown: the reliability of the mean of all raters from that of one; -inf from -1 / (k - 1) down."""
    rest = 1 + (raters - 1) * single
    return float("-inf") if rest <= ROUNDING else float(raters * single / rest)


def _mean_squares(ratings: FloatArray) -> tuple[float, float, float, float]:
    """Mean squares between items, within items, between raters, residual, of the ratings brought within -1 and 1."""
    table = ratings / np.abs(ratings).max()
    table = (table - table.mean()) / np.ptp(table)
    n, k = table.shape
    by_item, by_rater = table.mean(axis=1), table.mean(axis=0)
    within = ((table - by_item[:, None]) ** 2).sum()
    raters = n * (by_rater**2).sum()
    total = (table**2).sum()
    between, within, raters, residual = (
        0.0 if square <= ROUNDING * total else float(square)
        for square in (k * (by_item**2).sum(), within, raters, within - raters)
    )
    return between / (n - 1), within / (n * (k - 1)), raters / (k - 1), residual / ((n - 1) * (k - 1))


def _single(table: FloatArray, model: str, tail: float) -> tuple[float, float, float]:
    """Reliability of a single rating and its bounds."""
    n, k = table.shape
    between, within, raters, residual = _mean_squares(table)
    if model == "2":
        return _two_way_random(n, k, between, raters, residual, tail)
    error, df = (within, n * (k - 1)) if model == "1" else (residual, (n - 1) * (k - 1))
    low = _from_ratio(between, error * stats.f.isf(tail, n - 1, df), k)
    high = _from_ratio(between, error / stats.f.isf(tail, df, n - 1), k)
    return _from_ratio(between, error, k), low, high


def _from_ratio(between: float, error: float, k: int) -> float:
    spread = between + (k - 1) * error
    return float((between - error) / spread) if spread > 0 else float("nan")


def _two_way_random(
    n: int, k: int, between: float, raters: float, residual: float, tail: float
) -> tuple[float, float, float]:
    spread = between + (k - 1) * residual + k * (raters - residual) / n
    if spread <= ROUNDING:
        return float("nan"), float("nan"), float("nan")
    value = (between - residual) / spread
    if value >= 1:
        return 1.0, 1.0, 1.0
    df = _satterthwaite(n, k, value, raters, residual)
    if not (between > 0 and df > 0):
        return value, float("nan"), float("nan")
    # for few degrees of freedom a quantile below 1 would leave the value itself out
    low_f, high_f = max(1.0, stats.f.isf(tail, n - 1, df)), max(1.0, stats.f.isf(tail, df, n - 1))
    noise = k * raters + (k * n - k - n) * residual
    low = n * (between - low_f * residual) / (low_f * noise + n * between)
    high = n * (high_f * between - residual) / (noise + n * high_f * between)
    return float(value), float(low), float(high)


def _satterthwaite(n: int, k: int, value: float, raters: float, residual: float) -> float:
    """Degrees of freedom of the error of ICC(2): those of two mean squares together; NaN where both are 0."""
    odds = value / (1 - value)
    a, b = k * odds / n * raters, (1 + k * odds * (n - 1) / n) * residual
    spread = a**2 / (k - 1) + b**2 / ((n - 1) * (k - 1))
    return (a + b) ** 2 / spread if spread > 0 else float("nan")
