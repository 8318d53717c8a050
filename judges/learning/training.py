"""Fitting a learned model to rulings, cross-fitted so that no item is judged by a model that saw its kind."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from judges.learning.features import fields_of, grams, measures, text_of
from judges.learning.model import LearnedModel, bag, content_key
from judges.learning.report import Report, report_on
from judges.programs.duplicates import likenesses, signature

FEWEST_EXAMPLES, FEWEST_OF_A_CLASS = 40, 5
FOLDS = 5
FEWEST_ITEMS_A_WORD = 3
STRENGTHS = (0.1, 0.3, 1.0, 3.0)  # C of the regression: the higher, the freer
NEARLY_ALIKE = 0.8
SHARPENING = (-0.7, 2.0)  # of the temperature's logarithm: few items, all told right, do not make certain
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """A ruled item. `cluster` names what it shares with others (a question, a producer); "" is its own."""

    payload: Mapping[str, Any]
    label: str
    cluster: str = ""
    opinions: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """A model, how good it is on items it has not seen, and what it says of its own training items unseen."""

    model: LearnedModel
    report: Report
    out_of_fold: Mapping[str, Mapping[str, float]]


def train(examples: Sequence[Example], *, seed: int = 0) -> Trained:
    """Fit a model to the labels. Raises ValueError where there are too few, or they are all the same.

    Folds are made of whole clusters; examples whose text is nearly the same belong to one cluster too. The
    strength of the fit is chosen inside each training part. A temperature, fitted to the predictions out of fold,
    calibrates the model; the reported figures use for each fold the temperature of the others.
    """
    classes, labels = _labels(examples)
    clusters = _clusters(examples)
    fold = _folds(clusters, FOLDS, seed)
    table = _Table.of(examples)
    scores = np.zeros((len(examples), len(classes)))
    for number in range(FOLDS):
        inside = fold == number
        fitted = _fit(table, labels, clusters, ~inside, len(classes), seed)
        scores[inside] = fitted.scores(table, inside)
    unseen = _calibrated_across(scores, labels, fold)
    everything = np.ones(len(examples), dtype=bool)
    final = _fit(table, labels, clusters, everything, len(classes), seed)
    return Trained(
        model=final.model(classes, table, _temperature(scores, labels)),
        report=report_on(unseen, labels, classes, folds=FOLDS, clusters=len(set(clusters.tolist()))),
        out_of_fold={
            content_key(example.payload): dict(zip(classes, map(_short, row), strict=True))
            for example, row in zip(examples, unseen, strict=True)
        },
    )


def _labels(examples: Sequence[Example]) -> tuple[tuple[str, ...], Ints]:
    if len(examples) < FEWEST_EXAMPLES:
        raise ValueError(f"{len(examples)} labelled items are too few: {FEWEST_EXAMPLES} are needed")
    given = [example.label for example in examples]
    classes = tuple(sorted(label for label in set(given) if given.count(label) >= FEWEST_OF_A_CLASS))
    rare = sorted(set(given) - set(classes))
    if rare:
        raise ValueError(f"fewer than {FEWEST_OF_A_CLASS} items are labelled {', '.join(rare)}")
    if len(classes) < 2:
        raise ValueError("all labels are the same: there is nothing to learn")
    return classes, np.array([classes.index(label) for label in given])


def _clusters(examples: Sequence[Example]) -> Ints:
    """A number for each example; those that share a cluster's name or nearly all their text share it."""
    parent = list(range(len(examples)))

    def root(one: int) -> int:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    first: dict[str, int] = {}
    for place, example in enumerate(examples):
        if example.cluster:
            parent[root(place)] = root(first.setdefault(example.cluster, place))
    texts = [text_of(dict(example.payload)) for example in examples]
    signatures = np.array([signature(text) for text in texts])
    for later, (earlier, _) in likenesses(signatures, NEARLY_ALIKE).items():
        parent[root(later)] = root(earlier)
    return np.array([root(place) for place in range(len(examples))])


