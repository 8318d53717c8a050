"""Raters: how skilled each is, how lenient, and whether a judge may stand in for one.

Opinions come as three columns of equal length (item, rater, label or value), one row per opinion; a repeated
opinion counts again.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import sparse, stats
from scipy.sparse.csgraph import connected_components

from auditing.stats.agreement.coding import MISSING, encode, is_missing
from auditing.stats.arrays import FloatArray, IntArray, measured
from auditing.stats.results import Result

TINY = 1e-300  # stands for probability 0 under a logarithm


@dataclass(frozen=True)
class DawidSkene(Result):
    """The fitted model. posterior: items x categories; confusion: raters x true category x given category."""

    items: tuple[Hashable, ...]
    raters: tuple[Hashable, ...]
    categories: tuple[Hashable, ...]
    labels: tuple[Hashable, ...]
    posterior: FloatArray
    prevalence: FloatArray
    confusion: FloatArray
    log_likelihood: float
    iterations: int
    converged: bool


def dawid_skene(
    item: Sequence[Hashable],
    rater: Sequence[Hashable],
    label: Sequence[Hashable],
    *,
    smoothing: float = 0.0,
    iterations: int = 1000,
    tolerance: float = 1e-9,
) -> DawidSkene:
    """True categories and rater error rates from opinions alone (Dawid and Skene 1979), by EM on the sparse
    table of opinions.

    A label None or NaN is no opinion; an item or rater without any is not in the result.
    Starts from vote shares; stops when the log-likelihood gains less than `tolerance` per opinion. smoothing
    adds so many pseudo-opinions to every cell of a rater's confusion (MAP; 0 is maximum likelihood): what then
    rises, and is watched, is the log-likelihood plus the pseudo-opinions'. `labels` are the likeliest categories.
    Cost per iteration: opinions x categories. Raises ValueError for columns of different lengths or without an
    opinion, negative smoothing, and no iteration.
    """
    if iterations < 1 or not 0 <= smoothing < np.inf:
        raise ValueError(f"need an iteration and smoothing of at least 0, not {iterations} and {smoothing}")
    (item_codes, items), (rater_codes, raters), (codes, categories) = (
        _coded(column) for column in _opinions(item, rater, label)
    )
    size = len(categories)
    table = sparse.csr_matrix(
        (np.ones(len(codes)), (item_codes, rater_codes * size + codes)),
        shape=(len(items), len(raters) * size),
    )
    votes = np.asarray(table @ np.tile(np.eye(size), (len(raters), 1)))
    posterior = votes / votes.sum(axis=1, keepdims=True)
    flipped = table.T.tocsr()
    before, step, converged = -np.inf, 0, False
    while step < iterations and not converged:
        step += 1
        prevalence = posterior.mean(axis=0)
        confusion = _confusion(flipped @ posterior, len(raters), size, smoothing)
        posterior, likelihood = _expected(table, prevalence, confusion)
        objective = likelihood + smoothing * float(np.log(np.maximum(confusion, TINY)).sum())
        converged = objective - before <= tolerance * len(codes)
        before = objective
    winners = tuple(categories[position] for position in posterior.argmax(axis=1))
    return DawidSkene(
        items,
        raters,
        categories,
        winners,
        posterior,
        prevalence,
        confusion,
        float(likelihood),
        step,
        converged,
    )


def _confusion(counts: Any, raters: int, size: int, smoothing: float) -> FloatArray:
    """Raters x true x given, from expected counts; a row nothing is known of is uniform."""
    table = np.asarray(counts).reshape(raters, size, size).transpose(0, 2, 1) + smoothing
    total = table.sum(axis=2, keepdims=True)
    return np.where(total > TINY, table / np.maximum(total, TINY), 1 / size)


def _expected(table: Any, prevalence: FloatArray, confusion: FloatArray) -> tuple[FloatArray, float]:
    """Posterior categories per item, and the log-likelihood."""
    by_opinion = np.log(np.maximum(confusion, TINY)).transpose(0, 2, 1).reshape(-1, len(prevalence))
    joint = np.ascontiguousarray((table @ by_opinion).T) + np.log(np.maximum(prevalence, TINY))[:, None]
    highest = joint.max(axis=0)
    weights = np.exp(joint - highest)
    total = weights.sum(axis=0)
    return np.ascontiguousarray((weights / total).T), float((np.log(total) + highest).sum())


@dataclass(frozen=True)
class Leniency(Result):
    """Each rater's effect (positive: scores higher than the others on the same items), with its interval."""

    raters: tuple[Hashable, ...]
    effects: FloatArray
    low: FloatArray
    high: FloatArray
    n: IntArray
    confidence: float
    method: str
    note: str


