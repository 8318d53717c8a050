"""Agreement of any number of raters: Fleiss' and Conger's kappa, Gwet's AC1 and AC2, Brennan-Prediger.

One shape for the four, after Gwet (2014), Handbook of Inter-Rater Reliability, chapters 2 to 5: observed
agreement is averaged over the items with two ratings or more, chance agreement differs, and the standard
error is the linearised one over items with a t quantile. Items with a single rating still inform the
category shares.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from auditing.stats.agreement.coding import MISSING, encode, item_counts
from auditing.stats.agreement.coefficients import (
    NO_PAIRS,
    UNDEFINED,
    Coefficient,
    Weights,
    agreement_weights,
    known_weights,
    perfect,
    t_quantile,
    undefined,
    with_margin,
)
from auditing.stats.arrays import FloatArray, IntArray

# codes (raters x items), counts (items x categories), credit -> chance agreement, and what each item adds to half of it
Chance = Callable[[IntArray, FloatArray, FloatArray], tuple[float, FloatArray]]


def fleiss_kappa(
    ratings: Any,
    weights: Weights | None = None,
    confidence: float = 0.95,
    *,
    categories: Sequence[Hashable] | None = None,
) -> Coefficient:
    """Fleiss' kappa (1971), generalised to missing ratings and weights; for two raters it is Scott's pi.

    ratings: raters x items, None or NaN where missing. Chance agreement is sum_kl w_kl pi_k pi_l.
    """
    return _coefficient(ratings, weights, confidence, categories, "Fleiss' kappa", _fleiss_chance)


def conger_kappa(
    ratings: Any,
    weights: Weights | None = None,
    confidence: float = 0.95,
    *,
    categories: Sequence[Hashable] | None = None,
) -> Coefficient:
    """Conger's kappa (1980): Cohen's kappa for more than two raters, each with category shares of her own.

    ratings: raters x items, two raters or more, None or NaN where missing. Chance agreement is the mean over
    pairs of raters of sum_kl w_kl p_gk p_hl, from the items each has rated. Raters without any rating are
    left out.
    """
    return _coefficient(ratings, weights, confidence, categories, "Conger's kappa", _conger_chance)


def gwet_ac(
    ratings: Any,
    weights: Weights | None = None,
    confidence: float = 0.95,
    *,
    categories: Sequence[Hashable] | None = None,
) -> Coefficient:
    """Gwet's AC1 (no weights) or AC2 (weights), Gwet (2008): holds up where one category is rare.

    ratings: raters x items, None or NaN where missing. Chance agreement is sum(w) / (q (q - 1)) * sum_k pi_k
    (1 - pi_k).
    """
    return _coefficient(
        ratings,
        weights,
        confidence,
        categories,
        "Gwet's AC2" if known_weights(weights) else "Gwet's AC1",
        _gwet_chance,
    )


def brennan_prediger(
    ratings: Any,
    weights: Weights | None = None,
    confidence: float = 0.95,
    *,
    categories: Sequence[Hashable] | None = None,
) -> Coefficient:
    """Brennan and Prediger's coefficient (1981): chance agreement is sum(w) / q^2, whatever the raters used.

    ratings: raters x items, None or NaN where missing. Pass `categories` when the scale has some that nobody
    used.
    """
    return _coefficient(
        ratings, weights, confidence, categories, "Brennan-Prediger", _brennan_prediger_chance
    )


def _coefficient(
    ratings: Any,
    weights: Weights | None,
    confidence: float,
    categories: Sequence[Hashable] | None,
    name: str,
    chance_of: Chance,
) -> Coefficient:
    weights = known_weights(weights)
    coded = encode(ratings, categories)
    if coded.codes.ndim != 2:
        raise ValueError("ratings must be a table, raters x items")
    counts = item_counts(coded)
    rated = counts.sum(axis=1) > 0
    counts, codes = counts[rated], coded.codes[:, rated]
    per_item, paired = _observed(counts, credit := agreement_weights(coded, weights))
    n, method = len(counts), f"{name}, {weights or 'unweighted'}"
    if not paired.any():
        return undefined(n, confidence, method, NO_PAIRS)
    if len(coded.categories) < 2:
        return undefined(n, confidence, method, UNDEFINED)
    chance, chance_per_item = chance_of(codes, counts, credit)
    observed = float(per_item[paired].mean())
    if math.isclose(observed, 1.0, abs_tol=1e-12):
        return _all_agree(n, int(paired.sum()), confidence, method, chance)
    value = (observed - chance) / (1 - chance)
    influence = (n / paired.sum()) * np.where(paired, per_item - chance, 0.0) / (1 - chance)
    influence = influence - 2 * (1 - value) * (chance_per_item - chance) / (1 - chance)
    error = math.sqrt(((influence - value) ** 2).sum() / (n * max(n - 1, 1)))
    return with_margin(value, t_quantile(confidence, max(n - 1, 1)) * error, n, confidence, method)


def _all_agree(n: int, paired: int, confidence: float, method: str, chance: float) -> Coefficient:
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        return undefined(n, confidence, method, UNDEFINED)
    return perfect(paired, confidence, method, chance)


def _observed(counts: FloatArray, credit: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted share of agreeing pairs per item (0 without a pair), and which items have a pair."""
    ratings = counts.sum(axis=1)
    pairs = ratings * (ratings - 1)
    agreeing = (counts * (counts @ credit - 1)).sum(axis=1)
    return agreeing / np.where(pairs == 0, 1, pairs), pairs > 0


def _shares(counts: FloatArray) -> FloatArray:
    return np.asarray((counts / counts.sum(axis=1, keepdims=True)).mean(axis=0))


def _fleiss_chance(codes: IntArray, counts: FloatArray, credit: FloatArray) -> tuple[float, FloatArray]:
    expected_credit = credit @ _shares(counts)
    return float(expected_credit @ _shares(counts)), (counts @ expected_credit) / counts.sum(axis=1)


def _conger_chance(codes: IntArray, counts: FloatArray, credit: FloatArray) -> tuple[float, FloatArray]:
    given = (codes[:, :, None] == np.arange(len(credit))).astype(float)  # raters x items x categories
    rated = (codes != MISSING).sum(axis=1)
    given, rated = given[rated > 0], rated[rated > 0].astype(float)
    raters, items = given.shape[:2]
    shares = given.sum(axis=1) / rated[:, None]
    others = (
        shares.sum(axis=0) - shares
    ) @ credit  # per rater: the credit each category earns with the others
    chance = float((shares * others).sum() / (raters * (raters - 1)))
    moved = given - given.sum(axis=2, keepdims=True) * shares[:, None, :]
    pull = np.einsum("gik,gk,g->i", moved, others, items / rated)
    return chance, chance + pull / (raters * (raters - 1))


def _gwet_chance(codes: IntArray, counts: FloatArray, credit: FloatArray) -> tuple[float, FloatArray]:
    size, shares = len(credit), _shares(counts)
    scale = credit.sum() / (size * (size - 1))
    return float(scale * (shares * (1 - shares)).sum()), scale * (counts @ (1 - shares)) / counts.sum(axis=1)


def _brennan_prediger_chance(
    codes: IntArray, counts: FloatArray, credit: FloatArray
) -> tuple[float, FloatArray]:
    chance = float(credit.sum() / credit.size)
    return chance, np.full(len(counts), chance)
