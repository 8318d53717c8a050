"""Drawing a sample: which units, each with the probability it had of being drawn.

A draw is a function of the frame (sorted by immutable id), the parameters and the seed:
`PCG64(SeedSequence(seed))` gives every unit one uniform number in frame order, and nothing else is random.
The same seed gives the same draw on any database.
"""

import hashlib
import itertools
import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from auditing.stats.allocation import Allocation, allocate
from auditing.stats.arrays import FloatArray, IntArray, measured
from auditing.stats.results import Result

DrawMethod = Literal["simple", "stratified", "systematic", "pps"]
GENERATOR = "numpy.random.PCG64(SeedSequence)"


@dataclass(frozen=True)
class Draw(Result):
    """The drawn units in frame order, with what is needed to weigh them and to draw them again.

    ids, probabilities and strata (None without strata) belong together; all_probabilities follows the frame
    as it was given.
    """

    ids: tuple[Hashable, ...]
    probabilities: FloatArray
    strata: tuple[Hashable, ...] | None
    frame_hash: str
    seed: int | tuple[int, ...]
    generator: str
    all_probabilities: FloatArray


def draw(
    frame: Sequence[Any],
    n: int,
    method: DrawMethod = "simple",
    rng_seed: int | Sequence[int] = 0,
    *,
    strata: Sequence[Hashable] | None = None,
    allocation: Allocation = "proportional",
    minimum_per_stratum: int = 2,
    spreads: Mapping[Hashable, float] | None = None,
    sizes: Sequence[float] | None = None,
) -> Draw:
    """Draw n units of a frame without replacement.

    frame: the immutable ids of all units, texts or numbers, in any order. rng_seed: a number, or several.
    simple: equal probabilities. stratified: simple within each of `strata` (one per unit), shared out by
    `allocate`; neyman needs `spreads`, the expected standard deviation per stratum. systematic: every
    (N/n)-th unit from a random start. pps: probabilities proportional to `sizes` (one positive number per
    unit), units larger than the interval taken with certainty, systematic over a random order (Madow 1949,
    Hartley and Rao 1962). n >= N is a census. Every unit has a probability above 0.

    Raises ValueError for an empty frame, an id given twice, ids that are neither all texts nor all numbers,
    n < 1, sizes that are not positive or so unequal that a chance would be 0, or fewer units than strata.

    >>> draw(["a", "b", "c", "d"], 2, rng_seed=7).ids
    ('a', 'd')
    """
    if getattr(frame, "ndim", 1) != 1:
        raise ValueError("the frame is one column: the id of every unit")
    ids = _plain_ids(frame)
    order = _sorted_order(ids)
    if n < 1:
        raise ValueError(f"a draw needs at least one unit, not {n}")
    seed = tuple(map(int, rng_seed)) if isinstance(rng_seed, Sequence) else int(rng_seed)
    keys = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))).random(len(order) + 1)
    groups = _in_order(strata, order, "strata")
    chosen, inclusion = select(
        n,
        method,
        keys,
        groups=groups,
        allocation=allocation,
        minimum=minimum_per_stratum,
        spreads=spreads,
        sizes=_in_order(sizes, order, "sizes"),
    )
    return Draw(
        ids=tuple(ids[order[position]] for position in chosen),
        probabilities=inclusion[chosen],
        strata=None if groups is None else tuple(groups[position] for position in chosen),
        frame_hash=frame_hash(ids),
        seed=seed,
        generator=GENERATOR,
        all_probabilities=_in_given_order(inclusion, order),
    )


def select(
    n: int,
    method: DrawMethod,
    keys: FloatArray,
    *,
    groups: Sequence[Any] | None = None,
    allocation: Allocation = "proportional",
    minimum: int = 2,
    spreads: Mapping[Hashable, float] | None = None,
    sizes: Sequence[float] | FloatArray | None = None,
) -> tuple[IntArray, FloatArray]:
    """The draw behind `draw`, on arrays: drawn positions, and the inclusion probability of every unit.

    keys: independent uniform numbers, one per unit and one more for a start. groups: the stratum of every unit.
    """
    N = len(keys) - 1
    if n >= N:
        return np.arange(N), np.ones(N)
    if method == "simple":
        return _simple(n, keys[:-1])
    if method == "stratified":
        return _stratified(n, keys[:-1], groups, allocation, minimum, spreads)
    if method == "systematic":
        return _systematic(n, N, float(keys[-1]))
    if method == "pps":
        return _pps(n, keys, sizes)
    raise ValueError(f"unknown method {method!r}: use simple, stratified, systematic or pps")


