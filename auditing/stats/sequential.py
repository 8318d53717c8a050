"""Stopping at any time, validly: confidence sequences, an e-process, and Wald's sequential plan.

An interval of fixed n that is watched from 30 to 1,000 labels excludes the truth at some time in 44 % of
audits. A confidence sequence holds at all times together: look after every label, stop when it decides.
Labels come in random order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditing.stats.arrays import BoolArray, FloatArray
from auditing.stats.betting import bets_on, log_gain
from auditing.stats.intervals import tail_probability
from auditing.stats.results import Result

GRID = 1000  # candidate means per confidence sequence


@dataclass(frozen=True)
class ConfidenceSequence(Result):
    """Interval ends after each label, on the scale of the labels; `confidence` holds for all of them together."""

    low: FloatArray
    high: FloatArray
    n: int
    confidence: float
    method: str


@dataclass(frozen=True)
class SequentialPlan(Result):
    """Wald's lines: after n labels accept with at most slope * n - accept errors, reject from slope * n + reject on."""

    accept: float
    reject: float
    slope: float


def hoeffding_sequence(
    values: Sequence[float],
    confidence: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
    running_intersection: bool = True,
) -> ConfidenceSequence:
    """Predictably mixed Hoeffding confidence sequence for the mean (Waudby-Smith and Ramdas 2024, section 3.1).

    With weights l_t = min(1, sqrt(8 ln(2/alpha) / (t ln(t + 1)))): sum l x / sum l +- (ln(2/alpha) + sum l^2
    / 8) / sum l. Simple and wide; `betting_sequence` is narrower. running_intersection keeps the best ends
    so far, which stays valid. Raises ValueError without a label, for one outside the bounds, bounds that are not
    two finite numbers in order, and a confidence outside 0 to 1.
    """
    x, alpha = _scaled(values, bounds), tail_probability(confidence, "upper")
    t = np.arange(1, len(x) + 1)
    weights = np.minimum(1, np.sqrt(8 * math.log(2 / alpha) / (t * np.log(t + 1))))
    total = np.cumsum(weights)
    centre, margin = np.cumsum(weights * x) / total, (math.log(2 / alpha) + np.cumsum(weights**2) / 8) / total
    low, high = np.maximum(0, centre - margin), np.minimum(1, centre + margin)
    return _sequence(low, high, bounds, confidence, running_intersection, "Hoeffding, predictably mixed")


def betting_sequence(
    values: Sequence[float],
    confidence: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
    population: int | None = None,
    running_intersection: bool = True,
) -> ConfidenceSequence:
    """Betting confidence sequence for the mean (Waudby-Smith and Ramdas 2024, sections 4 and 5).

    For every candidate mean, two gamblers bet that the truth is higher or lower; a candidate is excluded
    while either has multiplied half a unit to 1/alpha. Bets are the predictable empirical-Bernstein ones,
    kept below half of ruin. With `population` the labels are drawn without replacement from a batch of that
    size, and the sequence is for the batch's mean. Raises ValueError as `hoeffding_sequence` does, and for more
    labels than the batch has items.
    """
    x, alpha = _scaled(values, bounds), tail_probability(confidence, "upper")
    if population is not None and len(x) > population:
        raise ValueError(f"{len(x)} labels cannot come from {population} items")
    candidates = np.arange(GRID + 1) / GRID
    wealth_up, wealth_down = np.full(GRID + 1, math.log(0.5)), np.full(GRID + 1, math.log(0.5))
    low, high, seen = np.empty(len(x)), np.empty(len(x)), 0.0
    for step, (value, bet) in enumerate(zip(x, bets_on(x, alpha / 2), strict=True)):
        mean, possible = _remaining(candidates, seen, step, population)
        wealth_up += log_gain(np.minimum(bet, 0.5 / np.maximum(mean, 1e-12)) * (value - mean))
        wealth_down += log_gain(np.minimum(bet, 0.5 / np.maximum(1 - mean, 1e-12)) * (mean - value))
        seen += value
        left = candidates[possible & (np.maximum(wealth_up, wealth_down) < math.log(1 / alpha))]
        low[step], high[step] = (left[0], left[-1]) if len(left) else (seen / (step + 1),) * 2
    low, high = np.maximum(0, low - 1 / GRID), np.minimum(1, high + 1 / GRID)
    name = "betting" if population is None else "betting, without replacement"
    return _sequence(low, high, bounds, confidence, running_intersection, name)


