"""Preferences: strengths from paired comparisons, with biases (position, length) estimated and taken out."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.intervals import tail_probability
from auditing.stats.results import Result

Ties = Literal["half", "davidson", "drop"]
RIDGE = 1e-6  # keeps the strength of one who never lost finite
STEPS = 100


@dataclass(frozen=True)
class BradleyTerry(Result):
    """Strengths on the log-odds scale, averaging to 0, with intervals.

    effects: log-odds that each covariate adds for the side shown first ("first" is the pull of the first
    position). tie: Davidson's log tie parameter, NaN under the other rules.
    """

    players: tuple[Hashable, ...]
    strengths: FloatArray
    low: FloatArray
    high: FloatArray
    effects: dict[str, float]
    effect_intervals: dict[str, tuple[float, float]]
    tie: float
    n: int
    confidence: float
    method: str
    note: str

    def win_probability(self, first: Hashable, second: Hashable) -> float:
        """Probability that `first` is preferred to `second` when one of them is, biases taken out."""
        gap = self.strengths[self.players.index(first)] - self.strengths[self.players.index(second)]
        return float(1 / (1 + math.exp(-gap)))


def bradley_terry(
    first: Sequence[Hashable],
    second: Sequence[Hashable],
    outcome: Sequence[str],
    *,
    ties: Ties = "half",
    covariates: dict[str, Sequence[float]] | None = None,
    position: bool = False,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> BradleyTerry:
    """Bradley-Terry model (1952) of comparisons by maximum likelihood, with sandwich intervals (by cluster
    where given).

    first, second: the two players as shown; outcome: "first", "second" or "tie". ties: "half" counts half a
    win for each, "drop" leaves the comparison out, "davidson" models it (Davidson 1970: odds of a tie to the
    geometric mean of the two). covariates: per comparison, value for first minus value for second (such as a
    length difference); position adds the pull of being first.

    >>> bradley_terry(["a", "a", "b"], ["b", "b", "a"], ["first", "second", "second"]).players
    ('a', 'b')
    """
    if ties not in ("half", "davidson", "drop"):
        raise ValueError(f"unknown rule for ties {ties!r}: use half, davidson or drop")
    kept = _kept(outcome, ties)
    if not (len(first) == len(second) == len(outcome)) or len(kept) == 0:
        raise ValueError("first, second and outcome must be equally long and hold a comparison that counts")
    players, signs = _players([first[row] for row in kept], [second[row] for row in kept])
    extra = _covariates(covariates or {}, position, kept, len(outcome))
    names = [*(["first"] if position else []), *(covariates or {})]
    design = _choices(np.column_stack([signs, extra]), ties == "davidson")
    won = _won([outcome[row] for row in kept], ties)
    estimate, curvature, scores = _fitted(design, won)
    units = np.arange(len(kept)) if clusters is None else _codes([clusters[row] for row in kept])
    spread = _sandwich(curvature, scores, units, len(players))
    margin = float(stats.norm.isf(tail_probability(confidence, "two-sided"))) * spread
    size = len(players)
    strengths = estimate[:size] - estimate[:size].mean()
    effects = dict(zip(names, estimate[size:].tolist(), strict=False))
    return BradleyTerry(
        players=players,
        strengths=strengths,
        low=strengths - margin[:size],
        high=strengths + margin[:size],
        effects=effects,
        effect_intervals={
            name: (effects[name] - float(margin[size + place]), effects[name] + float(margin[size + place]))
            for place, name in enumerate(names)
        },
        tie=float(estimate[-1]) if ties == "davidson" else float("nan"),
        n=len(kept),
        confidence=confidence,
        method=f"Bradley-Terry, ties: {ties}, sandwich intervals{'' if clusters is None else ' by cluster'}",
        note=_one_sided_players(players, signs, won),
    )


def _kept(outcome: Sequence[str], ties: Ties) -> IntArray:
    if unknown := set(outcome) - {"first", "second", "tie"}:
        raise ValueError(f"unknown outcome {sorted(unknown)[0]!r}: use first, second or tie")
    return np.array(
        [row for row, result in enumerate(outcome) if ties != "drop" or result != "tie"], dtype=np.int64
    )


def _players(first: list[Hashable], second: list[Hashable]) -> tuple[tuple[Hashable, ...], FloatArray]:
    """The players, and comparisons x players: 1 for the first, -1 for the second."""
    players = tuple(dict.fromkeys([*first, *second]))
    position = {player: place for place, player in enumerate(players)}
    signs, rows = np.zeros((len(first), len(players))), np.arange(len(first))
    signs[rows, [position[player] for player in first]] += 1
    signs[rows, [position[player] for player in second]] -= 1
    return players, signs


def _covariates(covariates: dict[str, Sequence[float]], position: bool, kept: IntArray, n: int) -> FloatArray:
    columns = [np.ones(len(kept))] if position else []
    for name, values in covariates.items():
        if len(values) != n:
            raise ValueError(f"covariate {name!r} has {len(values)} entries for {n} comparisons")
        column = np.asarray(values, dtype=float)[kept]
        if not np.isfinite(column).all():
            raise ValueError(f"covariate {name!r} must be a number for every comparison that counts")
        columns.append(column)
    return np.column_stack(columns) if columns else np.empty((len(kept), 0))


def _choices(gap: FloatArray, with_tie: bool) -> FloatArray:
    """Comparisons x outcomes x parameters: what each parameter adds to the log-odds of first, second (and tie)."""
    halves = [gap / 2, -gap / 2]
    if not with_tie:
        return np.stack(halves, axis=1)
    none, one = np.zeros((len(gap), 1)), np.ones((len(gap), 1))
    outcomes = [*(np.hstack([half, none]) for half in halves), np.hstack([np.zeros_like(gap), one])]
    return np.stack(outcomes, axis=1)


def _won(outcome: list[str], ties: Ties) -> FloatArray:
    """Comparisons x outcomes: the weight of what happened."""
    rows = {"first": [1.0, 0.0, 0.0], "second": [0.0, 1.0, 0.0], "tie": [0.0, 0.0, 1.0]}
    if ties != "davidson":
        rows = {"first": [1.0, 0.0], "second": [0.0, 1.0], "tie": [0.5, 0.5]}
    return np.array([rows[result] for result in outcome])


def _fitted(design: FloatArray, won: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Newton's method: estimates, curvature and the score of each comparison."""
    estimate = np.zeros(design.shape[2])
    for _ in range(STEPS):
        odds = np.exp(design @ estimate - (design @ estimate).max(axis=1, keepdims=True))
        chance = odds / odds.sum(axis=1, keepdims=True)
        mean = np.einsum("no,nop->np", chance, design)
        scores = np.einsum("no,nop->np", won, design) - mean
        curvature = np.einsum("no,nop,noq->pq", chance, design, design) - mean.T @ mean
        curvature += RIDGE * np.eye(len(estimate))
        step = np.linalg.solve(curvature, scores.sum(axis=0) - RIDGE * estimate)
        estimate = estimate + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-9:
            break
    return estimate, curvature, scores