def leniency(
    item: Sequence[Hashable], rater: Sequence[Hashable], value: Sequence[float], confidence: float = 0.95
) -> Leniency:
    """Rater effects of the two-way additive fit value = item + rater + error, by least squares; effects average to 0.

    Items cancel, so raters who saw harder items are not taken for severe. Raters who share no item, even
    through others, cannot be compared: each such group averages to 0 by itself, and the note says so.
    Student t intervals, NaN where as many effects are fitted as there are values. Raises ValueError for columns of
    different lengths, and values that are no numbers.
    """
    given_items, given_raters, given = _opinions(item, rater, value)
    (item_codes, items), (rater_codes, raters) = _coded(given_items), _coded(given_raters)
    values = measured(given)
    design = sparse.csr_matrix(
        (np.ones(len(values)), (item_codes, rater_codes)), shape=(len(items), len(raters))
    )
    per_item, per_rater = np.bincount(item_codes), np.bincount(rater_codes)
    averages = sparse.diags(1 / per_item) @ design
    system = np.diag(per_rater) - (design.T @ averages).toarray()
    item_means = np.bincount(item_codes, weights=values) / per_item
    gaps = np.bincount(rater_codes, weights=values - item_means[item_codes], minlength=len(raters))
    inverse = np.linalg.pinv(system, hermitian=True)
    effects: FloatArray = inverse @ gaps
    groups = connected_components(design.T @ design, directed=False)[0]
    df = len(values) - len(items) - len(raters) + groups
    residuals = values - item_means[item_codes] - (effects[rater_codes] - (averages @ effects)[item_codes])
    error = (
        np.sqrt(np.maximum(np.diag(inverse), 0) * (residuals**2).sum() / df)
        if df > 0
        else np.full(len(raters), np.nan)
    )
    margin = error * stats.t.isf((1 - confidence) / 2, max(df, 1))
    note = f"{groups} groups of raters share no item and cannot be compared" if groups > 1 else ""
    method = "two-way additive fit, Student t"
    return Leniency(raters, effects, effects - margin, effects + margin, per_rater, confidence, method, note)


@dataclass(frozen=True)
class AlternativeAnnotatorTest(Result):
    """Whether a judge may replace a human annotator.

    winning_rate: share of annotators that the judge is shown to match or beat; passed: at least half.
    advantage_probability: how often the judge is at least as near to the others as the annotator is, averaged over
    annotators. p_values belong to `annotators` (positions of the rows tested).
    """

    winning_rate: float
    advantage_probability: float
    passed: bool
    annotators: tuple[int, ...]
    p_values: FloatArray
    n: IntArray
    method: str
    note: str


FEWEST_ITEMS = 30


def alternative_annotator_test(
    ratings: Any,
    judge: Any,
    scoring: Literal["accuracy", "neg_rmse"] = "accuracy",
    epsilon: float = 0.1,
    q: float = 0.05,
) -> AlternativeAnnotatorTest:
    """The alt-test of Calderon, Reichart and Dror (2025): leave one annotator out, and compare judge and
    annotator with the rest.

    ratings: annotators x items, judge: items; NaN or None where missing. Numbers for neg_rmse, any
    categories for accuracy. epsilon: the advantage a human is granted for costing more (the paper: 0.2 for
    experts, 0.1 for crowds). For each annotator with at least 30 items rated by another annotator and by the judge, a
    one-sided t-test that the annotator's lead is below epsilon; the p-values go through Benjamini-Yekutieli at q.
    """
    if scoring not in ("accuracy", "neg_rmse"):
        raise ValueError(f"unknown scoring {scoring!r}: use accuracy or neg_rmse")
    table, verdicts = _as_numbers(ratings, judge, scoring)
    leads, advantages, tested = [], [], []
    for annotator in range(len(table)):
        by_judge, by_human = _alignment(table, verdicts, annotator, scoring)
        if len(by_judge) >= FEWEST_ITEMS:
            tested.append(annotator)
            leads.append((by_human >= by_judge).astype(float) - (by_judge >= by_human))
            advantages.append(float((by_judge >= by_human).mean()))
    if not tested:
        raise ValueError(f"no annotator has {FEWEST_ITEMS} items rated by another annotator and by the judge")
    p_values = np.array([_below(lead, epsilon) for lead in leads])
    won = stats.false_discovery_control(p_values, method="by") <= q
    left_out = len(table) - len(tested)
    return AlternativeAnnotatorTest(
        winning_rate=float(won.mean()),
        advantage_probability=float(np.mean(advantages)),
        passed=bool(won.mean() >= 0.5),
        annotators=tuple(tested),
        p_values=p_values,
        n=np.array([len(lead) for lead in leads]),
        method=f"alternative annotator test, {scoring}, epsilon {epsilon}",
        note=f"{left_out} annotators with fewer than {FEWEST_ITEMS} items were left out" if left_out else "",
    )


