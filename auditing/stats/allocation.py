"""Sharing a sample among strata."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from auditing.stats.arrays import FloatArray, IntArray, measured

Allocation = Literal["proportional", "equal", "neyman"]
FLOOR = 0.1  # of the largest expected spread: a stratum that looks pure is not taken at its word


def neyman_allocation(sizes: Sequence[float], spreads: Sequence[float], n: float) -> FloatArray:
    """Neyman's optimal shares n N_h S_h / sum(N S), not rounded; sizes N_h, standard deviations S_h
    (Neyman 1934). Raises ValueError unless sizes and spreads are as many, not negative, and not all 0.
    """
    product = measured(sizes) * measured(spreads)
    if not (product >= 0).all() or not product.sum() > 0:
        raise ValueError("sizes and spreads must not be negative, nor all of them 0")
    return np.asarray(n * (product / product.sum()))


def smoothed_spread(k: Sequence[float], n: Sequence[float]) -> FloatArray:
    """Standard deviation of a 0/1 label per stratum, from k of n in a pilot, smoothed by Beta(1, 1):
    never 0. Raises ValueError unless 0 <= k <= n.
    """
    found, counts = np.asarray(k, dtype=float), np.asarray(n, dtype=float)
    if not ((found >= 0) & (found <= counts) & np.isfinite(counts)).all():
        raise ValueError("need 0 <= k <= n in every stratum")
    share = (found + 1) / (counts + 2)
    return np.asarray(np.sqrt(share * (1 - share)))


def allocate(
    sizes: Sequence[int] | IntArray,
    n: int,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    spreads: FloatArray | None = None,
) -> IntArray:
    """Whole numbers of units per stratum that sum to n, none above the stratum's size.

    Each stratum gets `minimum` (all of it if it is smaller; less, but at least 1, if n is too small for
    that) and the rest goes by `allocation`, rounded by largest remainders. neyman needs `spreads`, floored
    at a tenth of the largest. Raises ValueError for no stratum or an empty one, and if n is below the number of
    strata: a stratum without a unit would be outside the claim.
    """
    sizes = np.asarray(sizes, dtype=np.int64)
    if len(sizes) == 0 or (sizes < 1).any():
        raise ValueError("need at least one stratum, and none without a unit")
    if n < len(sizes):
        raise ValueError(f"{n} units cannot cover {len(sizes)} strata: draw at least one from each")
    targets = _targets(sizes, allocation, spreads)
    shares = np.minimum(sizes, max(1, min(minimum, n // len(sizes))))
    wanted = _capped(targets, shares.astype(float), sizes.astype(float), min(n, int(sizes.sum())))
    return _rounded(wanted, sizes, min(n, int(sizes.sum())))


def _targets(sizes: IntArray, allocation: Allocation, spreads: FloatArray | None) -> FloatArray:
    if allocation == "equal":
        return np.ones(len(sizes))
    if allocation == "proportional":
        return sizes.astype(float)
    if allocation != "neyman":
        raise ValueError(f"unknown allocation {allocation!r}: use proportional, equal or neyman")
    if spreads is None or len(spreads) != len(sizes) or not (np.isfinite(spreads) & (spreads >= 0)).all():
        raise ValueError("neyman allocation needs an expected spread, 0 or more, for every stratum")
    return sizes.astype(float) * np.maximum(spreads, FLOOR * max(float(spreads.max()), 1e-12))


def _capped(targets: FloatArray, least: FloatArray, most: FloatArray, n: int) -> FloatArray:
    """The shares scale * targets, kept within least and most, whose scale makes them sum to n (by
    bisection).
    """
    low, high = 0.0, float((most / targets).max())
    for _ in range(100):
        scale = (low + high) / 2
        if np.clip(scale * targets, least, most).sum() < n:
            low = scale
        else:
            high = scale
    return np.clip(high * targets, least, most)


def _rounded(wanted: FloatArray, most: IntArray, n: int) -> IntArray:
    shares = np.floor(wanted + 1e-9).astype(np.int64)
    by_remainder = np.argsort(-(wanted - shares), kind="stable")
    for stratum in np.resize(by_remainder, 2 * len(shares)):
        if shares.sum() < n and shares[stratum] < most[stratum]:
            shares[stratum] += 1
    return shares
