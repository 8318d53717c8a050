"""What many replayed audits say of a method: labels saved, coverage, width.

The ratio of labels saved is n0 / n, n0 being the simple random sample of human labels that says as much as the
method's n: by error, the n0 with the same mean squared error, S^2 (1 / n0 - 1 / N); by width, the n0 whose human-only
interval has the same mean width. Both count the batch's size N: a method that needs 1 / `ratio` of the labels in an
endless batch needs 1/n = (1/n0 - 1/N) * ratio + 1/N in this one. The smaller of the two is the one to quote.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import stats

from auditing.stats.intervals import wilson_bounds
from benchmarks.label_efficiency.worlds import World


@dataclass(frozen=True)
class Replays:
    """Replays of one method on one batch. error2 is in units of the labels' variance; below: the truth lay below the
    interval, the side on which a bad batch passes; n0_width a sample size.
    """

    n: int
    size: int
    error2: np.ndarray
    covered: np.ndarray
    below: np.ndarray
    width: np.ndarray
    n0_width: float


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    n: int
    size: int
    by_error: float
    by_width: float
    coverage: float
    coverage_error: float
    below: float
    width: float
    repetitions: int


def replays(batch: World, n: int, estimates: np.ndarray) -> Replays:
    """From repetitions x (estimate, low, high)."""
    truth = batch.labels.mean()
    estimate, low, high = estimates.T
    width = high - low
    return Replays(
        n=n,
        size=len(batch.labels),
        error2=(estimate - truth) ** 2 / batch.labels.var(ddof=1),
        covered=(low <= truth) & (truth <= high),
        below=truth < low,
        width=width,
        n0_width=equal_width(batch.labels, float(width.mean())),
    )


def equal_width(labels: np.ndarray, width: float) -> float:
    """The simple random sample whose human-only interval has this mean width (bisection; not rounded)."""
    low, high = 2.0, float(len(labels))
    for _ in range(60):
        middle = (low + high) / 2
        if human_width(labels, middle) > width:
            low = middle
        else:
            high = middle
    return low


def human_width(labels: np.ndarray, n: float) -> float:
    """Width of the human-only 95 % interval from n of these labels: Wilson for 0/1 labels, Student t for others."""
    unseen = 1 - n / len(labels)
    if unseen <= 0:
        return 0.0
    if np.isin(labels, (0, 1)).all():
        ends = wilson_bounds(float(labels.mean()), n / unseen, float(stats.norm.isf(0.025)))
        return ends[1] - ends[0]
    return 2 * float(stats.t.isf(0.025, n - 1)) * float(labels.std(ddof=1)) * math.sqrt(unseen / n)


def row(parts: list[Replays]) -> Row:
    """One line from the replays of a method on several batches of one kind."""
    n, size = parts[0].n, float(np.mean([part.size for part in parts]))
    covered = np.concatenate([part.covered for part in parts])
    coverage = float(covered.mean())
    by_error = 1 / (float(np.concatenate([part.error2 for part in parts]).mean()) + 1 / size)
    by_width = 1 / float(np.mean([1 / part.n0_width for part in parts]))
    return Row(
        n=n,
        size=round(size),
        by_error=by_error / n,
        by_width=by_width / n,
        coverage=coverage,
        coverage_error=math.sqrt(max(coverage * (1 - coverage), 1e-9) / len(covered)),
        below=float(np.concatenate([part.below for part in parts]).mean()),
        width=float(np.concatenate([part.width for part in parts]).mean()),
        repetitions=len(covered),
    )
