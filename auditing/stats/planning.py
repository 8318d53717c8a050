"""How many units to label: before one is."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from auditing.stats.arrays import LARGEST, FloatArray, IntArray
from auditing.stats.finite import hypergeometric_cdf
from auditing.stats.intervals import proportion, tail_probability, wilson_bounds
from auditing.stats.results import Result
from auditing.stats.searching import MOST, least_integer
from auditing.stats.stages import Stage, staged_curve

Likelihood = Literal["binomial", "poisson", "hypergeometric"]
Rounding = Literal["nearest", "up", "down"]
BLOCK = 64  # acceptance numbers tried at a time


@dataclass(frozen=True)
class TwoPointPlan(Result):
    """Inspect n, accept with at most `accept` defective."""

    n: int
    accept: int


def attribute_sample_size(
    materiality: float,
    expected: float = 0.0,
    confidence: float = 0.95,
    likelihood: Likelihood = "binomial",
    population: int | None = None,
) -> int:
    """Smallest sample that shows, if no more errors are found than expected, that the error rate is below
    `materiality`.

    The smallest n with P(at most k errors | rate = materiality) <= 1 - confidence. expected below 1 is a
    rate (k = n * expected, rounded up; kept fractional for poisson, as monetary-unit tables do), from 1 a
    number of errors. hypergeometric takes ceil(materiality * population) errors in a batch of `population`.
    Sources: AICPA Audit Sampling guide, appendices A and C; Touw and Hoogduin (2011). Raises ValueError
    where no sample can show it.

    >>> attribute_sample_size(0.05)
    59
    """
    _check_rates(materiality, expected, confidence)
    tail = 1 - confidence
    if likelihood == "poisson" and expected < 1:
        return _least_poisson(materiality, expected, confidence)
    least = _least_n(materiality, tail, likelihood, population)
    if expected >= 1:
        return _found(int(least(np.array([math.ceil(expected)]))[0]), population)
    for first in range(0, MOST, BLOCK):
        errors = np.arange(first, first + BLOCK)
        sizes = least(errors)
        enough = np.ceil(sizes * expected - 1e-9) <= errors
        if enough.any():
            return _found(int(sizes[enough][0]), population)
        if sizes[0] >= (population or MOST):
            break
    raise ValueError("the expected rate is too near to the materiality: no sample can tell them apart")


def precision_sample_size(precision: float, expected: float = 0.0, confidence: float = 0.95) -> int:
    """Smallest n whose one-sided Clopper-Pearson upper bound lies within `precision` of the rate found, if errors
    are found at the expected rate, rounded up to a whole number (binomial). Raises ValueError where no sample does.
    """
    _check_rates(precision, 0.0, confidence)
    if not 0 <= expected < 1:
        raise ValueError(f"the expected rate must lie between 0 and 1, not {expected}")

    def near(n: int) -> bool:
        errors = math.ceil(n * expected - 1e-9)
        if errors == n:  # the bound is then 1 whatever n is
            return False
        return proportion(errors, n, "clopper-pearson", confidence, "upper").high - errors / n <= precision

    return least_integer(near, waver=math.ceil(1 / expected) if expected > 1 / MOST else 0)


def sample_size_proportion(
    margin: float, share: float = 0.5, confidence: float = 0.95, population: int | None = None
) -> int:
    """n for a two-sided margin on a proportion: Cochran's z^2 p (1 - p) / margin^2, rounded up.

    With a population, with its correction as Krejcie and Morgan (1970): n0 / (1 + (n0 - 1) / N), rounded up.
    Raises ValueError for what is no share or confidence, an empty population, and a margin that no sample reaches.
    """
    if not (0 < margin < 1 and 0 <= share <= 1):
        raise ValueError(f"margin {margin} and share {share} must lie between 0 and 1")
    if population is not None and population < 1:
        raise ValueError(f"a population has at least one unit, not {population}")
    z = float(stats.norm.isf(tail_probability(confidence, "two-sided")))
    n = share * (1 - share) * (z / margin) * (z / margin)
    if math.isinf(n):
        raise ValueError(f"no sample is large enough for a margin of {margin}")
    return math.ceil((n if population is None else n / (1 + (n - 1) / population)) - 1e-9)


def two_point_plan(
    p1: float,
    pa1: float,
    p2: float,
    pa2: float,
    likelihood: Likelihood = "binomial",
    population: int | None = None,
) -> TwoPointPlan:
    """Smallest plan that accepts with probability at least pa1 at error rate p1 and at most pa2 at the worse rate p2.

    For each acceptance number in turn, the smallest n that keeps P(accept | p2) <= pa2; the first that also
    keeps P(accept | p1) >= pa1 is the plan (Guenther 1969). Of a population whose errors are whole numbers, p1
    is the most errors that do not exceed it, p2 the fewest that reach it. Raises ValueError unless p1 < p2 and
    pa1 > pa2, or where no plan exists.
    """
    if not (0 <= p1 < p2 <= 1 and 0 < pa2 < pa1 < 1):
        raise ValueError("need p1 < p2 and pa1 > pa2")
    least = _least_n(p2, pa2, likelihood, population)
    for first in range(0, 100_000, BLOCK):
        accept = np.arange(first, first + BLOCK)
        sizes = least(accept)
        good = _probability(sizes, accept, p1, likelihood, population, "down") >= pa1
        if good.any():
            found = int(np.flatnonzero(good)[0])
            return TwoPointPlan(_found(int(sizes[found]), population), int(accept[found]))
        if sizes[0] >= (population or MOST):
            break
    raise ValueError("no plan meets both points")


def oc_curve(
    n: int,
    c: int,
    p: npt.ArrayLike,
    likelihood: Likelihood = "binomial",
    population: int | None = None,
    rounding: Rounding = "nearest",
) -> FloatArray:
    """Operating characteristic: probability of accepting (at most c errors in n) for each error rate in p,
    same shape as p.

    hypergeometric takes p * population errors in the batch, as a whole number: up for a rate that must not be
    let through, down for one that should pass, as plans are made. Raises ValueError for a rate below 0 or
    above 1 (poisson, which counts errors per unit, may exceed it), and for a sample larger than the
    population.

    >>> oc_curve(20, 0, [0.0, 0.05]).round(4).tolist()
    [1.0, 0.3585]
    """
    rates = np.asarray(p, dtype=float)
    if not ((rates >= 0) & ((rates <= 1) | (likelihood == "poisson"))).all():
        raise ValueError("every error rate must lie between 0 and 1")
    if n < 0 or (likelihood == "hypergeometric" and population is not None and n > population):
        raise ValueError(f"a sample of {n} cannot be drawn from {population} units")
    return _probability(n, c, rates, likelihood, population, rounding)


def oc_curve_double(
    n1: int, accept1: int, reject1: int, n2: int, accept2: int, p: npt.ArrayLike
) -> FloatArray:
    """Operating characteristic of a double-sampling plan (binomial), as `stages.staged_curve` has it.

    Accept with at most accept1 errors in n1, reject from reject1 on; between them draw n2 more and accept
    with at most accept2 errors in all. Raises ValueError for a rate outside 0 to 1 and for no such plan.
    """
    plan = (Stage(n1, accept1, reject1), Stage(n2, accept2, accept2 + 1))
    return staged_curve(plan, p).accepted


def expected_width(n: int, share: float, confidence: float = 0.95, population: int | None = None) -> float:
    """Width of the Wilson interval that a simple random sample of n gives when the share comes out as `share`.

    With a population, with finite population correction; 0 where all of it is labelled. Raises ValueError unless
    n >= 1 and the share lies between 0 and 1.
    """
    if n < 1 or not 0 <= share <= 1:
        raise ValueError(f"need n >= 1 and a share between 0 and 1, not {n} and {share}")
    if population is not None and population < 1:
        raise ValueError(f"a population has at least one unit, not {population}")
    unseen = 1.0 if population is None else 1 - n / population
    if unseen <= 0:
        return 0.0
    low, high = wilson_bounds(
        share, n / unseen, float(stats.norm.isf(tail_probability(confidence, "two-sided")))
    )
    return high - low


def predicted_saving(
    r_squared: float, residual_cv: float = 0.0, n: int | None = None, population: int | None = None
) -> float:
    """How many times fewer human labels a judge makes necessary: (1 + CV^2) / (1 - R^2).

    r_squared: share of the labels' variance that the calibrated judge explains. residual_cv: coefficient of
    variation of the predicted residual spread, for draws in proportion to it (0: uniform draw). With n
    labels of a finite population, the n that would have been needed is held back by the batch's size: 1/n0 =
    (1/n - 1/N) / ratio + 1/N, and the answer is n0 / n. Raises ValueError unless 0 <= r_squared < 1, the
    coefficient is finite and not below 0, and 1 <= n <= population.
    """
    if not (0 <= r_squared < 1 and 0 <= residual_cv <= LARGEST):
        raise ValueError(f"need 0 <= r_squared < 1 and 0 <= residual_cv <= {LARGEST:g}")
    ratio = (1 + residual_cv**2) / (1 - r_squared)
    if n is None or population is None:
        return ratio
    if not 1 <= n <= population:
        raise ValueError(f"need 1 <= n <= population, not {n} and {population}")
    return 1 / ((1 / n - 1 / population) / ratio + 1 / population) / n


def _check_rates(materiality: float, expected: float, confidence: float) -> None:
    if not (0 < materiality < 1 and 0 < confidence < 1 and expected >= 0):
        raise ValueError("materiality and confidence must lie between 0 and 1, and expected not below 0")
    if expected < 1 and expected >= materiality:
        raise ValueError(f"the expected rate {expected} must be below the materiality {materiality}")


def _found(n: int, population: int | None) -> int:
    if n > (population or MOST):
        raise ValueError("no sample is large enough")
    return n


def _least_poisson(materiality: float, expected: float, confidence: float) -> int:
    def shown(n: int) -> bool:
        return bool(stats.gamma.cdf(n * materiality, n * expected + 1) >= confidence)

    return least_integer(shown)


def _least_n(
    rate: float, tail: float, likelihood: Likelihood, population: int | None
) -> Callable[[IntArray], IntArray]:
    """For each number of errors, the smallest n with P(at most so many | rate) <= tail (or one more than there are)."""

    def least(errors: IntArray) -> IntArray:
        high = np.full(len(errors), (population or MOST) + 1)
        low = np.minimum(errors, high - 1)
        while (high - low > 1).any():
            middle = (low + high) // 2
            small = _probability(middle, errors, rate, likelihood, population, "up") <= tail
            low, high = np.where(small, low, middle), np.where(small, middle, high)
        return high

    return least


def _probability(
    n: Any,
    errors: Any,
    rate: Any,
    likelihood: Likelihood,
    population: int | None,
    rounding: Rounding,
) -> FloatArray:
    """P(at most `errors` errors in n units)."""
    if likelihood == "binomial":
        return np.asarray(stats.binom.cdf(errors, n, rate))
    if likelihood == "poisson":
        return np.asarray(stats.poisson.cdf(errors, np.asarray(n) * rate))
    if likelihood != "hypergeometric":
        raise ValueError(f"unknown likelihood {likelihood!r}: use binomial, poisson or hypergeometric")
    if population is None:
        raise ValueError("the hypergeometric likelihood needs the population")
    whole = {"nearest": np.rint, "up": np.ceil, "down": np.floor}[rounding]
    defects = whole(np.round(np.asarray(rate) * population, 9)).astype(int)
    return hypergeometric_cdf(errors, population, defects, n)
