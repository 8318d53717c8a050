"""What an addition does to a score: pairs of before and after, crossed by item and by the text that was added.

Where harmless texts were added to the same items, what the others do is what they do beyond those.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from auditing.stats.arrays import FloatArray, measured
from auditing.stats.intervals import tail_probability, wilson_bounds
from auditing.stats.results import Result

FEWEST_CLUSTERS = 5
SAME = 1e-12  # of the largest score: a spread below that is rounding
AnyArray = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Share(Result):
    """`k` of `n`, with an interval that knows that the pairs hang together."""

    k: int
    n: int
    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Mean(Result):
    """A mean over `n` pairs; the interval is undefined (NaN) with fewer than five items or texts, or no variation."""

    n: int
    estimate: float
    low: float
    high: float

    @property
    def has_interval(self) -> bool:
        return not math.isnan(self.low)


def share_of_pairs(
    happened: ArrayLike, items: ArrayLike, texts: ArrayLike, confidence: float = 0.95
) -> Share:
    """The share of pairs in which it happened, of pairs crossed by `items` and `texts` (arrays of one length).

    Wilson's interval at the effective number of pairs: n divided by the design effect, which is the variance clustered
    both ways over p(1 - p)/n. It is taken to be at least 1; where nothing varies (all, or none) the pairs count as no
    more than the smaller number of clusters. With a single text, or item, the share is that text's, and the others are
    what varies. No pairs give NaN. Raises ValueError unless every pair has happened or
    not, and belongs to an item and a text.
    """
    hits = _of_pairs(happened, items, texts)
    if not np.isin(hits, (0, 1)).all():
        raise ValueError("each pair has happened or not: 1 or 0")
    n = hits.size
    if n == 0:
        return Share(0, 0, math.nan, math.nan, math.nan)
    p, clusters = float(hits.mean()), sorted([len(np.unique(items)), len(np.unique(texts))])
    fewest = clusters[0] if clusters[0] > 1 else clusters[1]
    independent = p * (1 - p) / n
    effective = float(fewest)
    if independent > 0 and fewest > 1:
        effective = n / max(1.0, two_way_variance(hits, items, texts) / independent)
    z = float(stats.norm.isf(tail_probability(confidence, "two-sided")))
    return Share(int(hits.sum()), n, p, *wilson_bounds(p, effective, z))


def mean_of_pairs(change: ArrayLike, items: ArrayLike, texts: ArrayLike, confidence: float = 0.95) -> Mean:
    """The mean change over crossed pairs: Student's t on the variance clustered both ways, with the smaller number of
    clusters minus one degrees of freedom. With fewer than five clusters such an interval would say nothing: NaN.
    Raises ValueError unless every change is a number and belongs to an item and a text.
    """
    changes = _of_pairs(change, items, texts)
    if changes.size == 0:
        return Mean(0, math.nan, math.nan, math.nan)
    estimate, fewest = float(changes.mean()), min(len(np.unique(items)), len(np.unique(texts)))
    error = math.sqrt(two_way_variance(changes, items, texts))
    if fewest < FEWEST_CLUSTERS or error == 0:
        return Mean(changes.size, estimate, math.nan, math.nan)
    half = error * float(stats.t.isf(tail_probability(confidence, "two-sided"), fewest - 1))
    return Mean(changes.size, estimate, estimate - half, estimate + half)


@dataclass(frozen=True)
class Scores:
    """A score for each pair of an item and a text that was added to it: arrays of one length."""

    values: ArrayLike
    items: ArrayLike
    texts: ArrayLike


def mean_beyond(scores: Scores, harmless: Scores, confidence: float = 0.95) -> Mean:
    """The mean of what each pair scores above the mean of the harmless pairs of the same item.

    The score of the item as it is cancels out, and so does all that any added words do. Pairs of items without a
    harmless one are left out. The variance is that of the differences, clustered both ways, plus that of the harmless
    scores by text, since all items share those texts; a little is counted twice, and four such texts gave 94 to 97 %
    coverage at 95 %. Student's t has the degrees of freedom of Welch and Satterthwaite. The interval is NaN with fewer
    than five items or texts, with one harmless text, or where nothing varies. Raises ValueError unless every score is a
    number and belongs to an item and a text.
    """
    own, others = (_of_pairs(one.values, one.items, one.texts) for one in (scores, harmless))
    where = np.asarray(harmless.items)
    level = {item: float(others[where == item].mean()) for item in np.unique(where).tolist()}
    kept = np.isin(np.asarray(scores.items), where)
    items, texts = np.asarray(scores.items)[kept], np.asarray(scores.texts)[kept]
    if items.size == 0:
        return Mean(0, math.nan, math.nan, math.nan)
    beyond = own[kept] - np.asarray([level[item] for item in items.tolist()])
    fewest, harmless_texts = min(len(np.unique(items)), len(np.unique(texts))), np.unique(harmless.texts).size
    by_pair = two_way_variance(beyond, items, texts)
    by_harmless = _clustered(*_centred(others, where, np.asarray(harmless.texts), level, items))
    estimate, variance = float(beyond.mean()), by_pair + by_harmless
    varies = math.sqrt(variance) > SAME * float(np.abs(own).max())
    if fewest < FEWEST_CLUSTERS or harmless_texts < 2 or not varies:
        return Mean(beyond.size, estimate, math.nan, math.nan)
    freedom = variance**2 / (by_pair**2 / (fewest - 1) + by_harmless**2 / (harmless_texts - 1))
    half = math.sqrt(variance) * float(stats.t.isf(tail_probability(confidence, "two-sided"), freedom))
    return Mean(beyond.size, estimate, estimate - half, estimate + half)


def _centred(
    others: FloatArray, where: AnyArray, texts: AnyArray, level: Mapping[Any, float], items: AnyArray
) -> tuple[FloatArray, AnyArray]:
    """Harmless scores of the items that count, less the mean of their item, and their texts.

    What differs between items is no doubt about the texts, and does not cancel where a reading is missing.
    """
    counts = np.isin(where, items)
    means = np.asarray([level[item] for item in where[counts].tolist()])
    return others[counts] - means, texts[counts]


def _of_pairs(values: ArrayLike, items: ArrayLike, texts: ArrayLike) -> FloatArray:
    numbers = measured(values)
    if not numbers.size == np.size(items) == np.size(texts):
        raise ValueError("every pair needs a number, an item and a text")
    return numbers


def two_way_variance(values: ArrayLike, rows: ArrayLike, columns: ArrayLike) -> float:
    """The variance of a mean of values that share rows and columns: by rows, plus by columns, minus by cell.

    Cameron, Gelbach and Miller (2011), each part with the factor G/(G - 1). Where the difference is negative, which
    small samples allow, the larger of the two one-way variances is given.
    """
    numbers = np.asarray(values, dtype=float)
    by_row, by_column = _clustered(numbers, rows), _clustered(numbers, columns)
    cells = np.char.add(np.char.add(np.asarray(rows, dtype=str), "\n"), np.asarray(columns, dtype=str))
    both = by_row + by_column - _clustered(numbers, cells)
    return max(both, by_row, by_column) if both <= 0 else both


def _clustered(values: np.ndarray[Any, Any], clusters: ArrayLike) -> float:
    _, codes = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(codes, weights=values - values.mean())
    groups = sums.size
    return float(groups / max(1, groups - 1) * (sums**2).sum() / values.size**2)
