"""Learning to predict the human label from all judges and metadata: what bounds the saving is how well this works."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.estimation.models import HEAVY, TREES, Model, candidates, penalised
from auditing.stats.results import Result

FEWEST_LABELS = 30
SPREAD_FLOOR = 0.25  # of the mean predicted spread: no unit is taken to be certain


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

    def part(self, chosen: IntArray) -> "Proxy":
        """The same proxy for the items at these positions: those of the batch under audit, say."""
        return replace(
            self,
            predictions=self.predictions[chosen],
            out_of_fold=self.out_of_fold[chosen],
            spread=self.spread[chosen],
        )


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
    Of ridge regressions (logistic for 0/1 labels) with and without products of columns, boosted trees and an
    average of both, as far as the labels suffice, the one is taken whose predictions out of fold err least; where
    none errs less than the mean of the labels does, that mean is the prediction of every item.

    Use with `estimate_mean(labels[drawn], probabilities, proxy.predictions, labelled_index=drawn,
    learned_proxy=True)` where none of its labels are under audit, and with proxy_labelled=proxy.out_of_fold[drawn]
    besides where they are; for the next draw, `draw(..., "pps", sizes=mixed_with_uniform(proxy.spread, 0.2))`.
    Raises ValueError with fewer than 30 labels, fewer clusters than folds, or labels all equal.
    """
    y, columns = np.asarray(labels, dtype=float), _completed(np.asarray(features, dtype=float))
    if np.isinf(y).any() or np.isinf(columns).any():
        raise ValueError("a label or a feature is infinite")
    if folds < 2:
        raise ValueError(f"predictions out of fold need at least 2 folds, not {folds}")
    labelled = np.flatnonzero(~np.isnan(y))
    if len(labelled) < FEWEST_LABELS:
        raise ValueError(f"a proxy needs at least {FEWEST_LABELS} labels, not {len(labelled)}")
    if len(columns) != len(y):
        raise ValueError(f"{len(columns)} rows of features for {len(y)} items")
    if np.ptp(y[labelled]) == 0:
        raise ValueError("all labels are equal: there is nothing to predict")
    binary = bool(np.isin(y[labelled], (0, 1)).all())
    fold = _folds(labelled, clusters, folds, seed)
    name, predictions, out_of_fold = _best(columns, y, labelled, fold, binary)
    residuals = (y - out_of_fold)[labelled]
    return Proxy(
        predictions=predictions,
        out_of_fold=out_of_fold,
        spread=_spread(columns, predictions, residuals, labelled, binary),
        r_squared=float(1 - (residuals**2).mean() / y[labelled].var()),
        n=len(labelled),
        method=f"{name}, {'logistic' if binary else 'ridge'}, cross-fitted in {folds} folds",
    )


def _completed(features: FloatArray) -> FloatArray:
    """Columns with their gaps filled by the mean, and one column per kind of gap."""
    table = features[:, None] if features.ndim == 1 else features
    gaps = np.isnan(table)
    if not gaps.any():
        return table
    known = np.where(gaps, 0.0, table).sum(axis=0) / np.maximum((~gaps).sum(axis=0), 1)
    patterns = {pattern.tobytes(): pattern for pattern in gaps.T if pattern.any()}
    return np.column_stack([np.where(gaps, known, table), *patterns.values()])


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


def _best(
    columns: FloatArray, y: FloatArray, labelled: IntArray, fold: IntArray, binary: bool
) -> tuple[str, FloatArray, FloatArray]:
    """Name, predictions and out-of-fold predictions of the model that errs least out of fold."""
    models = [Model("mean of the labels", _mean), *candidates(columns.shape[1], len(labelled))]
    fitted = [_cross_fitted(model, columns, y, labelled, fold, binary) for model in models]
    choices = [(model.name, *found) for model, found in zip(models, fitted, strict=True)]
    if models[-1].name == TREES:  # trees and a linear model err in different places
        name, predictions, out_of_fold = choices[1]
        _, trees, trees_out_of_fold = choices[-1]
        averaged = (predictions + trees) / 2, (out_of_fold + trees_out_of_fold) / 2
        choices.append((f"{name} and {TREES}, averaged", *averaged))
    return min(choices, key=lambda choice: float(((y - choice[2])[labelled] ** 2).mean()))


def _mean(columns: FloatArray, y: FloatArray, everything: FloatArray, binary: bool) -> FloatArray:
    return np.full(len(everything), y.mean())


def _cross_fitted(
    model: Model, columns: FloatArray, y: FloatArray, labelled: IntArray, fold: IntArray, binary: bool
) -> tuple[FloatArray, FloatArray]:
    folds = int(fold.max()) + 1
    predictions, out_of_fold = np.zeros(len(y)), np.full(len(y), np.nan)
    for number in range(folds):
        inside, outside = labelled[fold == number], labelled[fold != number]
        predicted = _predicted(model, columns, columns[outside], y[outside], binary)
        predictions += predicted / folds
        out_of_fold[inside] = predicted[inside]
    return predictions, out_of_fold


def _predicted(
    model: Model, everything: FloatArray, columns: FloatArray, y: FloatArray, binary: bool
) -> FloatArray:
    if np.ptp(y) == 0:
        return np.full(len(everything), y[0])
    return model.fit(columns, y, everything, binary)


def _spread(
    columns: FloatArray, predictions: FloatArray, residuals: FloatArray, labelled: IntArray, binary: bool
) -> FloatArray:
    """Predicted size of the residual: Bernoulli for 0/1 labels, a second fit for others; floored."""
    if binary:
        size = np.sqrt(np.clip(predictions * (1 - predictions), 0, None))
    else:
        size = penalised(columns[labelled], np.abs(residuals), columns, binary=False, penalty=HEAVY)
    typical = float(np.clip(size, 0, None).mean()) or 1.0
    return np.maximum(size, SPREAD_FLOOR * typical)