def _sandwich(curvature: FloatArray, scores: FloatArray, units: IntArray, size: int) -> FloatArray:
    """Standard errors from the scores summed by unit; strengths relative to their average."""
    groups = int(units.max()) + 1
    summed = np.zeros((groups, scores.shape[1]))
    np.add.at(summed, units, scores)
    centring = np.eye(len(curvature))
    centring[:size, :size] -= 1 / size
    bread = centring @ np.linalg.inv(curvature)
    meat = summed.T @ summed * groups / max(groups - 1, 1)
    return np.sqrt(np.maximum(np.diag(bread @ meat @ bread.T), 0))


def _one_sided_players(players: tuple[Hashable, ...], signs: FloatArray, won: FloatArray) -> str:
    """Names those whose likelihood has no maximum: they won or lost everything."""
    gains = ((signs > 0) * won[:, :1] + (signs < 0) * won[:, 1:2]).sum(axis=0)
    losses = ((signs < 0) * won[:, :1] + (signs > 0) * won[:, 1:2]).sum(axis=0)
    names = [
        str(player)
        for player, gain, loss in zip(players, gains, losses, strict=True)
        if gain == 0 or loss == 0
    ]
    return (
        f"won or lost every comparison, so the strength has no finite estimate: {', '.join(names)}"
        if names
        else ""
    )


def _codes(values: Sequence[Any]) -> IntArray:
    position: dict[Any, int] = {}
    return np.array([position.setdefault(value, len(position)) for value in values], dtype=np.int64)
