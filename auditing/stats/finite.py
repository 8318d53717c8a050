"""The hypergeometric distribution for whole arrays, quick at any size of the batch."""

from typing import Any

import numpy as np
from scipy import special

from auditing.stats.arrays import FloatArray

NEGLIGIBLE = 1e-18


def hypergeometric_cdf(k: Any, N: Any, D: Any, n: Any) -> FloatArray:
    """P(at most k of n units drawn without replacement are among the D of N); arguments broadcast.

    NaN where the sample or the defects would exceed the batch, or a number of units is below 0.

    The smaller tail is summed from its largest term by the ratio of neighbouring terms, exact to about 1e-10.
    """
    k, N, D, n = (np.array(one, dtype=float) for one in np.broadcast_arrays(k, N, D, n))
    least, most = np.maximum(0, n - (N - D)), np.minimum(n, D)
    possible = (n >= 0) & (n <= N) & (D >= 0) & (D <= N)
    inside = (k >= least) & (k < most) & possible
    below = k < n * D / np.maximum(N, 1)
    start = np.where(inside, np.where(below, k, k + 1), 0.0)
    # the impossible ones would leave the logarithm's range
    batch, bad, drawn = (np.where(inside, one, 1.0) for one in (N, D, n))
    tail = _chance(start, batch, bad, drawn) * _relative_tail(start, batch, bad, drawn, below, least, most)
    chance = np.clip(np.where(inside, np.where(below, tail, 1 - tail), (k >= most).astype(float)), 0.0, 1.0)
    return np.where(possible, chance, np.nan)


def _relative_tail(
    start: FloatArray,
    N: FloatArray,
    D: FloatArray,
    n: FloatArray,
    below: Any,
    least: FloatArray,
    most: FloatArray,
) -> FloatArray:
    """The tail from `start` on (downwards where `below`, else upwards), in units of its first term."""
    term, total, i = np.ones_like(start), np.ones_like(start), start.copy()
    going = np.ones(start.shape, dtype=bool)
    while going.any():
        down = i * (N - D - n + i) / np.maximum((D - i + 1) * (n - i + 1), 1)
        up = (D - i) * (n - i) / np.maximum((i + 1) * (N - D - n + i + 1), 1)
        term = np.where(going, term * np.where(below, down, up), 0.0)
        total = total + term
        i = i + np.where(below, -1, 1)
        going = (i > least) & (i < most) & (term > NEGLIGIBLE * total)
    return total


def _chance(i: FloatArray, N: FloatArray, D: FloatArray, n: FloatArray) -> FloatArray:
    return np.exp(_log_choose(D, i) + _log_choose(N - D, n - i) - _log_choose(N, n))


def _log_choose(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(-special.betaln(a - b + 1, b + 1) - np.log1p(a))
