"""Slices side by side: what each would be if it borrowed from the others, and which differ from the rest.

A slice's own interval stays its figure. Errors are read off the intervals, so that every basis, method and target is
compared by what it claims itself. A share's interval is the narrower the nearer the share is to 0 or 1, so slices that
came out well by luck would look sure of it: shares are tested with the error that each slice would have at the share of
all, and pooled with the larger of that error and their own.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditing.estimation.calculation import Calculated
from auditing.stats.comparisons import adjust_p_values
from auditing.stats.slices import pool_slices, standing_out

FALSE_DISCOVERIES = 0.10  # of the slices said to differ, the share that is expected not to
FEWEST_POOLED = 3
EXACT = 1e-9  # the error of a slice that is counted, where an error above 0 is asked for
Bounds = tuple[float, float] | None
Floats = NDArray[np.float64]


def with_slices_compared(found: Sequence[Calculated], bounds: Bounds) -> list[Calculated]:
    """The estimates of one measure, those of slices with `pooled` and `rest` in `beside`."""
    beside: dict[int, dict[str, Any]] = {}
    for basis in {one.basis for one in found}:
        parts = _parts([one for one in found if one.basis == basis])
        for slices in parts:
            beside |= _pooled(slices, bounds)
        for place, said in _against_the_rest(parts, bounds).items():
            beside[place] = beside.get(place, {}) | said
    return [replace(one, beside=one.beside | beside.get(id(one), {})) for one in found]


def _parts(found: Sequence[Calculated]) -> list[list[Calculated]]:
    """The slices that have an estimate with a known error, field by field."""
    fields = dict.fromkeys(one.slice_field for one in found if one.slice_field)
    usable = [one for one in found if one.result and (_is_counted(one) or _error(one) > 0)]
    return [[one for one in usable if one.slice_field == name] for name in fields]


def _is_counted(one: Calculated) -> bool:
    return one.target == "batch" and one.n_human == one.population


def _error(one: Calculated) -> float:
    """The standard error that the interval claims."""
    assert one.result is not None
    return float((one.result.high - one.result.low) / (2 * -special.ndtri((1 - one.confidence) / 2)))


def _errors_if_alike(slices: Sequence[Calculated], bounds: Bounds) -> Floats:
    """The standard error of each slice were the share the same in all; of other means, as the intervals claim."""
    if bounds != (0.0, 1.0):
        return np.array([_error(one) for one in slices])
    items, labels = np.array([(one.population, one.n_human) for one in slices], dtype=float).T
    share = (_figures(slices) @ items / items.sum() * labels.sum() + 1) / (labels.sum() + 2)
    worth = np.array([one.result.n_effective for one in slices if one.result])
    unseen = 1 / worth - (1 / items if slices[0].target == "batch" else 0)
    return np.sqrt(share * (1 - share) * np.maximum(unseen, 0))


def _pooled(slices: list[Calculated], bounds: Bounds) -> dict[int, dict[str, Any]]:
    """Of the slices that are not counted: what is counted has nothing to borrow."""
    slices = [one for one in slices if not _is_counted(one)]
    if len(slices) < FEWEST_POOLED:
        return {}
    own = _figures(slices)
    errors = np.maximum([_error(one) for one in slices], _errors_if_alike(slices, bounds))
    found = pool_slices(own.tolist(), errors.tolist(), slices[0].confidence)
    lowest, highest = bounds or (-np.inf, np.inf)
    low, high = np.clip(found.low, lowest, highest), np.clip(found.high, lowest, highest)
    return {
        id(one): {
            "pooled": {
                "estimate": float(found.estimates[place]),
                "low": float(low[place]),
                "high": float(high[place]),
                "own_weight": float(found.weights[place]),
                "method": found.method,
            }
        }
        for place, one in enumerate(slices)
    }


def _against_the_rest(parts: list[list[Calculated]], bounds: Bounds) -> dict[int, dict[str, Any]]:
    """Each slice against all others of its field; false discoveries are held over the slices of all fields."""
    parts = [slices for slices in parts if len(slices) > 1]
    if not parts:
        return {}
    tests = [
        standing_out(
            _figures(slices).tolist(),
            np.maximum(_errors_if_alike(slices, bounds), EXACT).tolist(),
            [one.population for one in slices],
        )
        for slices in parts
    ]
    p_values = np.concatenate([test.p_values for test in tests])
    adjusted = adjust_p_values(p_values.tolist(), FALSE_DISCOVERIES, "bh")
    differences = np.concatenate([test.difference for test in tests])
    everyone = [one for slices in parts for one in slices]
    return {
        id(one): {
            "rest": {
                "difference": float(differences[place]),
                "p_value": float(p_values[place]),
                "adjusted": float(adjusted.adjusted[place]),
                "differs": bool(adjusted.rejected[place]),
                "compared": len(everyone),
                "false_discoveries": FALSE_DISCOVERIES,
                "method": "against all others of the field, Benjamini-Hochberg",
            }
        }
        for place, one in enumerate(everyone)
    }


def _figures(slices: Sequence[Calculated]) -> Floats:
    return np.array([one.result.estimate for one in slices if one.result])