def _folds(clusters: Ints, folds: int, seed: int) -> Ints:
    """A fold for each example: clusters in random order, each into the fold that is smallest so far."""
    names, sizes = np.unique(clusters, return_counts=True)
    if len(names) < folds:
        raise ValueError(f"the items form {len(names)} clusters, which cannot fill {folds} folds")
    filled, fold_of = np.zeros(folds), {}
    for place in np.random.default_rng(seed).permutation(len(names)):
        smallest = int(filled.argmin())
        filled[smallest] += sizes[place]
        fold_of[int(names[place])] = smallest
    return np.array([fold_of[int(cluster)] for cluster in clusters])


@dataclass(frozen=True)
class _Table:
    """The features of all examples, not yet standardised: that is learnt from each training part."""

    fields: tuple[str, ...]
    names: tuple[str, ...]
    numbers: Floats
    counts: Sequence[Mapping[int, float]]

    @classmethod
    def of(cls, examples: Sequence[Example]) -> "_Table":
        fields = fields_of([example.payload for example in examples])
        rows = [{**measures(example.payload, fields), **example.opinions} for example in examples]
        names = tuple(sorted({name for row in rows for name in row}))
        numbers = np.array([[row.get(name, math.nan) for name in names] for row in rows])
        return cls(fields, names, numbers, [grams(example.payload, fields) for example in examples])


@dataclass(frozen=True)
class _Fitted:
    """A regression and the standardisation that goes before it. `coefficients`: a row a class."""

    means: Floats
    spreads: Floats
    idf: Mapping[int, float]
    buckets: Sequence[int]
    intercepts: Floats
    coefficients: Floats

    def scores(self, table: _Table, rows: npt.NDArray[np.bool_]) -> Floats:
        columns = _columns(table, rows, self.means, self.spreads, self.idf, self.buckets)
        result: Floats = columns @ self.coefficients.T + self.intercepts
        return result

    def model(self, classes: tuple[str, ...], table: _Table, temperature: float) -> LearnedModel:
        width = len(table.names)
        parts = np.split(self.coefficients, [width, 2 * width], axis=1)
        numeric, gaps, words = (part.tolist() for part in parts)
        return LearnedModel(
            classes=classes,
            fields=table.fields,
            names=table.names,
            means=tuple(self.means.tolist()),
            spreads=tuple(self.spreads.tolist()),
            idf=self.idf,
            intercepts=tuple(self.intercepts.tolist()),
            numeric=tuple(map(tuple, numeric)),
            gaps=tuple(map(tuple, gaps)),
            words=tuple(
                {bucket: weight for bucket, weight in zip(self.buckets, row, strict=True) if weight}
                for row in words
            ),
            temperature=temperature,
        )


def _fit(
    table: _Table, labels: Ints, clusters: Ints, rows: npt.NDArray[np.bool_], count: int, seed: int
) -> _Fitted:
    """Fit to some rows, as strongly as a part of them held back says is best."""
    numbers = table.numbers[rows]
    known = ~np.isnan(numbers)
    totals = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, numbers, 0).sum(axis=0) / totals
    spreads = np.sqrt((np.where(known, numbers - means, 0) ** 2).sum(axis=0) / totals)
    spreads = np.where(spreads > 1e-9, spreads, 1.0)
    idf = _idf([table.counts[place] for place in np.flatnonzero(rows).tolist()])
    buckets = sorted(idf)
    columns = _columns(table, rows, means, spreads, idf, buckets)
    y = labels[rows]
    strength = _strength(columns, y, clusters[rows], count, seed)
    intercepts, coefficients = _regression(columns, y, count, strength)
    return _Fitted(means, spreads, idf, buckets, intercepts, coefficients)


