"""Can a stated probability be believed: reliability curve, Brier score, expected calibration error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.intervals import proportion, tail_probability
from auditing.stats.results import Result


@dataclass(frozen=True)
class ReliabilityBin(Result):
    """One bin of the curve: the mean stated probability beside the share that came true, with Wilson's interval."""

    stated: float
    observed: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class CalibrationError(Result):
    """Expected calibration error with a percentile bootstrap interval over the items."""

    value: float
    low: float
    high: float
    n: int
    confidence: float
    method: str


def brier(outcomes: Sequence[float], probabilities: Sequence[float]) -> float:
    """Mean squared distance of probabilities from 0/1 outcomes (Brier 1950); 0 is best."""
    y, p = _checked(outcomes, probabilities)
    return float(((p - y) ** 2).mean())


def reliability_curve(
    outcomes: Sequence[float], probabilities: Sequence[float], bins: int = 10, confidence: float = 0.95
) -> tuple[ReliabilityBin, ...]:
    """The bins of equal width (low, high] that hold an item, in order of probability."""
    y, p = _checked(outcomes, probabilities, bins)
    position = _bins(p, bins)
    return tuple(
        _reliability(y[position == bin_], p[position == bin_], confidence) for bin_ in np.unique(position)
    )


def expected_calibration_error(
    outcomes: Sequence[float],
    probabilities: Sequence[float],
    bins: int = 10,
    confidence: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> CalibrationError:
    """Mean over items of |stated - observed| in their bin of equal width (low, high] (Naeini 2015, Guo 2017).

    The estimate is biased upwards when bins hold few items, and its interval with it: compare only at equal n and bins.
    """
    y, p = _checked(outcomes, probabilities, bins)
    tail = tail_probability(confidence, "two-sided")
    position, gap = _bins(p, bins), p - y
    gaps = np.bincount(position, weights=gap, minlength=bins)
    rng = np.random.default_rng(seed)
    values = np.empty(resamples)
    for place in range(resamples):  # one at a time: all together would take resamples x items of memory
        drawn = rng.integers(len(y), size=len(y))
        values[place] = np.abs(np.bincount(position[drawn], weights=gap[drawn], minlength=bins)).sum()
    low, high = np.quantile(values / len(y), [tail, 1 - tail])
    method = f"expected calibration error, {bins} bins of equal width"
    return CalibrationError(
        float(np.abs(gaps).sum() / len(y)), float(low), float(high), len(y), confidence, method
    )


def _checked(
    outcomes: Sequence[float], probabilities: Sequence[float], bins: int = 1
) -> tuple[FloatArray, FloatArray]:
    y, p = np.asarray(outcomes, dtype=float), np.asarray(probabilities, dtype=float)
    if len(y) != len(p) or len(y) == 0:
        raise ValueError(f"need as many probabilities as outcomes, and at least one: {len(p)} and {len(y)}")
    if not np.isin(y, (0, 1)).all() or not ((p >= 0) & (p <= 1)).all():
        raise ValueError("outcomes must be 0 or 1, and probabilities lie between them")
    if bins < 1:
        raise ValueError(f"need at least one bin, not {bins}")
    return y, p


def _bins(p: FloatArray, bins: int) -> IntArray:
    """Bin of equal width per probability; an end belongs to the bin below it, 0 to the first."""
    return np.clip(np.ceil(p * bins - 1e-12).astype(np.int64) - 1, 0, bins - 1)


def _reliability(y: FloatArray, p: FloatArray, confidence: float) -> ReliabilityBin:
    interval = proportion(float(y.sum()), len(y), "wilson", confidence)
    return ReliabilityBin(float(p.mean()), interval.estimate, interval.low, interval.high, len(y))
