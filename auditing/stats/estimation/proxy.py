"""Learning to predict the human label from all judges and metadata: what bounds the saving is how well this works."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.results import Result

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

FEWEST_LABELS = 30
MOST_INTERACTING = 20  # columns up to which squares and products are added
SPREAD_FLOOR = 0.25  # of the mean predicted spread: no unit is taken to be certain
PENALTY = 3.0  # of a standardised coefficient


@dataclass(frozen=True)
class Proxy(Result):
    """Predictions of the human label for every item. All arrays have one entry per item.

    predictions: mean over the folds' models, for `proxy_all`. out_of_fold: for labelled items, by the model
    that did not see their fold, for `proxy_labelled`; NaN elsewhere. spread: predicted standard deviation of
    label - prediction, the size to draw in proportion to. r_squared: share of the labels' variance explained
    out of fold (can be below 0).
    """

    predictions: FloatArray
    out_of_fold: FloatArray
    spread: FloatArray
    r_squared: float
    n: int
    method: str


def fit_proxy(
    features: Any,
    labels: Any,
    clusters: Sequence[Hashable] | None = None,
    *,
    folds: int = 5,
    seed: int = 0,
) -> Proxy:
    """Fit a prediction of the label from judge scores and metadata, cross-fitted by cluster.

    features: items x columns of numbers, NaN where a judge gave none (a missing score gets a column of its
    own). labels: one per item, NaN where there is none. clusters: one per item; a cluster stays in one fold.
    Logistic regression for 0/1 labels, ridge regression for others, with squares and products of up to twenty columns.

    Use with `estimate_mean(labels[drawn], probabilities, proxy.predictions, labelled_index=drawn, proxy_labelled=
    proxy.out_of_fold[drawn])`; for the next draw, `draw(..., "pps", sizes=mixed_with_uniform(proxy.spread, 0.3))`.
    Raises ValueError with fewer than 30 labels, fewer clusters than folds, or labels all equal.
    """
    y, columns = np.asarray(labels, dtype=float), _completed(np.asarray(features, dtype=float))
    labelled = np.flatnonzero(~np.isnan(y))
    if len(labelled) < FEWEST_LABELS:
        raise ValueError(f"a proxy needs at least {FEWEST_LABELS} labels, not {len(labelled)}")
    if len(columns) != len(y):
        raise ValueError(f"{len(columns)} rows of features for {len(y)} items")
    if np.ptp(y[labelled]) == 0:
        raise ValueError("all labels are equal: there is nothing to predict")
    binary = bool(np.isin(y[labelled], (0, 1)).all())
    fold = _folds(labelled, clusters, folds, seed)
    predictions, out_of_fold = _cross_fitted(columns, y, labelled, fold, folds, binary)
    residuals = (y - out_of_fold)[labelled]
    return Proxy(
        predictions=predictions,
        out_of_fold=out_of_fold,
        spread=_spread(columns, predictions, residuals, labelled, binary),
        r_squared=float(1 - (residuals**2).mean() / y[labelled].var()),
        n=len(labelled),
        method=f"{'logistic' if binary else 'ridge'} regression, cross-fitted in {folds} folds",
    )


def _completed(features: FloatArray) -> FloatArray:
    """Columns with their gaps filled by the mean, and one column per kind of gap."""
    table = features[:, None] if features.ndim == 1 else features
    gaps = np.isnan(table)
    known = np.where(gaps, 0.0, table).sum(axis=0) / np.maximum((~gaps).sum(axis=0), 1)
    patterns = np.unique(gaps[:, gaps.any(axis=0)].astype(float), axis=1)
    return np.hstack([np.where(gaps, known, table), patterns])


def _folds(labelled: IntArray, clusters: Sequence[Hashable] | None, folds: int, seed: int) -> IntArray:
    """A fold per labelled item; a cluster stays together."""
    position: dict[Hashable, int] = {}
    units = np.array(
        [
            position.setdefault(item if clusters is None else clusters[item], len(position))
            for item in labelled
        ]
    )
    if len(position) < folds:
        raise ValueError(f"{len(position)} clusters cannot fill {folds} folds")
    return (np.random.default_rng(seed).permutation(len(position)) % folds)[units]


def _cross_fitted(
    columns: FloatArray, y: FloatArray, labelled: IntArray, fold: IntArray, folds: int, binary: bool
) -> tuple[FloatArray, FloatArray]:
    predictions, out_of_fold = np.zeros(len(y)), np.full(len(y), np.nan)
    for number in range(folds):
        inside, outside = labelled[fold == number], labelled[fold != number]
        predicted = _predicted(columns, columns[outside], y[outside], binary)
        predictions += predicted / folds
        out_of_fold[inside] = predicted[inside]
    return predictions, out_of_fold


def _predicted(everything: FloatArray, columns: FloatArray, y: FloatArray, binary: bool) -> FloatArray:
    if np.ptp(y) == 0:
        return np.full(len(everything), y[0])
    model = _model(columns.shape[1], binary).fit(columns, y)
    return np.asarray(model.predict_proba(everything)[:, 1] if binary else model.predict(everything))


def _model(width: int, binary: bool) -> "Pipeline":
    # imported when it is needed: scikit-learn would cost every process a second at its start
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    steps: list[Any] = [StandardScaler()]
    if width <= MOST_INTERACTING:
        steps += [PolynomialFeatures(2, include_bias=False), StandardScaler()]
    steps.append(LogisticRegression(C=1 / PENALTY, max_iter=1000) if binary else Ridge(alpha=PENALTY))
    return make_pipeline(*steps)


def _spread(
    columns: FloatArray, predictions: FloatArray, residuals: FloatArray, labelled: IntArray, binary: bool
) -> FloatArray:
    """Predicted size of the residual: Bernoulli for 0/1 labels, a second fit for others; floored."""
    if binary:
        size = np.sqrt(np.clip(predictions * (1 - predictions), 0, None))
    else:
        size = _predicted(columns, columns[labelled], np.abs(residuals), binary=False)
    typical = float(np.clip(size, 0, None).mean()) or 1.0
    return np.maximum(size, SPREAD_FLOOR * typical)
