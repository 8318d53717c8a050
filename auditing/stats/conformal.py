"""Split conformal prediction: a threshold that holds for the next item, whatever the judge is."""

import math
from collections.abc import Sequence

import numpy as np


def conformal_rank(n: int, alpha: float) -> int:
    """Which of n sorted calibration scores is the threshold: ceil((n + 1)(1 - alpha)); n + 1 means none is high enough.

    The next item's score lies at or below it with probability at least 1 - alpha (Vovk, Gammerman and Shafer
    2005; Lei and others 2018). Raises ValueError unless n >= 1 and 0 < alpha < 1.

    >>> conformal_rank(99, 0.1)
    90
    """
    if n < 1 or not 0 < alpha < 1:
        raise ValueError(f"need n >= 1 and alpha between 0 and 1, not {n} and {alpha}")
    return math.ceil((n + 1) * (1 - alpha) - 1e-9)


def conformal_threshold(scores: Sequence[float], alpha: float) -> float:
    """The calibration score at `conformal_rank`, or infinity where too few scores were given for so small an alpha.

    scores: how badly the judge missed on items with a human label, larger is worse. Predictions no worse than
    the threshold form a set that holds the next item's label with probability at least 1 - alpha.

    >>> conformal_threshold([0.3, 0.1, 0.2, 0.4], alpha=0.4)
    0.3
    """
    ordered = np.sort(np.asarray(scores, dtype=float))
    if np.isnan(ordered).any():
        raise ValueError("every calibration score must be a number")
    rank = conformal_rank(len(ordered), alpha)
    return float("inf") if rank > len(ordered) else float(ordered[rank - 1])
