"""What a rule that stops at any time comes to: how often it accepts, and after how many labels, by simulation."""

import math
from dataclasses import dataclass

import numpy as np

from auditing.stats.arrays import BoolArray, FloatArray
from auditing.stats.betting import bets_on, log_gain
from auditing.stats.results import Result
from auditing.stats.sequential import GRID


@dataclass(frozen=True)
class Watching(Result):
    """accepted, rejected: shares of the runs; the rest was clear at no look. labels: the median look at which a run
    was clear, None where half of them or more never were.
    """

    accepted: float
    rejected: float
    labels: int | None


def watching(
    error_rate: float,
    bar: float,
    confidence: float = 0.95,
    most: int = 400,
    *,
    wave: int = 1,
    population: int | None = None,
    runs: int = 400,
    seed: int = 0,
) -> Watching:
    """Accept once `betting_sequence` (two-sided confidence) has its low end at `bar` or above, reject once its high end
    is below: `runs` simulated batches with a share `error_rate` of failing items, looked at after every `wave` labels
    up to `most`.

    An end has passed the bar when the candidate mean beside it is excluded, so only that one is followed. With
    `population`, items are drawn without replacement and the batch holds round(error_rate * population) failing ones.
    Raises ValueError unless 0 <= error_rate <= 1, 0 < bar < 1 and `most` items can be drawn.
    """
    if not (0 <= error_rate <= 1 and 0 < bar < 1 and 0 < confidence < 1 and wave >= 1):
        raise ValueError("need a rate from 0 to 1, and a bar and a confidence between them")
    if most < 1 or most > (population or most):
        raise ValueError(f"{most} labels cannot be drawn from {population} items")
    passed = _drawn(error_rate, most, population, runs, np.random.default_rng(seed))
    alpha = 1 - confidence
    clear = math.log(1 / alpha)
    bets = bets_on(passed, alpha / 2)
    up = _excluded(passed, bets, bar, population, clear, upward=True)
    down = _excluded(passed, bets, bar - 1 / GRID, population, clear, upward=False)
    accepts, rejects = _first_look(up, wave, most), _first_look(down, wave, most)
    accepted = (accepts <= rejects) & np.isfinite(accepts)
    stopped = np.minimum(accepts, rejects)
    middle = float(np.sort(stopped)[runs // 2])
    return Watching(
        float(accepted.mean()),
        float((~accepted & np.isfinite(rejects)).mean()),
        int(middle) if np.isfinite(middle) else None,
    )


def _drawn(rate: float, most: int, population: int | None, runs: int, rng: np.random.Generator) -> FloatArray:
    """Runs x labels: 1 where the item passes."""
    if population is None:
        return (rng.random((runs, most)) >= rate).astype(float)
    failing = np.full(runs, round(rate * population))
    passed = np.empty((runs, most))
    for step in range(most):
        fails = rng.random(runs) * (population - step) < failing
        failing = failing - fails
        passed[:, step] = ~fails
    return passed


def _excluded(
    passed: FloatArray,
    bets: FloatArray,
    candidate: float,
    population: int | None,
    clear: float,
    *,
    upward: bool,
) -> BoolArray:
    """Runs x labels: whether the gambler against this candidate mean has won enough by then."""
    before = np.cumsum(passed, axis=1) - passed
    left = np.arange(passed.shape[1])
    mean = (
        np.full(passed.shape, candidate)
        if population is None
        else (population * candidate - before) / (population - left)
    )
    beyond = mean < 0 if upward else mean > 1
    mean = np.clip(mean, 1e-12, 1 - 1e-12)
    side = 1 if upward else -1
    cap = 0.5 / (mean if upward else 1 - mean)
    wealth = math.log(0.5) + np.cumsum(log_gain(np.minimum(bets, cap) * side * (passed - mean)), axis=1)
    return np.asarray((wealth >= clear) | beyond)


def _first_look(excluded: BoolArray, wave: int, most: int) -> FloatArray:
    """Per run the first look at which the candidate is out, infinity where it never is."""
    first = np.where(excluded.any(axis=1), excluded.argmax(axis=1) + 1, np.inf)
    return np.minimum(np.ceil(first / wave) * wave, np.where(np.isfinite(first), most, np.inf))
