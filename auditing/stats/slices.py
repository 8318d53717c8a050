"""Many slices of one batch: estimates that borrow strength from one another, and which slices stand out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, special, stats

from auditing.stats.arrays import BoolArray, FloatArray, measured
from auditing.stats.comparisons import adjust_p_values
from auditing.stats.results import Result

PRIOR_LABELS = 2.0  # labels' worth of the overall rate in the variance of a slice's rate


@dataclass(frozen=True)
class Pooled(Result):
    """Partially pooled means of slices, one entry per slice.

    centre: the mean they are drawn to; between: their own variance around it, sampling error taken off. weights:
    how much of each slice's estimate is its own. The intervals hold on average over the slices, not for each.
    """

    estimates: FloatArray
    low: FloatArray
    high: FloatArray
    weights: FloatArray
    centre: float
    between: float
    confidence: float
    method: str


@dataclass(frozen=True)
class StandingOut(Result):
    """How far each slice lies from all the others, with p-values adjusted for their number, and which stand out."""

    difference: FloatArray
    p_values: FloatArray
    adjusted: FloatArray
    stands_out: BoolArray
    method: str


def pool_slices(
    estimates: Sequence[float], standard_errors: Sequence[float], confidence: float = 0.95
) -> Pooled:
    """Draw each slice's estimate towards the mean of all, by as much as its own error is large.

    estimates, standard_errors: one per slice, errors independent and above 0 (`rate_error` for shares of few labels).
    Weight A / (A + v) of Fay and Herriot (1979); A by moments, kept above 0 as in Armstrong, Kolesar and
    Plagborg-Moller (2022), whose robust intervals these are: they cover `confidence` of the slices on average
    whatever distribution the slices' true means have, where the usual empirical-Bayes interval needs a normal one.
    Raises ValueError with fewer than 3 slices or an error that is not above 0.

    >>> found = pool_slices([0.9, 0.8, 0.85, 0.4], [0.02, 0.02, 0.02, 0.2])
    >>> [round(float(value), 2) for value in found.estimates]
    [0.89, 0.81, 0.85, 0.82]
    """
    direct, v = measured(estimates), measured(standard_errors) ** 2
    if len(direct) != len(v) or len(direct) < 3:
        raise ValueError(f"need three slices or more, each with an error, not {len(direct)} and {len(v)}")
    if not (v > 0).all():
        raise ValueError("every slice needs an estimate and an error above 0")
    centre, between = _centre_and_between(direct, v)
    weights = between / (between + v)
    reach = np.array([_critical(float(ratio), 1 - confidence) for ratio in v / between])
    margin = reach * weights * np.sqrt(v)
    pooled = centre + weights * (direct - centre)
    return Pooled(
        estimates=pooled,
        low=pooled - margin,
        high=pooled + margin,
        weights=weights,
        centre=centre,
        between=between,
        confidence=confidence,
        method="Fay-Herriot shrinkage, robust empirical-Bayes intervals",
    )


def _centre_and_between(direct: FloatArray, v: FloatArray) -> tuple[float, float]:
    """Precision-weighted mean, and the moment estimate of the variance between slices, bounded away from 0."""
    weights = 1 / v
    centre = float(weights @ direct / weights.sum())
    excess = float(weights @ ((direct - centre) ** 2 - v) / weights.sum())
    least = 2 * float((weights**2 * v**2).sum()) / float(weights.sum() * (weights @ v))
    between = max(excess, least)
    weights = 1 / (v + between)
    return float(weights @ direct / weights.sum()), between


def _critical(bias2: float, level: float) -> float:
    """How many standard errors reach `1 - level` on average when the squared bias is `bias2` on average."""
    high = 10.0
    while _worst_miss(bias2, high) > level:
        high *= 2
    return float(optimize.brentq(lambda reach: _worst_miss(bias2, reach) - level, 1e-6, high, xtol=1e-6))


def _worst_miss(bias2: float, reach: float) -> float:
    """The largest mean chance to miss over biases of mean square `bias2`: the least concave cover of the chance."""
    if reach**2 < 3:  # concave from the start
        return _miss(bias2, reach)
    touch = optimize.minimize_scalar(
        lambda t: (_miss(0, reach) - _miss(t, reach)) / t, bounds=(1e-9, (reach + 5) ** 2), method="bounded"
    ).x
    if bias2 >= touch:
        return _miss(bias2, reach)
    start = _miss(0, reach)
    return start + bias2 / touch * (_miss(touch, reach) - start)


def _miss(bias2: float, reach: float) -> float:
    bias = math.sqrt(bias2)
    return float(special.ndtr(bias - reach) + special.ndtr(-bias - reach))


def rate_error(k: Any, n: Any, population: Any = None) -> FloatArray:
    """Standard error of each slice's share k / n: from the share drawn to the overall one by two labels.

    population: items in each slice, for the finite population correction; 0 only where all of them are labelled,
    and such a slice has nothing to borrow from others. Raises ValueError unless 0 <= k <= n <= population.
    """
    found, counts = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    if not ((counts > 0) & (found >= 0) & (found <= counts)).all():
        raise ValueError("need 0 <= k <= n and n > 0 in every slice")
    size = np.full_like(counts, np.inf) if population is None else np.asarray(population, dtype=float)
    if not (size >= counts).all():
        raise ValueError("no slice can have more labels than items")
    overall = (found.sum() + 1) / (counts.sum() + 2)
    share = (found + PRIOR_LABELS * overall) / (counts + PRIOR_LABELS)
    return np.asarray(np.sqrt(share * (1 - share) / counts * (1 - counts / size)))


def standing_out(
    estimates: Sequence[float],
    standard_errors: Sequence[float],
    shares: Sequence[float],
    level: float = 0.05,
) -> StandingOut:
    """Which slices differ from the rest of the batch, at a false discovery rate of `level` over all of them.

    shares: each slice's share of the batch. Two-sided normal tests of a slice against the weighted mean of the others;
    a slice stands against others that contain it, so the p-values depend on one another: Benjamini and Yekutieli's
    correction (2001), which holds under any dependence. Raises ValueError for fewer than two slices, and for an
    error or a share that is not above 0.
    """
    direct, v, weights = measured(estimates), measured(standard_errors) ** 2, measured(shares)
    if len({len(direct), len(v), len(weights)}) > 1 or len(direct) < 2:
        raise ValueError("need two slices or more, each with an error and a share")
    if not ((v > 0).all() and (weights > 0).all()):
        raise ValueError("every slice needs an estimate, an error above 0 and a share above 0")
    weights = weights / weights.sum()
    if not (weights < 1).all():
        raise ValueError("one slice is all of the batch: nothing is left to hold it against")
    others = (weights @ direct - weights * direct) / (1 - weights)
    error2 = v + (weights**2 @ v - weights**2 * v) / (1 - weights) ** 2
    p_values = np.asarray(2 * stats.norm.sf(np.abs(direct - others) / np.sqrt(error2)))
    found = adjust_p_values(p_values.tolist(), level, "by")
    return StandingOut(
        direct - others, p_values, found.adjusted, found.rejected, "against all others, Benjamini-Yekutieli"
    )