def _idf(counts: Sequence[Mapping[int, float]]) -> dict[int, float]:
    seen: dict[int, int] = {}
    for row in counts:
        for bucket in row:
            seen[bucket] = seen.get(bucket, 0) + 1
    return {
        bucket: math.log((1 + len(counts)) / (1 + number)) + 1
        for bucket, number in seen.items()
        if number >= FEWEST_ITEMS_A_WORD
    }


def _columns(
    table: _Table,
    rows: npt.NDArray[np.bool_],
    means: Floats,
    spreads: Floats,
    idf: Mapping[int, float],
    buckets: Sequence[int],
) -> Any:
    """A sparse matrix: standardised measures, their gaps, words."""
    from scipy import sparse

    numbers = table.numbers[rows]
    gaps = np.isnan(numbers)
    standard = np.where(gaps, 0.0, (numbers - means) / spreads)
    place = {bucket: column for column, bucket in enumerate(buckets)}
    bags = [bag(table.counts[one], idf) for one in np.flatnonzero(rows).tolist()]
    ends = np.cumsum([0, *map(len, bags)])
    columns = [place[bucket] for weights in bags for bucket in weights]
    values = [weight for weights in bags for weight in weights.values()]
    words = sparse.csr_matrix((values, columns, ends), shape=(len(bags), len(buckets)))
    return sparse.hstack([standard, gaps.astype(float), words]).tocsr()


def _strength(columns: Any, y: Ints, clusters: Ints, count: int, seed: int) -> float:
    """The strength that predicts a third of the clusters best from the others."""
    if len(np.unique(clusters)) < 3:
        return 1.0
    held = _folds(clusters, 3, seed + 1) == 0
    if len(np.unique(y[~held])) < 2 or not held.any():
        return 1.0
    losses = {}
    for strength in STRENGTHS:
        intercepts, coefficients = _regression(columns[~held], y[~held], count, strength)
        losses[strength] = _loss(columns[held] @ coefficients.T + intercepts, y[held], 1.0)
    return min(losses, key=lambda strength: losses[strength])


def _regression(columns: Any, y: Ints, count: int, strength: float) -> tuple[Floats, Floats]:
    """Intercepts and coefficients, a row a class; a class that is not there gets a score far below the others."""
    from sklearn.linear_model import LogisticRegression  # takes a second: only who trains pays it
    from threadpoolctl import threadpool_limits

    found = np.unique(y)
    intercepts, coefficients = np.full(count, -20.0), np.zeros((count, columns.shape[1]))
    if len(found) == 1:
        intercepts[found] = 0.0
        return intercepts, coefficients
    with threadpool_limits(1):  # its steps are too small to share among threads
        fitted = LogisticRegression(C=strength, max_iter=2000).fit(columns, y)
    if len(found) == 2:  # one row, for the second class against the first
        intercepts[found] = [0.0, fitted.intercept_[0]]
        coefficients[found[1]] = fitted.coef_[0]
    else:
        intercepts[found], coefficients[found] = fitted.intercept_, fitted.coef_
    return intercepts, coefficients


def _temperature(scores: Floats, y: Ints) -> float:
    """What the scores are divided by so that the probabilities fit the labels best."""
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda power: _loss(scores, y, math.exp(power)), bounds=SHARPENING, method="bounded"
    )
    return float(math.exp(best.x))


def _calibrated_across(scores: Floats, y: Ints, fold: Ints) -> Floats:
    """Probabilities, each fold's by the temperature of the others."""
    probabilities = np.zeros_like(scores)
    for number in np.unique(fold):
        inside = fold == number
        temperature = _temperature(scores[~inside], y[~inside])
        probabilities[inside] = np.exp(_log_softmax(scores[inside] / temperature))
    return probabilities


def _loss(scores: Floats, y: Ints, temperature: float) -> float:
    return float(-_log_softmax(scores / temperature)[np.arange(len(y)), y].mean())


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    result: Floats = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _short(value: float) -> float:
    return float(f"{value:.5g}")