def _as_numbers(ratings: Any, judge: Any, scoring: str) -> tuple[FloatArray, FloatArray]:
    """Annotators' table and judge's row as numbers, NaN where missing; categories by their code."""
    rows = [list(row) for row in ratings] + [list(judge)]
    if scoring == "neg_rmse":
        numbers = np.array(rows, dtype=float)
    else:
        codes = encode(rows).codes
        numbers = np.where(codes == MISSING, np.nan, codes)
    return numbers[:-1], numbers[-1]


def _alignment(
    table: FloatArray, verdicts: FloatArray, annotator: int, scoring: str
) -> tuple[FloatArray, FloatArray]:
    """How well judge and annotator agree with the other annotators, per item that all three sides rated."""
    others = np.delete(table, annotator, axis=0)
    usable = ~np.isnan(table[annotator]) & ~np.isnan(verdicts) & ~np.isnan(others).all(axis=0)
    return (
        _score(verdicts[usable], others[:, usable], scoring),
        _score(table[annotator, usable], others[:, usable], scoring),
    )


def _score(own: FloatArray, others: FloatArray, scoring: str) -> FloatArray:
    if scoring == "neg_rmse":
        return np.asarray(-np.sqrt(np.nanmean((own - others) ** 2, axis=0)))
    matches: FloatArray = np.where(np.isnan(others), np.nan, (own == others).astype(float))
    return np.asarray(np.nanmean(matches, axis=0))


def _below(lead: FloatArray, epsilon: float) -> float:
    """p-value of the one-sided t-test that the mean lead is below epsilon."""
    if np.ptp(lead) == 0:
        return 0.0 if lead[0] < epsilon else 1.0
    return float(stats.ttest_1samp(lead, epsilon, alternative="less").pvalue)


def _coded(values: Sequence[Hashable]) -> tuple[IntArray, tuple[Hashable, ...]]:
    """Integer codes and what they stand for: sorted for arrays, in order of first appearance for sequences."""
    if isinstance(values, np.ndarray) and values.dtype != object:
        distinct, codes = np.unique(values, return_inverse=True)
        return codes, tuple(distinct.tolist())
    positions: dict[Hashable, int] = {}
    codes = np.fromiter((positions.setdefault(value, len(positions)) for value in values), dtype=np.int64)
    return codes, tuple(positions)


def _opinions(item: Any, rater: Any, given: Any) -> tuple[Any, Any, Any]:
    """The three columns without the rows that hold no opinion. Raises ValueError unless they are equally long."""
    lengths = [len(item), len(rater), len(given)]
    if len(set(lengths)) != 1 or lengths[0] == 0:
        raise ValueError(f"the columns must be equally long and not empty: {lengths}")
    numbers = isinstance(given, np.ndarray) and given.dtype.kind in "iufb"
    held = ~np.isnan(given) if numbers else np.array([not is_missing(one) for one in given])
    if held.all():
        return item, rater, given
    if not held.any():
        raise ValueError("the columns must hold an opinion")
    kept = np.flatnonzero(held).tolist()
    items, raters, opinions = ([list(column)[row] for row in kept] for column in (item, rater, given))
    return items, raters, opinions
