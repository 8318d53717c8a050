"""What every agreement coefficient shares: its result, its weights, and the interval of a perfect sample."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from auditing.stats.agreement.coding import Coded
from auditing.stats.arrays import FloatArray
from auditing.stats.intervals import proportion, tail_probability
from auditing.stats.results import Result

Weights = Literal["unweighted", "identity", "linear", "quadratic", "ordinal"]
WEIGHTED = ("linear", "quadratic", "ordinal")
UNDEFINED = "undefined: only one category was used, so agreement beyond chance cannot be told"
NO_SPREAD = "no interval: the items do not differ in agreement"
NO_PAIRS = "undefined: no item has two ratings"
PERFECT = "no disagreement was seen; the lower end comes from the Wilson bound on the share of items with one"


@dataclass(frozen=True)
class Coefficient(Result):
    """An agreement coefficient. `value` is NaN where undefined, and `note` says why; n counts items
    (or pairs).
    """

    value: float
    low: float
    high: float
    n: int
    confidence: float
    method: str
    note: str = ""


def undefined(n: int, confidence: float, method: str, note: str) -> Coefficient:
    """The result for data on which the coefficient has no value."""
    return Coefficient(float("nan"), float("nan"), float("nan"), n, confidence, method, note)


def perfect(n: int, confidence: float, method: str, chance: float) -> Coefficient:
    """The result when every rating agrees: value 1, and a lower end that a zero standard error would hide."""
    disagreement = proportion(0, n, "wilson", confidence).high
    return Coefficient(1.0, max(-1.0, 1 - disagreement / (1 - chance)), 1.0, n, confidence, method, PERFECT)


def with_margin(value: float, margin: float, n: int, confidence: float, method: str) -> Coefficient:
    """value +- margin, kept within [-1, 1]."""
    if margin < 1e-12:
        return Coefficient(value, float("nan"), float("nan"), n, confidence, method, NO_SPREAD)
    return Coefficient(value, max(-1.0, value - margin), min(1.0, value + margin), n, confidence, method)


def normal_quantile(confidence: float) -> float:
    """Two-sided standard normal quantile."""
    return float(stats.norm.isf(tail_probability(confidence, "two-sided")))


def t_quantile(confidence: float, df: float) -> float:
    """Two-sided Student t quantile."""
    return float(stats.t.isf(tail_probability(confidence, "two-sided"), df))


def known_weights(weights: Weights | None) -> Weights | None:
    """The weights, None for none of them ("unweighted" or "identity" say so as well). Raises ValueError for others."""
    if weights in (None, "unweighted", "identity"):
        return None
    if weights not in WEIGHTED:
        raise ValueError(f"unknown weights {weights!r}: use linear, quadratic, ordinal or None")
    return weights


def agreement_weights(coded: Coded, weights: Weights | None) -> FloatArray:
    """Categories x categories credit for a pair: 1 on the diagonal, by distance elsewhere (Gwet 2014,
    chapter 3).

    None is the identity. linear and quadratic use the categories' numbers where they are numbers, else their
    positions; ordinal uses positions only: 1 - C(|i - j| + 1, 2) / C(q, 2).
    """
    size = len(coded.categories)
    if weights is None or size < 2:
        return np.eye(size)
    if weights == "ordinal":
        gap = np.abs(np.subtract.outer(np.arange(size), np.arange(size))).astype(float)
        return np.asarray(1 - gap * (gap + 1) / (size * (size - 1)))
    return 1 - scaled_distance(coded.numbers(), weights)


def scaled_distance(numbers: FloatArray, weights: str) -> FloatArray:
    """Distances between categories, as shares of the largest; squared for quadratic. Raises ValueError where one is
    without end."""
    if not np.isfinite(numbers).all():
        raise ValueError("weights go by how far categories lie apart: each must be a finite number")
    power = {"linear": 1, "quadratic": 2}
    gap = np.abs(np.subtract.outer(numbers, numbers))
    return np.asarray((gap / gap.max()) ** power[weights])
