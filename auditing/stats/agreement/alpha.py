"""Krippendorff's alpha in time linear in the number of ratings."""

import math
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np

from auditing.stats.agreement.coding import MISSING, Coded, encode
from auditing.stats.agreement.coefficients import (
    NO_PAIRS,
    NO_SPREAD,
    UNDEFINED,
    Coefficient,
    perfect,
    undefined,
)
from auditing.stats.arrays import FloatArray

Level = Literal["nominal", "ordinal", "interval", "ratio"]
LEVELS = ("nominal", "ordinal", "interval", "ratio")
LARGE = 2000  # items above which resampled totals are drawn from their normal limit


def krippendorff_alpha(
    ratings: Any,
    level: Level = "nominal",
    confidence: float = 0.95,
    *,
    categories: Sequence[Hashable] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Coefficient:
    """Krippendorff's alpha = 1 - D_o / D_e, Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

    ratings: raters x items, None or NaN where missing; items with fewer than two ratings carry no pair and
    are left out (n counts the rest). categories: the levels in order, which words at ordinal level need
    (numbers bring their own; else the order is that of their text). Ordinal uses Krippendorff's own metric
    (distances of mid-ranks), which is not the "ordinal weights" of other packages. Interval: percentile
    bootstrap over items (D_e linearised on the log scale) at a fixed seed. One category only: the value is NaN
    and the note says so. Raises ValueError for an unknown level, for numbers missing at interval or ratio
    level, and for negative numbers at ratio level.
    """
    if level not in LEVELS:
        raise ValueError(f"unknown level {level!r}: use one of {', '.join(LEVELS)}")
    coded = _pairable(encode(ratings, categories))
    n, method = coded.codes.shape[1], f"Krippendorff's alpha, {level}"
    if n == 0:
        return undefined(0, confidence, method, NO_PAIRS)
    per_item = _item_totals(coded, level)
    observed, ratings_count, expected = per_item.sum(axis=0)
    if expected <= 0:
        return undefined(n, confidence, method, UNDEFINED)
    if math.isclose(observed, 0.0, abs_tol=1e-12):
        return perfect(n, confidence, method, 0.0)
    if n == 1:
        value = float(_alpha(observed, ratings_count, expected))
        return Coefficient(value, float("nan"), float("nan"), n, confidence, method, NO_SPREAD)
    totals = _resampled_totals(per_item, resamples, np.random.default_rng(seed))
    totals = totals[(totals > 0)[:, 1:].all(axis=1)]
    values = _alpha(totals[:, 0], totals[:, 1], totals[:, 2] ** 2 / expected)
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    value = float(_alpha(observed, ratings_count, expected))
    return Coefficient(value, float(low), float(high), n, confidence, method)


def _alpha(observed: Any, ratings: Any, expected: Any) -> Any:
    """1 - D_o / D_e from the totals: D_o = observed / ratings, D_e = expected / (ratings (ratings - 1))."""
    return 1 - (ratings - 1) * observed / expected


def _pairable(coded: Coded) -> Coded:
    """Only the items with two ratings or more, only the categories they use."""
    codes = coded.codes[:, (coded.codes != MISSING).sum(axis=0) >= 2]
    seen = codes != MISSING
    used = np.flatnonzero(np.bincount(codes[seen], minlength=len(coded.categories)))
    if len(used) == len(coded.categories):
        return Coded(codes, coded.categories, coded.values)
    position = np.zeros(len(coded.categories), dtype=np.int64)
    position[used] = np.arange(len(used))
    codes[seen] = position[codes[seen]]
    values = None if coded.values is None else coded.values[used]
    return Coded(codes, tuple(coded.categories[position] for position in used.tolist()), values)


def _item_totals(coded: Coded, level: Level) -> FloatArray:
    """Items x (disagreement within the item, its ratings, its ratings' disagreement with all ratings)."""
    seen = coded.codes != MISSING
    frequency = np.bincount(coded.codes[seen], minlength=len(coded.categories)).astype(float)
    ratings = seen.sum(axis=0).astype(float)
    distances = {"nominal": _nominal, "ordinal": _squared, "interval": _squared, "ratio": _ratio}[level]
    within, from_all = distances(coded, _scale(coded, level, frequency), frequency)
    against_all = np.where(seen, from_all[coded.codes], 0.0).sum(axis=0)
    return np.column_stack([within / (ratings - 1), ratings, against_all])


def _scale(coded: Coded, level: Level, frequency: FloatArray) -> FloatArray:
    """The number that stands for each category at this level of measurement."""
    if level == "ordinal":
        return np.asarray(np.cumsum(frequency) - frequency / 2)
    numbers = coded.numbers()
    if level in ("interval", "ratio") and coded.values is None:
        raise ValueError(f"{level} level needs numbers, not {coded.categories[:3]}")
    if level == "ratio" and (numbers < 0).any():
        raise ValueError("ratio level needs numbers that are not negative")
    return numbers


def _nominal(coded: Coded, scale: FloatArray, frequency: FloatArray) -> tuple[FloatArray, FloatArray]:
    items = coded.codes.shape[1]
    ordered = np.sort(
        np.where(coded.codes == MISSING, -1 - np.arange(len(coded.codes))[:, None], coded.codes), axis=0
    )
    return _unequal_pairs(ordered, items), frequency.sum() - frequency


def _unequal_pairs(ordered: Any, items: int) -> FloatArray:
    """Ordered pairs of unequal ratings per item, from codes sorted within items (each missing one
    unique and negative).
    """
    ratings = (ordered >= 0).sum(axis=0)
    run, equal = np.zeros(items), np.zeros(items)
    for row in range(1, len(ordered)):
        run = np.where((ordered[row] == ordered[row - 1]) & (ordered[row] >= 0), run + 1, 0)
        equal += run
    return np.asarray(ratings * (ratings - 1) - 2 * equal, dtype=float)


def _squared(coded: Coded, scale: FloatArray, frequency: FloatArray) -> tuple[FloatArray, FloatArray]:
    scale = scale - (scale @ frequency) / frequency.sum()
    seen = coded.codes != MISSING
    values = np.where(seen, scale[coded.codes], 0.0)
    ratings = seen.sum(axis=0)
    centred = np.where(seen, values - values.sum(axis=0) / ratings, 0.0)
    from_all = frequency.sum() * scale**2 + (frequency * scale**2).sum()
    return 2 * ratings * (centred**2).sum(axis=0), from_all


def _ratio(coded: Coded, scale: FloatArray, frequency: FloatArray) -> tuple[FloatArray, FloatArray]:
    seen = coded.codes != MISSING
    values = np.where(seen, scale[coded.codes], np.nan)
    within = np.zeros(values.shape[1])
    for first in range(len(values)):
        for second in range(first + 1, len(values)):
            within += 2 * np.nan_to_num(_ratio_distance(values[first], values[second]))
    from_all = np.array([_ratio_distance(value, scale) @ frequency for value in scale])
    return within, from_all


def _ratio_distance(a: Any, b: Any) -> FloatArray:
    total = np.asarray(a + b, dtype=float)
    return np.asarray(((a - b) / np.where(total == 0, 1.0, total)) ** 2)


def _resampled_totals(per_item: FloatArray, resamples: int, rng: np.random.Generator) -> FloatArray:
    """Totals over items drawn with replacement, resamples x columns."""
    items = len(per_item)
    if items > LARGE:
        spread = items * np.cov(per_item.T)
        return rng.multivariate_normal(
            per_item.sum(axis=0), spread, resamples, check_valid="ignore", method="eigh"
        )
    kinds, counts = np.unique(per_item, axis=0, return_counts=True)  # alike items need no draw of their own
    return np.asarray(rng.multinomial(items, counts / items, size=resamples) @ kinds)
