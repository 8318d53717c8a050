"""The models that a proxy is chosen from: penalised linear ones, and boosted trees where labels are many."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditing.stats.arrays import FloatArray

TREES = "boosted trees"
LIGHT, HEAVY = 3.0, 30.0  # penalties of a standardised coefficient
LABELS_PER_PRODUCT = 4  # labels that each square or product of columns must be able to lean on
LABELS_FOR_TREES = 400
STEPS, LARGEST_STEP, CONVERGED = 100, 2.0, 1e-8

Fit = Callable[[FloatArray, FloatArray, FloatArray, bool], FloatArray]


@dataclass(frozen=True)
class Model:
    """A way to predict a label. fit(columns, labels, columns of all items, labels are 0/1) gives all predictions."""

    name: str
    fit: Fit


def candidates(width: int, labels: int) -> list[Model]:
    """The models that this many labels can feed, for items with `width` columns."""
    found = [Model("linear", _linear(LIGHT)), Model("linear, held back", _linear(HEAVY))]
    if LABELS_PER_PRODUCT * width * (width + 3) / 2 <= labels:
        found.append(Model("linear with squares and products", _with_products))
    if labels >= LABELS_FOR_TREES:
        found.append(Model(TREES, _trees))
    return found


def penalised(
    columns: FloatArray, y: FloatArray, everything: FloatArray, binary: bool, penalty: float
) -> FloatArray:
    """Predictions of ridge regression, logistic for 0/1 labels, on standardised columns; the intercept is free."""
    centre, scale = _standard(columns)
    design = (columns - centre) / scale
    if binary:
        coefficients = logistic(np.column_stack([np.ones(len(y)), design]), y, penalty)
    else:
        gram = design.T @ design + penalty * np.eye(design.shape[1])
        coefficients = np.append(y.mean(), np.linalg.solve(gram, design.T @ (y - y.mean())))
    slopes = coefficients[1:] / scale
    score = everything @ slopes + (coefficients[0] - centre @ slopes)
    return _probability(score) if binary else np.asarray(score)


def _standard(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of each column; 1 for one that does not vary."""
    scale = columns.std(axis=0)
    return columns.mean(axis=0), np.where(scale > 1e-12, scale, 1.0)


def logistic(design: FloatArray, y: FloatArray, penalty: float) -> FloatArray:
    """Coefficients of a logistic regression, the first column's without penalty; y may lie between 0 and 1.

    Newton's method; steps are kept short, for far from the optimum they overshoot.
    """
    coefficients = np.zeros(design.shape[1])
    penalties = np.full(len(coefficients), penalty)
    penalties[0] = 1e-6
    for _ in range(STEPS):
        p = _probability(design @ coefficients)
        curvature = (design.T * (p * (1 - p))) @ design + np.diag(penalties)
        step = np.linalg.solve(curvature, design.T @ (y - p) - penalties * coefficients)
        size = float(np.abs(step).max())
        coefficients += step * min(1.0, LARGEST_STEP / max(size, 1e-300))
        if size < CONVERGED:
            break
    return coefficients


def _probability(score: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(score, -30, 30))))


def _linear(penalty: float) -> Fit:
    return lambda columns, y, everything, binary: penalised(columns, y, everything, binary, penalty)


def _with_products(columns: FloatArray, y: FloatArray, everything: FloatArray, binary: bool) -> FloatArray:
    centre, scale = _standard(columns)
    return penalised(
        _products((columns - centre) / scale), y, _products((everything - centre) / scale), binary, LIGHT
    )


def _products(table: FloatArray) -> FloatArray:
    first, second = np.triu_indices(table.shape[1])
    return np.hstack([table, table[:, first] * table[:, second]])


def _trees(columns: FloatArray, y: FloatArray, everything: FloatArray, binary: bool) -> FloatArray:
    # imported when it is needed: scikit-learn would cost every process a second at its start
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    kind = HistGradientBoostingClassifier if binary else HistGradientBoostingRegressor
    model: Any = kind(
        max_iter=100,
        learning_rate=0.06,
        max_leaf_nodes=8,
        min_samples_leaf=15,
        l2_regularization=5.0,
        random_state=0,
    )
    with threadpool_limits(1):  # on so few rows, threads cost more than they bring
        model.fit(columns, y)
        return np.asarray(model.predict_proba(everything)[:, 1] if binary else model.predict(everything))
