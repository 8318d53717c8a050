"""How much of a batch's value is in error, where people's sample was drawn in proportion to the value (pps)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditing.stats.bounds import most_likely_error, stringer_bound

Floats = NDArray[np.floating[Any]]


def overstatement(
    labels: Floats, sizes: Floats, probabilities: Floats, name: str, confidence: float
) -> dict[str, Any]:
    """`overstatement`: the most likely value in error and its upper bound, in the unit of the field `name` and as
    shares of the batch's value.

    labels: shares that are good, from 0 to 1, of the drawn items; NaN, which counts as wholly in error, where one has
    none. What was sure to be drawn is counted, the rest is bounded by Stringer (1963), whose sum of value follows from
    chances that are in proportion to it.
    """
    taints = 1 - np.nan_to_num(labels, nan=0.0)
    certain = probabilities >= 1
    counted = float(taints[certain] @ sizes[certain])
    n = int((~certain).sum())
    rest = float(n * sizes[~certain].sum() / probabilities[~certain].sum()) if n else 0.0
    wrong = [float(taint) for taint in taints[~certain] if taint > 0]
    value = float(sizes[certain].sum()) + rest
    likely, most = ((counted + rest * share) for share in (_likely(wrong, n), _most(wrong, n, confidence)))
    found = {
        "field": name,
        "value": value,
        "likely": likely,
        "likely_share": likely / value,
        "bound": most,
        "bound_share": most / value,
        "n": len(labels),
        "in_error": int((taints > 0).sum()),
        "confidence": confidence,
    }
    return {"overstatement": found}


def _likely(taints: list[float], n: int) -> float:
    return most_likely_error(taints, n) if n else 0.0


def _most(taints: list[float], n: int, confidence: float) -> float:
    return stringer_bound(taints, n, confidence) if n else 0.0
