"""Intervals for one proportion.

Wilson is for display, Clopper-Pearson for compliance; Wald is never offered. Every interval names its side,
because 0 errors in 59 is 4.95 % one-sided and 6.06 % two-sided at 95 %.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from scipy import stats

from auditing.stats.results import Result

Side = Literal["two-sided", "lower", "upper"]
ProportionMethod = Literal["wilson", "clopper-pearson", "jeffreys"]


@dataclass(frozen=True)
class Interval(Result):
    """A proportion with its interval. `lower` and `upper` sides bound one end only; the other is 0 or 1."""

    estimate: float
    low: float
    high: float
    n: float
    confidence: float
    method: str
    side: str


def proportion(
    k: float,
    n: float,
    method: ProportionMethod = "wilson",
    confidence: float = 0.95,
    side: Side = "two-sided",
) -> Interval:
    """Interval for k successes in n trials; both may be fractional (weighted or effective counts).

    wilson: inverted score test, Wilson (1927). clopper-pearson: inverted binomial tails, Clopper and Pearson
    (1934). jeffreys: equal-tailed Beta(k + 1/2, n - k + 1/2) quantiles, Brown, Cai and DasGupta (2001), ends
    not pulled to 0 or 1. Raises ValueError unless 0 <= k <= n, n > 0, 0 < confidence < 1 and method and side
    are known.
    """
    _check_counts(k, n)
    tail = tail_probability(confidence, side)
    bounds = {"wilson": _wilson, "clopper-pearson": clopper_pearson_bounds, "jeffreys": _jeffreys}
    if method not in bounds:
        raise ValueError(f"unknown method {method!r}: use one of {', '.join(bounds)}")
    low, high = bounds[method](k, n, tail)
    return Interval(k / n, *one_sided(low, high, side), n, confidence, method, side)


def hypergeometric(k: int, n: int, N: int, confidence: float = 0.95, side: Side = "two-sided") -> Interval:
    """Exact interval for the share of defects in a finite batch: k found in n drawn without replacement from
    N.

    The bounds are the smallest and largest numbers of defects D in the batch that the hypergeometric tail
    tests do not reject (Buonaccorsi 1987), as shares D / N. Raises ValueError unless 0 <= k <= n <= N, all whole.
    """
    _check_counts(k, n)
    if k != int(k) or n != int(n) or int(N) != N:
        raise ValueError(f"units are counted in whole numbers, not k={k}, n={n}, N={N}")
    if n > N:
        raise ValueError(f"the sample ({n}) is larger than the batch ({N})")
    tail = tail_probability(confidence, side)
    high = _last_true(k, N - n + k, lambda defects: stats.hypergeom.cdf(k, N, defects, n) > tail)
    low = N - _last_true(n - k, N - k, lambda sound: stats.hypergeom.sf(k - 1, N, N - sound, n) > tail)
    return Interval(k / n, *one_sided(low / N, high / N, side), n, confidence, "hypergeometric", side)


def tail_probability(confidence: float, side: Side) -> float:
    """The probability left in one tail at this confidence and side."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    if side not in ("two-sided", "lower", "upper"):
        raise ValueError(f"unknown side {side!r}: use two-sided, lower or upper")
    return (1 - confidence) / 2 if side == "two-sided" else 1 - confidence


def one_sided(
    low: float, high: float, side: Side, bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[float, float]:
    """Replace the end that a one-sided interval does not bound."""
    return (bounds[0] if side == "upper" else low, bounds[1] if side == "lower" else high)


def _check_counts(k: float, n: float) -> None:
    if not (0 < n < math.inf and 0 <= k <= n):
        raise ValueError(f"need 0 <= k <= n and n > 0, not k={k}, n={n}")


def _wilson(k: float, n: float, tail: float) -> tuple[float, float]:
    return wilson_bounds(k / n, n, float(stats.norm.isf(tail)))


def wilson_bounds(p: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's score bounds around the share p of n at the normal quantile z."""
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (0.0 if p == 0 else max(0.0, centre - half), 1.0 if p == 1 else min(1.0, centre + half))


def clopper_pearson_bounds(k: float, n: float, tail: float) -> tuple[float, float]:
    """Clopper and Pearson's exact bounds for k of n (either may be fractional), `tail` being left beyond each."""
    low = 0.0 if k == 0 else float(stats.beta.ppf(tail, k, n - k + 1))
    high = 1.0 if k == n else float(stats.beta.isf(tail, k + 1, n - k))
    return low, high


def _jeffreys(k: float, n: float, tail: float) -> tuple[float, float]:
    posterior = stats.beta(k + 0.5, n - k + 0.5)
    return float(posterior.ppf(tail)), float(posterior.isf(tail))


def _last_true(first: int, last: int, holds: Callable[[int], bool]) -> int:
    """The largest integer in first..last for which `holds`, which is true at first and turns false once."""
    while first < last:
        middle = (first + last + 1) // 2
        first, last = (middle, last) if holds(middle) else (first, middle - 1)
    return first
