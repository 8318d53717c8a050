"""Fitting a cascade: the recorded verdicts of its stages, replayed against what people said, at no cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from django.db.models import Avg

from auditing.core.errors import BadInput, Missing
from auditing.judging.models import Call, CallState
from auditing.metaaudit.selectors import REFERENCE, Evidence
from auditing.ratings.frame import SCORED
from auditing.stats.cascades import CurvePoint, Replay, Stage, best_within, cost_error_curve, trade_off
from auditing.stats.results import plain

RISKS = (0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4)
FEWEST_ITEMS = 30
HUMAN = "human"


@dataclass(frozen=True)
class Asked:
    """Which judges, from cheap to strong, what an item costs each (US dollars), and at last perhaps a person.

    A cost that is not given is that of the judge's calls in the audit. `error` is the probability with which a
    threshold may break its promise.
    """

    judges: Sequence[str]
    costs: Mapping[str, float]
    human_cost: float | None = None
    error: float = 0.1


@dataclass(frozen=True)
class Fitted:
    """A criterion's cascade: what error can be had at what cost, and what was asked for (None where out of reach).

    `curve` has a cascade for each tolerated risk, and is empty where a budget was asked for.
    """

    criterion: str
    stages: tuple[str, ...]
    n: int
    trade_off: tuple[Replay, ...]
    curve: tuple[CurvePoint, ...]
    chosen: Replay | None
    alone: tuple[tuple[str, float, float], ...]

    def accept(self) -> dict[str, float | None]:
        """Stage -> the confidence to accept from, for the `accept` of a cascade's content."""
        if self.chosen is None:
            return {}
        return dict(zip(self.stages[:-1], self.chosen.thresholds, strict=True))

    def to_dict(self) -> dict[str, Any]:
        return {
            "criterion": self.criterion,
            "stages": list(self.stages),
            "n": self.n,
            "accept": self.accept(),
            "chosen": self.chosen and self.chosen.to_dict(),
            "trade_off": [point.to_dict() for point in self.trade_off],
            "curve": [point.to_dict() for point in self.curve],
            "alone": [
                {"judge": name, "cost": cost, "error": plain(error)} for name, cost, error in self.alone
            ],
        }


def fit_for_risk(seen: Evidence, criterion: str, asked: Asked, risk: float) -> Fitted:
    """The cascade whose stages each keep the error of what stands at most at `risk`. Raises BadInput and Missing."""
    stages = recorded_stages(seen, criterion, asked)
    curve = cost_error_curve(stages, sorted({*RISKS, risk}), asked.error)
    chosen = next(point for point in curve if point.risk == risk)
    return _fitted(criterion, stages, trade_off(stages), curve, chosen)


def fit_for_budget(seen: Evidence, criterion: str, asked: Asked, budget: float) -> Fitted:
    """The cascade of the least held-out error at `budget` dollars an item or less. Raises BadInput and Missing."""
    stages = recorded_stages(seen, criterion, asked)
    reachable = trade_off(stages)
    return _fitted(criterion, stages, reachable, (), best_within(reachable, budget))


def _fitted(
    criterion: str,
    stages: Sequence[Stage],
    reachable: tuple[Replay, ...],
    curve: tuple[CurvePoint, ...],
    chosen: Replay | None,
) -> Fitted:
    alone = [(one.name, float(one.cost.mean()), _error(one)) for one in stages if one.name != HUMAN]
    names = tuple(one.name for one in stages)
    return Fitted(criterion, names, len(stages[0].correct), reachable, curve, chosen, tuple(alone))


def _error(stage: Stage) -> float:
    """Of the answered, NaN where it answered nothing."""
    right = stage.correct[~np.isnan(stage.correct)]
    return float(1 - right.mean()) if len(right) else float("nan")


def recorded_stages(seen: Evidence, criterion: str, asked: Asked) -> list[Stage]:
    """Every judge on the items that all of them were put and that have a reference label.

    Raises Missing where a judge gave no opinion or the items are too few, BadInput where a cost is not known, or a
    judge that is to be escalated from gave no confidence.
    """
    if len(asked.judges) + (asked.human_cost is not None) < 2:
        raise BadInput("name two judges, or one and what a person costs", field="judges")
    frame = seen.frame[seen.frame["criterion"] == criterion]
    tables = {name: frame[frame["rater"] == name].set_index("item") for name in asked.judges}
    for name, table in tables.items():
        if table.empty:
            raise Missing(f"{name!r} gave no opinion on {criterion}.")
    labels = frame[(frame["rater"] == REFERENCE) & (frame["status"] == SCORED)].set_index("item")["value"]
    items = labels.index
    for table in tables.values():
        items = items.intersection(table.index)
    if len(items) < FEWEST_ITEMS:
        raise Missing(
            f"{len(items)} items have a reference label and every judge's verdict on {criterion}; "
            f"at least {FEWEST_ITEMS} are needed."
        )
    stages = [_stage(name, table.loc[items], labels[items], seen, asked) for name, table in tables.items()]
    if asked.human_cost is not None:
        always = np.ones(len(items))
        stages.append(Stage.of(HUMAN, always, always, asked.human_cost))
    for stage in stages[:-1]:
        if np.isnan(stage.confidence).all():
            raise BadInput(
                f"{stage.name!r} gave no confidence on {criterion}, to escalate by", field="judges"
            )
    return stages


def _stage(name: str, table: pd.DataFrame, labels: pd.Series, seen: Evidence, asked: Asked) -> Stage:
    scored = table["status"] == SCORED
    confidence = table["probability"].where(scored).to_numpy(dtype=float)
    right = np.where(scored, (table["value"] == labels).to_numpy(dtype=np.float64), np.nan)
    cost = asked.costs.get(name)
    return Stage.of(name, confidence, right, _recorded_cost(name, seen) if cost is None else cost)


def _recorded_cost(name: str, seen: Evidence) -> float:
    """The mean cost of the judge's calls in the audit."""
    calls = Call.objects.filter(
        run__audit=seen.audit, run__judge_version__judge__name=name, state=CallState.DONE, cost__isnull=False
    )
    found = calls.aggregate(mean=Avg("cost"))["mean"] if seen.audit else None
    if found is None:
        raise BadInput(f"what an item costs {name!r} is not known; say it", field="cost")
    return float(found)
