"""Several waves of labels, each drawn in the light of the earlier ones, combined into one unbiased estimate.

A wave draws from the items that no earlier wave drew, with probabilities and a proxy that earlier labels alone
have shaped. What earlier waves labelled is known, the rest is estimated, so each wave gives an unbiased estimate
of the whole batch given the past; with weights fixed beforehand their errors are uncorrelated and variances add.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditing.stats.arrays import BoolArray, FloatArray, IntArray
from auditing.stats.estimation.estimators import Bounds, mover
from auditing.stats.estimation.sample import EstimateRefused, Sample, codes_of, prepare
from auditing.stats.estimation.single import Method, choice, estimated, natural_bounds

PER_LABEL = ("labels", "probabilities", "labelled_index", "proxy_labelled", "strata", "clusters")


@dataclass(frozen=True)
class Wave:
    """One wave: its labels as a sample of the items not drawn before, and the labels of those drawn before (NaN:
    none). clusters: the name of each label's cluster, by which waves know that they drew from one.
    """

    rest: Sample
    known: FloatArray
    clusters: list[Hashable] | None


def split(drawn: dict[str, Any], waves: IntArray) -> list[Wave]:
    """The inputs of `estimate_mean`, wave by wave. Raises ValueError where they do not fit together."""
    n = len(drawn["labels"])
    if len(waves) != n:
        raise ValueError(f"waves has {len(waves)} entries for {n} labels")
    if drawn["strata_sizes"] is not None or drawn["judged_probabilities"] is not None:
        raise ValueError("neither strata_sizes nor judged_probabilities go with waves")
    if drawn["labelled_index"] is None or (drawn["proxy_all"] is None and drawn["population"] is None):
        raise ValueError("waves need labelled_index, and the judge's scores or the population")
    if len(drawn["labelled_index"]) != n:
        raise ValueError(f"labelled_index has {len(drawn['labelled_index'])} entries for {n} labels")
    _check_rows(drawn["proxy_all"], drawn["labelled_index"], drawn["population"], len(np.unique(waves)))
    if drawn["probabilities"] is None:
        raise EstimateRefused("the inclusion probabilities are unknown")
    given = drawn | {"probabilities": np.broadcast_to(np.asarray(drawn["probabilities"], dtype=float), (n,))}
    return [_wave(given, waves, number, wave) for number, wave in enumerate(np.unique(waves))]


def _check_rows(proxy_all: Any, labelled_index: Any, population: int | None, waves: int) -> None:
    """One row of scores for each wave, or one for all, with an entry for each label's item."""
    rows = None if proxy_all is None else np.asarray(proxy_all, dtype=float)
    if rows is not None and not (rows.ndim == 1 or (rows.ndim == 2 and len(rows) == waves)):
        raise ValueError(f"proxy_all needs one row for all of the {waves} waves, or one for each")
    index = np.asarray(labelled_index, dtype=int)
    items = population if rows is None else rows.shape[-1]
    if index.min() < 0 or (items is not None and index.max() >= items):
        raise ValueError(f"labelled_index reaches outside the {items} items")
    if len(np.unique(index)) < len(index):
        raise ValueError("labelled_index names an item twice: a wave draws from what no earlier one drew")


def _wave(drawn: dict[str, Any], waves: IntArray, number: int, wave: int) -> Wave:
    here, before = waves == wave, waves < wave
    index = np.asarray(drawn["labelled_index"], dtype=int)
    part = drawn | {key: _picked(drawn[key], here) for key in PER_LABEL}
    known = np.asarray(_picked(drawn["labels"], before), dtype=float)
    part["labelled_index"] = None
    if drawn["population"] is not None:
        part["population"] = drawn["population"] - len(known)
    if drawn["proxy_all"] is not None:
        rows = np.asarray(drawn["proxy_all"], dtype=float)
        scores = rows if rows.ndim == 1 else rows[number]
        left = np.ones(len(scores), dtype=bool)
        left[index[before]] = False
        part["proxy_all"] = scores[left]
        part["labelled_index"] = (np.cumsum(left) - 1)[index[here]]
    answered = ~np.isnan(np.asarray(part["labels"], dtype=float))
    return Wave(prepare(**part), known, _picked(part["clusters"], answered))


