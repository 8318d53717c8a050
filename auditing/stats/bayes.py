"""Bayesian planning and evaluation of an error rate: what earlier knowledge is worth in units not inspected.

A prior is a pair of numbers. For the binomial likelihood it is Beta(a, b): a - 1 errors in a + b - 2 units seen
before. For the Poisson likelihood it is Gamma(a, b): a - 1 errors in b units. For the hypergeometric likelihood it
is Beta(a, b) for the process that made the batch, and the answer concerns the batch itself (beta-binomial).
(1, 1) knows nothing. Source: Derks, de Swart, Wagenmakers, Wille and Wetzels (2021), Bayesian auditing.
"""

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from auditing.stats.intervals import Interval, Side, one_sided, tail_probability
from auditing.stats.searching import least_integer

Likelihood = Literal["binomial", "poisson", "hypergeometric"]
Prior = tuple[float, float]
FLAT: Prior = (1.0, 1.0)
LARGEST_LOG = math.log(sys.float_info.max)


def posterior_interval(
    k: float,
    n: float,
    prior: Prior = FLAT,
    confidence: float = 0.95,
    side: Side = "two-sided",
    likelihood: Likelihood = "binomial",
    population: int | None = None,
) -> Interval:
    """Equal-tailed credible interval of the error rate after k errors in n units; the estimate is its mean.

    Raises ValueError unless 0 <= k <= n (k >= 0 for poisson), both numbers of the prior are positive, and the
    hypergeometric likelihood has a population of at least n.

    >>> round(posterior_interval(0, 60, side="upper").high, 4)
    0.0479
    """
    tail = tail_probability(confidence, side)
    rate = _posterior(k, n, prior, likelihood, population)
    low, high = one_sided(rate.quantile(tail), rate.quantile(1 - tail), side)
    a, b = prior
    name = f"posterior, {likelihood}, {'gamma' if likelihood == 'poisson' else 'beta'}({a:g}, {b:g}) prior"
    return Interval(rate.mean, low, high, n, confidence, name, side)


def bayesian_sample_size(
    materiality: float | None = None,
    expected: float = 0.0,
    confidence: float = 0.95,
    likelihood: Likelihood = "binomial",
    prior: Prior = FLAT,
    *,
    precision: float | None = None,
    population: int | None = None,
) -> int:
    """Smallest n after which, with no more errors than expected, the upper credible bound lies below
    `materiality` and, where `precision` is given, at most so far above the most likely rate.

    expected below 1 is a rate (its errors n * expected stay fractional, but whole for hypergeometric), from 1
    a number of errors. Raises ValueError without a goal, and where no sample reaches it.

    >>> bayesian_sample_size(0.03, prior=(1, 10))
    89
    """
    if materiality is None and precision is None:
        raise ValueError("give a materiality, a precision, or both")
    for goal in (materiality, precision):
        if goal is not None and not 0 < goal < 1:
            raise ValueError(f"materiality and precision lie between 0 and 1, not {goal}")
    if expected < 0 or (expected < 1 and materiality is not None and expected >= materiality):
        raise ValueError(f"expected must be at least 0 and, as a rate, below the materiality: {expected}")

    def enough(n: int) -> bool:
        errors = n * expected if expected < 1 else expected
        errors = math.ceil(errors - 1e-9) if likelihood == "hypergeometric" else errors
        if errors > n:
            return False
        rate = _posterior(errors, n, prior, likelihood, population)
        bound = rate.quantile(confidence)
        return bound < (materiality or 2) and bound - rate.mode <= (precision or 2)

    tail_probability(confidence, "upper")
    whole = likelihood == "hypergeometric" and 0 < expected < 1
    first = 1 if expected < 1 else math.ceil(expected)
    return least_integer(enough, first, population, waver=math.ceil(1 / expected) if whole else 0)