def frame_hash(ids: Sequence[Any]) -> str:
    """SHA-256 of the sorted ids, all texts or all numbers, as a JSON list: the same for the same set in any order."""
    return hashlib.sha256(json.dumps(sorted(_plain_ids(ids)), separators=(",", ":")).encode()).hexdigest()


def fixed_interval(sizes: Sequence[float], n: int, start: float) -> IntArray:
    """Positions hit by n equally spaced points on the line of cumulated sizes, the first at `start`.

    Monetary-unit sampling by fixed intervals (sizes are book values, interval = total / n); with sizes of 1,
    systematic selection. `start` counts from 1, as in audit manuals; a unit larger than the interval can be
    hit more than once. Raises ValueError unless sizes are finite, not negative and not all 0, and n >= 1.
    """
    values = measured(sizes)
    if n < 1 or not (values >= 0).all() or not values.sum() > 0:
        raise ValueError("need at least one point, and sizes that are not negative, nor all 0")
    cumulated = np.cumsum(values)
    points = start + cumulated[-1] / n * np.arange(n)
    return np.minimum(np.searchsorted(cumulated, points), len(cumulated) - 1)


def pps_probabilities(sizes: Sequence[float] | FloatArray, n: int) -> FloatArray:
    """Inclusion probabilities n * size / total, with units that would exceed 1 taken with certainty
    (they sum to n); all 1 from n = N on.

    Raises ValueError for a size that is not a positive number, for n < 1, and where sizes are so unequal that the
    small ones would be left without a chance.
    """
    values = np.asarray(sizes, dtype=float)
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError("every size must be a positive number: a unit of size 0 could never be drawn")
    if n < 1:
        raise ValueError(f"a draw needs at least one unit, not {n}")
    if n >= len(values):
        return np.ones(len(values))
    inclusion = _inclusion(values / values.max(), n)
    if not (inclusion > 0).all():
        raise ValueError("the sizes are too unequal: beside the largest, the smallest could never be drawn")
    return inclusion


def _inclusion(values: FloatArray, n: int) -> FloatArray:
    certain = np.zeros(len(values), dtype=bool)
    while certain.sum() < n and (rest := values[~certain].sum()) > 0:
        inclusion = np.where(certain, 1.0, (n - certain.sum()) * values / rest)
        too_large = ~certain & (inclusion >= 1)
        if not too_large.any():
            return inclusion
        certain |= too_large
    return certain.astype(float)


def mixed_with_uniform(sizes: Sequence[float], tau: float) -> FloatArray:
    """Sizes mixed with their mean, (1 - tau) * size + tau * mean: keeps the weights of small units
    within 1 / tau.
    """
    if not 0 < tau <= 1:
        raise ValueError(f"tau must lie above 0 and at most at 1, not {tau}")
    values = np.asarray(sizes, dtype=float)
    if len(values) == 0 or not (np.isfinite(values) & (values >= 0)).all():
        raise ValueError("need at least one size, and none that is negative or not a number")
    return np.asarray((1 - tau) * values + tau * (values.mean() or 1.0))


def _plain_ids(ids: Sequence[Any]) -> list[Any]:
    """Python's own numbers and texts, whatever kind of sequence holds them. Raises ValueError for a mixture."""
    plain = [one.item() if isinstance(one, np.generic) else one for one in ids]
    numbers = all(isinstance(one, int | float) and math.isfinite(one) for one in plain)
    if not numbers and not all(isinstance(one, str) for one in plain):
        raise ValueError("ids must be all texts or all numbers: nothing else has an order of its own")
    return plain