def _picked(values: Any, keep: BoolArray) -> Any:
    if values is None:
        return None
    return [value for value, kept in zip(values, keep, strict=True) if kept]


def combined(waves: list[Wave], weights: Sequence[float] | None, method: Method) -> tuple[Bounds, str]:
    """The waves' estimates of the whole batch, averaged by their weights.

    Sampling errors are combined by MOVER, what missing labels could be is added up: it does not average out.
    """
    chosen = [choice(wave.rest, method) for wave in waves]
    found = [estimated(wave.rest, pick, "batch") for wave, (pick, _) in zip(waves, chosen, strict=True)]
    methods = " + ".join(dict.fromkeys(bounds.method for bounds in found))
    parts = list(zip(waves, found, strict=True))
    shares = _shares(waves, weights)
    middle, bottom, top = (
        mover(
            shares,
            np.array([bounds.estimate for bounds in ends]),
            [(bounds.low, bounds.high) for bounds in ends],
            f"{len(waves)} waves: {methods}",
        )
        for ends in (
            [_whole(wave, bounds, bounds.estimate) for wave, bounds in parts],
            [_whole(wave, bounds, _range(wave)[0]) for wave, bounds in parts],
            [_whole(wave, bounds, _range(wave)[1]) for wave, bounds in parts],
        )
    )
    return replace(middle, low=bottom.low, high=top.high), "; ".join(dict.fromkeys(why for _, why in chosen))


def _shares(waves: list[Wave], weights: Sequence[float] | None) -> FloatArray:
    given = np.array([wave.rest.n for wave in waves] if weights is None else weights, dtype=float)
    if len(given) != len(waves) or not (np.isfinite(given) & (given >= 0)).all() or given.sum() == 0:
        raise ValueError(f"need one weight of 0 or more for each of {len(waves)} waves")
    return np.asarray(given / given.sum())


def _range(wave: Wave) -> tuple[float, float]:
    """The ends of the scale, which only matter where labels are missing."""
    if wave.rest.share_missing == 0 and not np.isnan(wave.known).any():
        return 0.0, 0.0
    lowest, highest = wave.rest.bounds or natural_bounds(wave.rest)
    if not np.isfinite([lowest, highest]).all():
        raise EstimateRefused("a wave lacks labels and the range of the scale is unknown: give bounds")
    return lowest, highest


def _whole(wave: Wave, found: Bounds, fill: float) -> Bounds:
    """From an estimate of what was left to one of the batch, were all missing labels equal to `fill`."""
    batch = wave.rest.population + len(wave.known)
    known = float(np.where(np.isnan(wave.known), fill, wave.known).sum()) / batch
    answered, missing = 1 - wave.rest.share_missing, wave.rest.share_missing * fill
    share = wave.rest.population / batch
    estimate, low, high = (
        known + share * (answered * value + missing) for value in (found.estimate, found.low, found.high)
    )
    return replace(found, estimate=estimate, low=low, high=high)


def pooled(waves: list[Wave], weights: Sequence[float] | None) -> Sample:
    """All labels as one sample, each with the weight it has in the combined estimate, for its mean and spread."""
    shares = np.concatenate(
        [share * wave.rest.shares for share, wave in zip(_shares(waves, weights), waves, strict=True)]
    )
    least = shares[shares > 0].min()
    return replace(
        waves[0].rest,
        labels=np.concatenate([wave.rest.labels for wave in waves]),
        inclusion=np.minimum(1.0, least / np.maximum(shares, least * 1e-9)),
        strata=None,
        strata_shares=None,
        clusters=_clusters(waves),
        share_missing=0.0,
    )


def _clusters(waves: list[Wave]) -> IntArray | None:
    """A code for the cluster of every label, the same in all waves."""
    names = [name for wave in waves for name in wave.clusters or ()]
    return codes_of(names) if names else None
