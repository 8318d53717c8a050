"""Upper bounds on error in monetary-unit samples."""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from auditing.stats.arrays import FloatArray
from auditing.stats.intervals import proportion, tail_probability


def poisson_upper_bound(k: float, n: int, confidence: float = 0.95) -> float:
    """One-sided upper bound of an error rate from k errors in n units: Gamma(k + 1) quantile / n (Garwood 1936)."""
    tail_probability(confidence, "upper")
    if not (1 <= n < np.inf and 0 <= k < np.inf):
        raise ValueError(f"need n >= 1 and k >= 0, not k={k}, n={n}")
    return float(stats.gamma.ppf(confidence, k + 1) / n)


def stringer_bound(taints: Sequence[float], n: int, confidence: float = 0.95) -> float:
    """Stringer's bound (1963) on the share of value in error, from the taints found in n monetary units.

    taints: for each unit in error, error / book value, within (0, 1]. U(0) + sum_j (U(j) - U(j - 1)) t_j,
    with the taints from the largest down and U the one-sided Clopper-Pearson bounds.
    """
    ordered = _taints(taints, n)
    upper = [proportion(k, n, "clopper-pearson", confidence, "upper").high for k in range(len(ordered) + 1)]
    return upper[0] + float(np.diff(upper) @ ordered)


def most_likely_error(taints: Sequence[float], n: int) -> float:
    """Mean taint over n monetary units: the estimate beside `stringer_bound`, of the same taints."""
    return float(_taints(taints, n).sum() / n)


def _taints(taints: Sequence[float], n: int) -> FloatArray:
    """From the largest down. Raises ValueError unless they lie above 0 and at most at 1, at most n >= 1 of them."""
    ordered = np.sort(np.asarray(taints, dtype=float))[::-1]
    if n < 1 or len(ordered) > n or not ((ordered > 0) & (ordered <= 1)).all():
        raise ValueError("taints lie above 0 and at most at 1, and there are at most n of them, n at least 1")
    return ordered
