"""How good a learned judge is on items it has not seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Items whose value was given a probability from `low` to `high`: how sure it was, and how often right."""

    low: float
    high: float
    items: int
    sure: float
    right: float


@dataclass(frozen=True)
class Report:
    """Out of fold. `brier` is the mean over items of the summed squared errors of all classes, halved.

    `base_accuracy` and `base_brier` are what always saying the class shares would reach; `calibration_error` is the
    mean distance of sureness and truth over the bins, weighted by their items.
    """

    items: int
    clusters: int
    folds: int
    shares: Mapping[str, float]
    accuracy: float
    kappa: float
    brier: float
    base_accuracy: float
    base_brier: float
    calibration_error: float
    bins: tuple[Bin, ...]

    def to_dict(self) -> dict[str, Any]:
        numbers = {
            name: round(getattr(self, name), 5)
            for name in ("accuracy", "kappa", "brier", "base_accuracy", "base_brier", "calibration_error")
        }
        bins = [
            {
                "low": one.low,
                "high": one.high,
                "items": one.items,
                "sure": round(one.sure, 5),
                "right": round(one.right, 5),
            }
            for one in self.bins
        ]
        counts = {"items": self.items, "clusters": self.clusters, "folds": self.folds}
        shares = {name: round(share, 5) for name, share in self.shares.items()}
        return {**counts, "shares": shares, **numbers, "bins": bins}


def report_on(
    probabilities: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    classes: Sequence[str],
    *,
    folds: int,
    clusters: int,
) -> Report:
    """`probabilities`: items x classes; `labels`: the true class of each item, by its place."""
    truth = np.eye(len(classes))[labels]
    said, shares = probabilities.argmax(axis=1), truth.mean(axis=0)
    accuracy = float((said == labels).mean())
    chance = float((shares * np.eye(len(classes))[said].mean(axis=0)).sum())
    bins = _bins(probabilities.max(axis=1), said == labels)
    return Report(
        items=len(labels),
        clusters=clusters,
        folds=folds,
        shares=dict(zip(classes, shares.tolist(), strict=True)),
        accuracy=accuracy,
        kappa=(accuracy - chance) / (1 - chance) if chance < 1 else 0.0,
        brier=_brier(probabilities, truth),
        base_accuracy=float(shares.max()),
        base_brier=_brier(np.broadcast_to(shares, truth.shape), truth),
        calibration_error=sum(one.items * abs(one.sure - one.right) for one in bins) / len(labels),
        bins=bins,
    )


def _brier(probabilities: npt.NDArray[np.float64], truth: npt.NDArray[np.float64]) -> float:
    return float(((probabilities - truth) ** 2).sum(axis=1).mean() / 2)


def _bins(sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]) -> tuple[Bin, ...]:
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    return tuple(
        Bin(
            low=number / BINS,
            high=(number + 1) / BINS,
            items=int((place == number).sum()),
            sure=float(sure[place == number].mean()),
            right=float(right[place == number].mean()),
        )
        for number in np.unique(place).tolist()
    )
