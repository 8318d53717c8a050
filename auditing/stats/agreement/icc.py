"""Intraclass correlation of numeric ratings."""

from typing import Any, Literal

import numpy as np
from scipy import stats

from auditing.stats.agreement.coefficients import Coefficient, undefined
from auditing.stats.arrays import FloatArray

NEVER_DIFFER = "no interval: the raters never differ"
Form = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]


def icc(ratings: Any, form: Form = "2,1", confidence: float = 0.95) -> Coefficient:
    """Intraclass correlation, Shrout and Fleiss (1979); intervals as there and in McGraw and Wong (1996).

    ratings: raters x items of numbers, None or NaN where missing. The analysis of variance needs complete
    items: the others are left out, n counts the rest and the note says how many went. Forms: 1 each item has
    its own raters, 2 raters are a random sample, 3 these raters only; 1 a single rating, k the mean of all
    raters. NaN with a note if all ratings are equal; no interval if no two raters ever differ.
    """
    if form not in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k"):
        raise ValueError(f"unknown form {form!r}: use 1,1 2,1 3,1 1,k 2,k or 3,k")
    table = np.array(ratings, dtype=float).T
    complete = table[~np.isnan(table).any(axis=1)]
    lost = len(table) - len(complete)
    note = f"{lost} of {len(table)} items lack a rating and were left out" if lost else ""
    method = f"ICC({form})"
    if len(complete) < 2 or complete.shape[1] < 2:
        return undefined(
            len(complete), confidence, method, "undefined: needs two complete items and two raters"
        )
    if np.ptp(complete) == 0:
        return undefined(len(complete), confidence, method, "undefined: all ratings are equal")
    value, low, high = _single(complete, form[0], (1 - confidence) / 2)
    if value == 1:
        return Coefficient(1.0, float("nan"), float("nan"), len(complete), confidence, method, NEVER_DIFFER)
    if form.endswith("k"):
        value, low, high = (_stepped_up(one, complete.shape[1]) for one in (value, low, high))
    return Coefficient(value, low, high, len(complete), confidence, method, note)


def _stepped_up(single: float, raters: int) -> float:
    """Spearman-Brown: the reliability of the mean of all raters from that of one."""
    return float(raters * single / (1 + (raters - 1) * single))


def _mean_squares(table: FloatArray) -> tuple[float, float, float, float]:
    """Mean squares between items, within items, between raters, residual."""
    n, k = table.shape
    grand, by_item, by_rater = table.mean(), table.mean(axis=1), table.mean(axis=0)
    between = k * ((by_item - grand) ** 2).sum() / (n - 1)
    raters = n * ((by_rater - grand) ** 2).sum() / (k - 1)
    within_sum = ((table - by_item[:, None]) ** 2).sum()
    residual = max(0.0, within_sum - raters * (k - 1)) / ((n - 1) * (k - 1))
    return float(between), float(within_sum / (n * (k - 1))), float(raters), float(residual)


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
    return float((between - error) / (between + (k - 1) * error))


def _two_way_random(
    n: int, k: int, between: float, raters: float, residual: float, tail: float
) -> tuple[float, float, float]:
    value = (between - residual) / (between + (k - 1) * residual + k * (raters - residual) / n)
    a = k * value / (n * (1 - value)) if value < 1 else float("inf")
    if not np.isfinite(a):
        return 1.0, 1.0, 1.0
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    df = (a * raters + b * residual) ** 2 / (
        (a * raters) ** 2 / (k - 1) + (b * residual) ** 2 / ((n - 1) * (k - 1))
    )
    low_f, high_f = stats.f.isf(tail, n - 1, df), stats.f.isf(tail, df, n - 1)
    noise = k * raters + (k * n - k - n) * residual
    low = n * (between - low_f * residual) / (low_f * noise + n * between)
    high = n * (high_f * between - residual) / (noise + n * high_f * between)
    return float(value), float(low), float(high)