def impartial_prior(materiality: float) -> Prior:
    """The Beta(1, b) prior that holds errors above and below `materiality` equally likely: b = ln .5 / ln(1 - m)."""
    if not 0 < materiality < 1:
        raise ValueError(f"materiality lies between 0 and 1, not {materiality}")
    b = math.log(0.5) / math.log1p(-materiality)
    if math.isinf(b):
        raise ValueError(f"materiality {materiality} is too small: no prior's number could hold it")
    return 1.0, b


def bayes_factor(
    k: float, n: float, materiality: float, prior: Prior = FLAT, likelihood: Likelihood = "binomial"
) -> float:
    """How many times likelier the sample has made it that the error rate lies below `materiality`.

    Posterior odds over prior odds. 1 is no evidence, 10 is often called strong, and below 1 it speaks for too
    many errors; inf where the odds exceed what a number can hold. Raises ValueError for a prior that leaves no
    doubt, and for what `posterior_interval` refuses.

    >>> round(bayes_factor(1, 50, 0.05, impartial_prior(0.05)), 4)
    4.9852
    """
    if not 0 < materiality < 1:
        raise ValueError(f"materiality lies between 0 and 1, not {materiality}")
    before, after = _distribution(0, 0, prior, likelihood), _distribution(k, n, prior, likelihood)
    prior_odds = _log_odds(before, materiality)
    if math.isinf(prior_odds):
        raise ValueError(f"the prior {prior} leaves no doubt on which side of {materiality} the rate lies")
    gain = _log_odds(after, materiality) - prior_odds
    return math.exp(gain) if gain < LARGEST_LOG else math.inf


def _log_odds(rate: Any, materiality: float) -> float:
    """The logarithm of the odds that the rate lies below; infinite where one side has no measurable probability."""
    with np.errstate(divide="ignore"):
        below, above = float(rate.logcdf(materiality)), float(rate.logsf(materiality))
    return below - above


@dataclass(frozen=True)
class _Posterior:
    """Quantiles, mean and mode of a rate, whatever its distribution counts."""

    quantile: Callable[[float], float]
    mean: float
    mode: float


def _posterior(
    k: float, n: float, prior: Prior, likelihood: Likelihood, population: int | None
) -> _Posterior:
    a, b = prior
    if likelihood != "hypergeometric":
        rate = _distribution(k, n, prior, likelihood)
        return _Posterior(lambda q: float(rate.ppf(q)), float(rate.mean()), _mode(k, n, prior, likelihood))
    if population is None or population < n:
        raise ValueError("the hypergeometric likelihood needs the population, at least as large as n")
    _check(k, n, prior, likelihood)
    if population == n:
        return _Posterior(lambda q: k / n, k / n, k / n)
    rest = stats.betabinom(int(population - n), a + k, b + n - k)
    most = (k + (population - n) * _mode(k, n, prior, "binomial")) / population
    mean = (k + float(rest.mean())) / population
    return _Posterior(lambda q: (k + float(rest.ppf(q))) / population, mean, most)


def _distribution(k: float, n: float, prior: Prior, likelihood: Likelihood) -> Any:
    _check(k, n, prior, likelihood)
    a, b = prior
    if likelihood == "poisson":
        return stats.gamma(a + k, scale=1 / (b + n))
    return stats.beta(a + k, b + n - k)


def _check(k: float, n: float, prior: Prior, likelihood: Likelihood) -> None:
    if likelihood not in ("binomial", "poisson", "hypergeometric"):
        raise ValueError(f"unknown likelihood {likelihood!r}: use binomial, poisson or hypergeometric")
    if not (k >= 0 and 0 <= n < math.inf and (k < math.inf if likelihood == "poisson" else k <= n)):
        raise ValueError(f"need 0 <= k <= n, not k={k}, n={n}")
    if not all(0 < number < math.inf for number in prior):
        raise ValueError(f"both numbers of a prior are positive, not {prior}")


def _mode(k: float, n: float, prior: Prior, likelihood: Likelihood) -> float:
    a, b = prior[0] + k, prior[1] + n
    if likelihood == "poisson":
        return max(0.0, a - 1) / b
    b -= k
    if a <= 1:
        return 0.0 if b > 1 else 0.5
    return (a - 1) / (a + b - 2) if b > 1 else 1.0