def e_process(
    values: Sequence[float],
    mean_at_most: float,
    bounds: tuple[float, float] = (0.0, 1.0),
    alpha: float = 0.05,
) -> FloatArray:
    """Evidence after each label against the claim that the mean is at most so much: reject once it reaches 1 / alpha.

    Wealth of a gambler who bets on a higher mean; under the claim it reaches 1/alpha with probability at
    most alpha (Ville). Lends itself to drift alarms on a frozen anchor set. alpha only tunes the bets. Evidence
    beyond what a number can hold is inf. Raises ValueError as `hoeffding_sequence` does.
    """
    x = _scaled(values, bounds)
    mean = (mean_at_most - bounds[0]) / (bounds[1] - bounds[0])
    if not (0 <= mean <= 1 and 0 < alpha < 1):
        raise ValueError(f"need a mean within {bounds} and alpha between 0 and 1: {mean_at_most}, {alpha}")
    bets = np.minimum(bets_on(x, alpha), 0.5 / max(mean, 1e-12))
    with np.errstate(over="ignore"):
        return np.exp(np.cumsum(log_gain(bets * (x - mean))))


def sequential_plan(p1: float, p2: float, alpha: float, beta: float) -> SequentialPlan:
    """Wald's sequential probability ratio test (1947) of a good error rate p1 against a bad one p2.

    alpha: risk of rejecting at p1; beta: risk of accepting at p2.
    """
    if not (0 < p1 < p2 < 1 and 0 < alpha < 1 and 0 < beta < 1 and alpha + beta < 1):
        raise ValueError("need 0 < p1 < p2 < 1 and risks that add up to less than 1")
    unit = math.log(p2 * (1 - p1) / (p1 * (1 - p2)))
    return SequentialPlan(
        accept=math.log((1 - alpha) / beta) / unit,
        reject=math.log((1 - beta) / alpha) / unit,
        slope=math.log((1 - p1) / (1 - p2)) / unit,
    )


def _scaled(values: Sequence[float], bounds: tuple[float, float]) -> FloatArray:
    width = bounds[1] - bounds[0]
    if not 0 < width < math.inf:
        raise ValueError(f"bounds must be two finite numbers in order, not {bounds}")
    x = (np.asarray(values, dtype=float) - bounds[0]) / width
    if len(x) == 0 or not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"need at least one label, and all within {bounds}")
    return x


def _remaining(
    candidates: FloatArray, seen: float, step: int, population: int | None
) -> tuple[FloatArray, BoolArray]:
    """The mean of what is left to draw if the batch's mean is the candidate, and whether that is possible."""
    if population is None:
        return candidates, np.ones(len(candidates), dtype=bool)
    mean = (population * candidates - seen) / (population - step)
    slack = 0.5 / GRID * population / (population - step)
    return np.clip(mean, 0, 1), (mean >= -slack) & (mean <= 1 + slack)


def _sequence(
    low: FloatArray,
    high: FloatArray,
    bounds: tuple[float, float],
    confidence: float,
    running_intersection: bool,
    method: str,
) -> ConfidenceSequence:
    if running_intersection:
        low, high = np.maximum.accumulate(low), np.minimum.accumulate(high)
    width = bounds[1] - bounds[0]
    return ConfidenceSequence(bounds[0] + width * low, bounds[0] + width * high, len(low), confidence, method)
