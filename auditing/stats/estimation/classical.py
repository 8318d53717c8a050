"""Textbook estimators that stand beside `estimate_mean`, for comparison and for totals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from auditing.stats.arrays import FloatArray
from auditing.stats.intervals import tail_probability
from auditing.stats.results import Result


@dataclass(frozen=True)
class Comparison(Result):
    """An estimate by a published method, with its interval."""

    estimate: float
    low: float
    high: float
    confidence: float
    method: str


def horvitz_thompson_total(labels: Sequence[float], probabilities: Sequence[float]) -> float:
    """Unbiased total of a population, sum of y / pi over the drawn units (Horvitz and Thompson 1952)."""
    inclusion = np.asarray(probabilities, dtype=float)
    if not ((inclusion > 0) & (inclusion <= 1)).all():
        raise ValueError("every drawn unit needs a probability above 0 and at most 1")
    return float((np.asarray(labels, dtype=float) / inclusion).sum())


def ppi_mean(
    labels: Sequence[float],
    proxy_labelled: Sequence[float],
    proxy_unlabelled: Sequence[float],
    slope: float | None = None,
    confidence: float = 0.95,
) -> Comparison:
    """PPI++ for a mean as published (Angelopoulos, Duchi and Zrnic 2023): i.i.d. labels beside separate
    unlabelled items.

    slope None tunes it for power on the same labels, cov(Y, f) / ((1 + n / N) var f), kept within [0, 1]; 0
    is the classical mean, 1 plain prediction-powered inference. Normal quantiles: for small samples use
    `estimate_mean`.
    """
    y, f, unlabelled = (
        np.asarray(values, dtype=float) for values in (labels, proxy_labelled, proxy_unlabelled)
    )
    if not (len(y) and len(y) == len(f) and len(unlabelled)):
        raise ValueError(
            f"need a proxy for each label: {len(y)} labels, {len(f)} and {len(unlabelled)} proxies"
        )
    tail = tail_probability(confidence, "two-sided")
    chosen = _power_tuned(y, f, unlabelled) if slope is None else slope
    estimate = float(chosen * unlabelled.mean() + (y - chosen * f).mean())
    variance = float((chosen * unlabelled).var() / len(unlabelled) + (y - chosen * f).var() / len(y))
    margin = float(stats.norm.isf(tail)) * math.sqrt(variance)
    return Comparison(estimate, estimate - margin, estimate + margin, confidence, "PPI++ as published")


def _power_tuned(y: FloatArray, f: FloatArray, unlabelled: FloatArray) -> float:
    spread = float(np.concatenate([f, unlabelled]).var(ddof=1))
    covariance = float(((y - y.mean()) * (f - f.mean())).mean())
    return 0.0 if spread == 0 else min(1.0, max(0.0, covariance / ((1 + len(y) / len(unlabelled)) * spread)))


def rogan_gladen(
    flagged: float,
    n: int,
    specificity: float,
    sensitivity: float,
    n_negative: int,
    n_positive: int,
    confidence: float = 0.95,
) -> Comparison:
    """Prevalence from a judge's flag rate, corrected for its errors (Rogan and Gladen 1978; interval of Lee
    et al. 2025).

    flagged: share flagged of n items; specificity from n_negative and sensitivity from n_positive
    calibration labels. The interval adds one and two pseudo-counts (Lang and Reiczigel 2014) and uses the
    adjusted rates. Wider than PPI++ in every case tried: for comparison only. Raises ValueError for a judge
    no better than chance, and for labels too few to show that it is.
    """
    if specificity + sensitivity <= 1:
        raise ValueError("the judge is no better than chance: sensitivity + specificity must exceed 1")
    if n < 1 or n_negative < 1 or n_positive < 1:
        raise ValueError("flagged, specificity and sensitivity each need at least one item")
    z = float(stats.norm.isf(tail_probability(confidence, "two-sided")))
    estimate = (flagged + specificity - 1) / (specificity + sensitivity - 1)
    rate, size = _adjusted(flagged, n, z * z / 2), n + z * z
    true_negative, negatives = _adjusted(specificity, n_negative, 1), n_negative + 2
    true_positive, positives = _adjusted(sensitivity, n_positive, 1), n_positive + 2
    power = true_negative + true_positive - 1
    if power <= 0:
        raise ValueError("too few labels to show that the judge is better than chance")
    corrected = (rate + true_negative - 1) / power
    spread = rate * (1 - rate) / size
    spread += (1 - corrected) ** 2 * true_negative * (1 - true_negative) / negatives
    spread += corrected**2 * true_positive * (1 - true_positive) / positives
    shift = 2 * z * z * (corrected * true_positive * (1 - true_positive) / positives)
    shift -= 2 * z * z * ((1 - corrected) * true_negative * (1 - true_negative) / negatives)
    margin = z * math.sqrt(spread) / power
    low, high = (min(1.0, max(0.0, corrected + shift + sign * margin)) for sign in (-1, 1))
    return Comparison(
        min(1.0, max(0.0, estimate)), low, high, confidence, "Rogan-Gladen, interval of Lang and Reiczigel"
    )


def _adjusted(share: float, n: float, pseudo: float) -> float:
    """The share after adding `pseudo` successes and as many failures."""
    return (share * n + pseudo) / (n + 2 * pseudo)
