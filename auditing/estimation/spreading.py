"""Strata from scores, and how far labels are expected to spread within a stratum."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditing.stats.allocation import smoothed_spread

Floats = NDArray[np.float64]
NO_SCORE = "no score"
PRIOR_LABELS = 2  # how many labels' worth of the spread of all each stratum gets


def cut_points(scores: "pd.Series[float]", most: int) -> Floats:
    """Upper ends (inclusive) of at most `most` strata: the scores themselves where they are few, else quantiles."""
    known = np.sort(scores.dropna().unique())
    if len(known) <= most:
        return np.asarray(known, dtype=float)
    ends = np.quantile(scores.dropna(), np.arange(1, most + 1) / most, method="inverted_cdf")
    return np.asarray(np.unique(ends), dtype=float)


def named(scores: "pd.Series[float]", ends: Floats) -> list[str]:
    """The stratum of each score, in words that sort in its order."""
    width = len(str(len(ends)))
    names = [f"{place + 1:0{width}d}: score up to {end:.3g}" for place, end in enumerate(ends)]
    places = np.minimum(np.searchsorted(ends, scores.to_numpy(dtype=float)), len(ends) - 1)
    return [
        NO_SCORE if np.isnan(score) else names[place] for score, place in zip(scores, places, strict=True)
    ]


def spread_by(strata: Sequence[Any], labels: Floats) -> dict[str, float]:
    """Expected standard deviation of the label per stratum, never 0: smoothed by Beta(1, 1) for 0/1 labels, drawn
    towards the spread of all labels for others.
    """
    frame = pd.DataFrame({"stratum": [str(name) for name in strata], "label": labels})
    binary = bool(np.isin(labels, (0.0, 1.0)).all())
    groups = frame.groupby("stratum")["label"]
    if binary:
        spreads: Any = smoothed_spread(groups.sum().tolist(), groups.size().tolist())
    else:
        squares = groups.var(ddof=0) * groups.size()
        spreads = np.sqrt((squares + PRIOR_LABELS * labels.var()) / (groups.size() + PRIOR_LABELS))
    names: list[Hashable] = list(groups.groups)
    return {str(name): float(spread) for name, spread in zip(names, np.asarray(spreads), strict=True)}
