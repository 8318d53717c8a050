"""What is estimated of each criterion: a name, the number each opinion counts as, and its range."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from auditing.rubrics.scales import CANNOT_ASSESS, Binary, Nominal, Numeric, Ordinal, Preference, Taxonomy
from auditing.rubrics.schema import ITEM_PASSES, Criterion, RubricSpec

HALF_WIN = 0.5


@dataclass(frozen=True)
class Measure:
    """`number(rows)` maps opinions (columns value, number) to floats, NaN where unscored."""

    criterion: str
    estimand: str
    number: Callable[[pd.DataFrame], "pd.Series[float]"]
    bounds: tuple[float, float] | None


def _usable(rows: pd.DataFrame) -> "pd.Series[bool]":
    """`cannot assess` is an answer, but no label."""
    return rows["value"].notna() & (rows["value"] != CANNOT_ASSESS)


def on_scale_number(rows: pd.DataFrame) -> "pd.Series[float]":
    return rows["number"].astype(float)


def share_of(option: str) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    """1 where the opinion is this option, 0 where it is another."""

    def number(rows: pd.DataFrame) -> "pd.Series[float]":
        return (rows["value"] == option).astype(float).where(_usable(rows))

    return number


def preference_for(options: tuple[str, ...]) -> Callable[[pd.DataFrame], "pd.Series[float]"]:
    """1 for the first option, 0 for the second, half a win for anything else (a tie)."""
    worth = dict.fromkeys(options, HALF_WIN) | {options[0]: 1.0, options[1]: 0.0}

    def number(rows: pd.DataFrame) -> "pd.Series[float]":
        return rows["value"].map(worth).astype(float)

    return number


def has_errors(rows: pd.DataFrame) -> "pd.Series[float]":
    return (rows["value"] != "[]").astype(float).where(_usable(rows))


def measures_of(rubric: RubricSpec) -> list[Measure]:
    """The measures of a rubric: the whole item first (where the rubric decides items), then each criterion's own."""
    whole = [Measure(ITEM_PASSES, "pass_rate", on_scale_number, (0.0, 1.0))] if rubric.decides_items else []
    return [
        *whole,
        *(measure for criterion in rubric.criteria for measure in measures_of_criterion(criterion)),
    ]


def measures_of_criterion(criterion: Criterion) -> list[Measure]:
    """What is estimated of one criterion, by its scale."""
    key = criterion.key
    match criterion.scale:
        case Binary():
            return [Measure(key, "pass_rate", on_scale_number, (0.0, 1.0))]
        case Ordinal(levels=levels):
            values = [level.value for level in levels]
            return [Measure(key, "mean", on_scale_number, (min(values), max(values)))]
        case Numeric(low=low, high=high):
            return [Measure(key, "mean", on_scale_number, (low, high))]
        case Taxonomy():
            return [
                Measure(key, "error_rate", has_errors, (0.0, 1.0)),
                Measure(key, "mean_severity_points", on_scale_number, (0.0, math.inf)),
            ]
        case Preference(options=options):
            return [Measure(key, f"preference_for_{options[0]}", preference_for(options), (0.0, 1.0))]
        case Nominal(options=choices):
            return [
                Measure(key, f"share_of_{choice.key}", share_of(choice.key), (0.0, 1.0)) for choice in choices
            ]
        case other:
            raise TypeError(f"no measure for the scale {other.type}")


def measures_without_rubric(criterion: str, values: "pd.Series[str]") -> list[Measure]:
    """Without a scale: yes/no is a pass rate, numbers have a mean, anything else a share for each value."""
    seen = set(values.dropna().unique())
    if seen <= {"yes", "no"}:
        return [Measure(criterion, "pass_rate", share_of("yes"), (0.0, 1.0))]
    if pd.to_numeric(pd.Series(sorted(seen)), errors="coerce").notna().all():
        return [Measure(criterion, "mean", on_scale_number, None)]
    return [Measure(criterion, f"share_of_{value}", share_of(value), (0.0, 1.0)) for value in sorted(seen)]