def anticipated_variance(
    spread: Sequence[float] | FloatArray, inclusion: Sequence[float] | FloatArray
) -> float:
    """Variance that a difference estimate of the mean is expected to have: sum of s^2 (1 / pi - 1), over N^2.

    spread: predicted standard deviation of label - prediction of every unit; inclusion: its probability. Known
    before a label is: 1 / anticipated_variance is the weight to fix for a wave.
    """
    s, pi = np.asarray(spread, dtype=float), np.asarray(inclusion, dtype=float)
    if len(s) != len(pi) or len(s) == 0 or not (np.isfinite(s) & (pi > 0) & (pi <= 1)).all():
        raise ValueError("every unit needs a spread, and a probability above 0 and at most 1")
    return float((s**2 * (1 / pi - 1)).sum()) / len(s) ** 2


def _sorted_order(ids: Sequence[Any]) -> list[int]:
    if len(ids) == 0:
        raise ValueError("the frame is empty")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    for first, second in itertools.pairwise(order):
        if ids[first] == ids[second]:
            raise ValueError(f"id {ids[first]!r} is in the frame twice")
    return order


def _in_order(values: Sequence[Any] | None, order: list[int], name: str) -> list[Any] | None:
    if values is None:
        return None
    if len(values) != len(order):
        raise ValueError(f"{name} has {len(values)} entries for {len(order)} units")
    return [values[position] for position in order]


def _in_given_order(inclusion: FloatArray, order: list[int]) -> FloatArray:
    given = np.empty(len(order))
    given[order] = inclusion
    return given


def _simple(n: int, keys: FloatArray) -> tuple[IntArray, FloatArray]:
    return np.sort(np.argsort(keys, kind="stable")[:n]), np.full(len(keys), n / len(keys))


def _stratified(
    n: int,
    keys: FloatArray,
    groups: Sequence[Any] | None,
    allocation: Allocation,
    minimum: int,
    spreads: Mapping[Hashable, float] | None,
) -> tuple[IntArray, FloatArray]:
    if groups is None:
        raise ValueError("a stratified draw needs the stratum of every unit")
    names = sorted(set(groups), key=lambda name: (str(name), repr(name)))
    position = {name: index for index, name in enumerate(names)}
    codes = np.array([position[group] for group in groups])
    sizes = np.bincount(codes)
    shares = allocate(sizes, n, allocation, minimum, _spread_per_stratum(names, spreads))
    ranked = np.lexsort((keys, codes))
    rank = np.empty(len(codes), dtype=int)
    rank[ranked] = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.flatnonzero(rank < shares[codes]), (shares / sizes)[codes]


def _spread_per_stratum(names: list[Any], spreads: Mapping[Hashable, float] | None) -> FloatArray | None:
    if spreads is None:
        return None
    if missing := [name for name in names if name not in spreads]:
        raise ValueError(f"no expected spread for stratum {missing[0]!r}")
    return np.array([spreads[name] for name in names], dtype=float)


def _systematic(n: int, N: int, start: float) -> tuple[IntArray, FloatArray]:
    return _points((start + np.arange(n)) * N / n, np.arange(1.0, N + 1)), np.full(N, n / N)


def _pps(n: int, keys: FloatArray, sizes: Sequence[float] | FloatArray | None) -> tuple[IntArray, FloatArray]:
    if sizes is None:
        raise ValueError("a pps draw needs the size of every unit")
    inclusion = pps_probabilities(sizes, n)
    certain = np.flatnonzero(inclusion >= 1)
    order = np.argsort(keys[:-1], kind="stable")
    order = order[inclusion[order] < 1]
    points = np.asarray(keys[-1] + np.arange(n - len(certain)))
    return np.sort(np.concatenate([certain, order[_points(points, np.cumsum(inclusion[order]))]])), inclusion


def _points(points: FloatArray, cumulated: FloatArray) -> IntArray:
    """The units on which points on the cumulated line fall; rounding at the far end stays on the last
    unit.
    """
    return np.minimum(np.searchsorted(cumulated, points, side="right"), len(cumulated) - 1)
