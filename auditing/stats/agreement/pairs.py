"""Agreement of two raters: raw agreement and Cohen's kappa."""

import math
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np

from auditing.stats.agreement.coding import encode_pairs, pair_counts
from auditing.stats.agreement.coefficients import (
    NO_PAIRS,
    UNDEFINED,
    Coefficient,
    Weights,
    agreement_weights,
    known_weights,
    normal_quantile,
    perfect,
    undefined,
    with_margin,
)
from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.intervals import proportion


def raw_agreement(a: Any, b: Any, confidence: float = 0.95) -> Coefficient:
    """Share of items on which two raters chose the same category, with Wilson's interval.

    a, b: equally long sequences of categories; a pair with None or NaN is left out and n counts the rest.
    """
    counts = pair_counts(encode_pairs(a, b))
    n = int(counts.sum())
    if n == 0:
        return undefined(0, confidence, "wilson", NO_PAIRS)
    interval = proportion(int(np.trace(counts)), n, "wilson", confidence)
    return Coefficient(interval.estimate, interval.low, interval.high, n, confidence, "wilson")


def cohen_kappa(
    a: Any,
    b: Any,
    weights: Weights | None = None,
    confidence: float = 0.95,
    *,
    categories: Sequence[Hashable] | None = None,
    interval: Literal["analytic", "bootstrap"] = "analytic",
    resamples: int = 2000,
    seed: int = 0,
) -> Coefficient:
    """Cohen's (weighted) kappa of two raters: (p_o - p_e) / (1 - p_e), Cohen (1960, 1968).

    a, b: equally long sequences of categories; a pair with None or NaN is left out and n counts the rest.
    Weights use the categories' numbers where they are numbers, else their positions in `categories`. The
    interval is analytic (normal, standard error of Fleiss, Cohen and Everitt 1969) or a percentile bootstrap
    that redraws the table from its multinomial. One category only: the value is NaN and the note says so.
    """
    weights = known_weights(weights)
    coded = encode_pairs(a, b, categories)
    counts = pair_counts(coded)
    n = int(counts.sum())
    method = f"Cohen's kappa, {weights or 'unweighted'}, {interval}"
    if n == 0:
        return undefined(0, confidence, method, NO_PAIRS)
    credit = agreement_weights(coded, weights)
    observed, chance = observed_and_chance(counts / n, credit)
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        return undefined(n, confidence, method, UNDEFINED)
    if math.isclose(observed, 1.0, abs_tol=1e-12):
        return perfect(n, confidence, method, float(chance))
    if interval == "bootstrap":
        return _bootstrap(counts, credit, confidence, method, resamples, seed)
    margin = normal_quantile(confidence) * kappa_standard_error(counts / n, credit, n)
    return with_margin(float((observed - chance) / (1 - chance)), margin, n, confidence, method)


def observed_and_chance(shares: FloatArray, credit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted observed and chance agreement of tables of shares, shape (..., q, q)."""
    rows, columns = shares.sum(axis=-1), shares.sum(axis=-2)
    observed = (shares * credit).sum(axis=(-2, -1))
    chance = ((rows @ credit) * columns).sum(axis=-1)
    return observed, chance


def kappa_standard_error(shares: FloatArray, credit: FloatArray, n: int) -> float:
    """Large-sample standard error of weighted kappa, Fleiss, Cohen and Everitt (1969), formula 13."""
    observed, chance = observed_and_chance(shares, credit)
    by_row, by_column = credit @ shares.sum(axis=0), shares.sum(axis=1) @ credit
    spread = credit * (1 - chance) - np.add.outer(by_row, by_column) * (1 - observed)
    variance = (shares * spread**2).sum() - (observed * chance - 2 * chance + observed) ** 2
    return math.sqrt(max(0.0, float(variance)) / n) / float(1 - chance) ** 2


def _bootstrap(
    counts: IntArray, credit: FloatArray, confidence: float, method: str, resamples: int, seed: int
) -> Coefficient:
    n, size = int(counts.sum()), len(counts)
    tables = np.random.default_rng(seed).multinomial(n, counts.ravel() / n, size=resamples)
    observed, chance = observed_and_chance(tables.reshape(resamples, size, size) / n, credit)
    defined = chance < 1 - 1e-12
    values = (observed[defined] - chance[defined]) / (1 - chance[defined])
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    observed, chance = observed_and_chance(counts / n, credit)
    lost = resamples - int(defined.sum())
    note = f"{lost} of {resamples} resamples had one category only and were left out" if lost else ""
    return Coefficient(
        float((observed - chance) / (1 - chance)), float(low), float(high), n, confidence, method, note
    )
