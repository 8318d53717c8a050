"""Cascades of judges: thresholds of confidence fitted on recorded verdicts, and what each choice costs and gets wrong.

Nothing is asked anew: every stage has judged every item, people have said what is right, and a cascade is replayed on
that. An answer stands when its confidence reaches the stage's threshold; what never does ends in the last stage.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TypeVar

import numpy as np

from auditing.stats.arrays import BoolArray, FloatArray, IntArray
from auditing.stats.intervals import proportion
from auditing.stats.results import Result

STEP = 20
GRID, COARSEST = {1: 20, 2: 8, 3: 5}, 2  # shares that are tried, by how many stages have a threshold


@dataclass(frozen=True)
class Stage:
    """What a judge said of n items. `confidence` is NaN where it gave none, or no answer: such an item goes on.

    `correct` is 1 or 0, NaN where there was no answer; `cost` is what each item costs in this stage. A last stage of
    people is one that is always right and costs what a person costs.
    """

    name: str
    confidence: FloatArray
    correct: FloatArray
    cost: FloatArray

    @classmethod
    def of(
        cls,
        name: str,
        confidence: Sequence[float] | FloatArray,
        correct: Sequence[float] | FloatArray,
        cost: Sequence[float] | FloatArray | float,
    ) -> "Stage":
        """From plain sequences; one number for `cost` holds for every item."""
        sure, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
        paid = np.broadcast_to(np.asarray(cost, dtype=float), right.shape).copy()
        if not len(sure) == len(right) == len(paid):
            raise ValueError(f"{name}: confidence, correct and cost must be of the same items")
        return cls(name, sure, right, paid)

    def only(self, rows: BoolArray) -> "Stage":
        """The same judge on some of the items."""
        return Stage(self.name, self.confidence[rows], self.correct[rows], self.cost[rows])


@dataclass(frozen=True)
class Replay(Result):
    """A cascade on recorded verdicts. `cost` is the mean an item; `error` the share wrong of the answered, with its
    two-sided Clopper-Pearson interval; `answered` and `decided` (by stage) are shares of all items."""

    thresholds: tuple[float | None, ...]
    cost: float
    error: float
    low: float
    high: float
    answered: float
    decided: tuple[float, ...]
    n: int


@dataclass(frozen=True)
class CurvePoint(Replay):
    """The cascade fitted for `risk`: thresholds from all items, cost and error from items they were not fitted on."""

    risk: float


Point = TypeVar("Point", bound=Replay)


def fit_threshold(
    confidence: Sequence[float] | FloatArray,
    correct: Sequence[float] | FloatArray,
    risk: float,
    error: float = 0.1,
    step: int = STEP,
) -> float | None:
    """The lowest confidence at which answers may stand: trust or escalate (Jung, Brahman and Choi 2024).

    Thresholds are tested from the highest confidence down, each time at least `step` more items than before, and
    never between items of equal confidence. The one before the first whose one-sided Clopper-Pearson bound on the
    error rate, at confidence 1 - error, exceeds `risk` is taken; None where already the first does. Testing starts
    with as many items as could pass without a single error. With probability 1 - error the error rate of what stands
    is at most `risk`, for items like these (fixed-sequence testing, so no split of the data is needed).
    """
    _check_shares(risk=risk, error=error)
    sure, right = np.asarray(confidence, dtype=float), np.asarray(correct, dtype=float)
    usable = ~np.isnan(sure) & ~np.isnan(right)
    order = np.argsort(-sure[usable], kind="stable")
    sure, wrong = sure[usable][order], np.cumsum(right[usable][order] == 0)
    ends = np.flatnonzero(np.append(np.diff(sure) != 0, True)) + 1 if len(sure) else np.array([], dtype=int)
    found, tested = None, 0
    fewest = int(np.ceil(np.log(error) / np.log1p(-risk)))
    for size in ends:
        if size < max(fewest, tested + step):
            continue
        tested, k = int(size), int(wrong[size - 1])
        if proportion(k, tested, "clopper-pearson", 1 - error, "upper").high > risk:
            break
        found = float(sure[tested - 1])
    return found


def fit_cascade(
    stages: Sequence[Stage], risk: float, error: float = 0.1, step: int = STEP
) -> tuple[float | None, ...]:
    """A threshold for every stage but the last, each fitted on the items that reach it; None lets every item go on."""
    _check_stages(stages)
    reached = np.ones(len(stages[0].correct), dtype=bool)
    thresholds = []
    for stage in stages[:-1]:
        here = stage.only(reached)
        threshold = fit_threshold(here.confidence, here.correct, risk, error, step)
        thresholds.append(threshold)
        reached &= ~_stands(stage, threshold)
    return tuple(thresholds)


def fit_shares(stages: Sequence[Stage], shares: Sequence[float]) -> tuple[float | None, ...]:
    """A threshold for every stage but the last, so that about this share of what reaches it stands.

    None for a share of 0, and 0 for a share of 1: whatever its confidence. The share is of what has a confidence and
    an answer; items of equal confidence stand or fall together.
    """
    _check_stages(stages)
    reached = np.ones(len(stages[0].correct), dtype=bool)
    thresholds = []
    for stage, share in zip(stages[:-1], shares, strict=True):
        usable = reached & ~np.isnan(stage.confidence) & ~np.isnan(stage.correct)
        sure = np.sort(stage.confidence[usable])[::-1]
        size = round(share * len(sure))
        threshold = None if size == 0 else 0.0 if share == 1 else float(sure[size - 1])
        thresholds.append(threshold)
        reached &= ~_stands(stage, threshold)
    return tuple(thresholds)


def replay(stages: Sequence[Stage], thresholds: Sequence[float | None], confidence: float = 0.95) -> Replay:
    """What a cascade with these thresholds would have cost and got wrong. Raises ValueError where they do not fit."""
    _check_stages(stages)
    if len(thresholds) != len(stages) - 1:
        raise ValueError(f"{len(stages)} stages take {len(stages) - 1} thresholds, not {len(thresholds)}")
    return _replayed(tuple(thresholds), _walked(stages, thresholds), len(stages), confidence)


def cost_error_curve(
    stages: Sequence[Stage],
    risks: Sequence[float],
    error: float = 0.1,
    folds: int = 5,
    seed: int = 0,
    confidence: float = 0.95,
    step: int = STEP,
) -> tuple[CurvePoint, ...]:
    """For each tolerated risk, the cascade fitted for it, with the cost and error of items held out of the fitting.

    Items are dealt to `folds` by lot; each fold is replayed with thresholds fitted on the others, so that no item
    speaks for thresholds that it helped to choose. The thresholds given are those of all items together.
    """
    _check_stages(stages)
    fold = _dealt(stages, folds, seed)

    def point(risk: float) -> CurvePoint:
        found = _held_out(stages, partial(fit_cascade, risk=risk, error=error, step=step), fold, confidence)
        return CurvePoint(**vars(found), risk=risk)

    return tuple(point(risk) for risk in risks)


def trade_off(
    stages: Sequence[Stage], folds: int = 5, seed: int = 0, confidence: float = 0.95
) -> tuple[Replay, ...]:
    """What error can be had at what cost: the cascades that none beats in both, from the cheapest on.

    Each stage but the last decides a share of what reaches it, every share of a grid with every other. Cost and error
    are of items held out of the fitting, as in `cost_error_curve`, and the least of many errors is a little too good.
    """
    _check_stages(stages)
    fold = _dealt(stages, folds, seed)
    grid = np.linspace(0, 1, GRID.get(len(stages) - 1, COARSEST) + 1)
    found = [
        _held_out(stages, partial(fit_shares, shares=shares), fold, confidence)
        for shares in product(grid.tolist(), repeat=len(stages) - 1)
    ]
    return _unbeaten(found)


def _unbeaten(points: Sequence[Replay]) -> tuple[Replay, ...]:
    best, kept = math.inf, []
    answered = [point for point in points if not math.isnan(point.error)]
    for point in sorted(answered, key=lambda one: (one.cost, one.error)):
        if point.error < best:
            best = point.error
            kept.append(point)
    return tuple(kept)


def cheapest_within(curve: Sequence[Point], error: float) -> Point | None:
    """The cheapest cascade whose held-out error is at most this; None where there is none."""
    fitting = [point for point in curve if point.error <= error]
    return min(fitting, key=lambda point: (point.cost, point.error), default=None)


def best_within(curve: Sequence[Point], cost: float) -> Point | None:
    """The cascade of the least held-out error at this mean cost an item or less; None where there is none."""
    fitting = [point for point in curve if point.cost <= cost and not math.isnan(point.error)]
    return min(fitting, key=lambda point: (point.error, point.cost), default=None)


@dataclass(frozen=True)
class _Walk:
    """Item by item: what it cost, in which stage it ended, and whether the answer was right (NaN: none)."""

    cost: FloatArray
    ended: FloatArray
    correct: FloatArray


def _walked(stages: Sequence[Stage], thresholds: Sequence[float | None]) -> _Walk:
    n = len(stages[0].correct)
    going, cost, ended, correct = np.ones(n, dtype=bool), np.zeros(n), np.zeros(n), np.full(n, np.nan)
    for place, stage in enumerate(stages):
        cost[going] += stage.cost[going]
        is_last = place == len(stages) - 1
        stands = going if is_last else going & _stands(stage, thresholds[place])
        ended[stands], correct[stands] = place, stage.correct[stands]
        going = going & ~stands
    return _Walk(cost, ended, correct)


def _stands(stage: Stage, threshold: float | None) -> BoolArray:
    if threshold is None:
        return np.zeros(len(stage.correct), dtype=bool)
    stands: BoolArray = (stage.confidence >= threshold) & ~np.isnan(stage.correct)
    return stands


def _replayed(thresholds: tuple[float | None, ...], walk: _Walk, stages: int, confidence: float) -> Replay:
    answered = ~np.isnan(walk.correct)
    wrong, n = int((walk.correct[answered] == 0).sum()), int(answered.sum())
    interval = proportion(wrong, n, "clopper-pearson", confidence) if n else None
    return Replay(
        thresholds=thresholds,
        cost=float(walk.cost.mean()),
        error=interval.estimate if interval else float("nan"),
        low=interval.low if interval else float("nan"),
        high=interval.high if interval else float("nan"),
        answered=float(answered.mean()),
        decided=tuple(float((walk.ended == place).mean()) for place in range(stages)),
        n=len(walk.cost),
    )


def _dealt(stages: Sequence[Stage], folds: int, seed: int) -> IntArray:
    dealt: IntArray = np.random.default_rng(seed).permutation(len(stages[0].correct)) % folds
    return dealt


def _held_out(
    stages: Sequence[Stage],
    fit: Callable[[Sequence[Stage]], tuple[float | None, ...]],
    fold: IntArray,
    confidence: float,
) -> Replay:
    """Thresholds of all items; cost and error of each fold under thresholds fitted on the others."""
    n = len(stages[0].correct)
    walk = _Walk(np.zeros(n), np.zeros(n), np.full(n, np.nan))
    for held in np.unique(fold):
        out = fold == held
        part = _walked([stage.only(out) for stage in stages], fit([stage.only(~out) for stage in stages]))
        walk.cost[out], walk.ended[out], walk.correct[out] = part.cost, part.ended, part.correct
    return _replayed(fit(stages), walk, len(stages), confidence)


def _check_stages(stages: Sequence[Stage]) -> None:
    if len(stages) < 2:
        raise ValueError(f"a cascade needs at least two stages, not {len(stages)}")
    sizes = {len(stage.correct) for stage in stages}
    if len(sizes) > 1 or 0 in sizes:
        raise ValueError(f"every stage must have judged the same items, and at least one: {sorted(sizes)}")


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 < share < 1:
            raise ValueError(f"{name} must lie between 0 and 1, not {share}")
