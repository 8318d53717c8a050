"""How far two humans agree with one another: what a judge's agreement is held against."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from auditing.metaaudit.comparisons import ALPHA_LEVELS, Level, answers_of, comparable
from auditing.metaaudit.selectors import Evidence
from auditing.ratings.models import RaterKind
from auditing.stats import agreement
from auditing.stats.agreement import Coefficient
from auditing.stats.arrays import FloatArray

MOST_PAIRS = 400  # those that share most; more would change the mean by next to nothing
Categories = list[float] | None
Figure = Callable[[FloatArray, FloatArray, Level, Categories], Coefficient]


@dataclass(frozen=True)
class Yardstick:
    """The mean figure of `pairs` pairs of humans, each weighed by the items that it shares; None where it is
    undefined for all of them, or no two rated the same item (`pairs` is then 0).
    """

    value: float | None
    pairs: int


def yardstick(seen: Evidence, *, criterion: str, figure: str) -> Yardstick:
    """`figure`: accuracy, kappa, ac1 or alpha, of every two humans on one criterion.

    Pairs that share less than half of what the largest shares are left out: who was asked about disputed items only
    agrees less on them than anybody would elsewhere.
    """
    spec = next((one for one in seen.rubric.criteria if one.key == criterion), None) if seen.rubric else None
    level = ALPHA_LEVELS.get(spec.scale.type, "nominal") if spec else "nominal"
    rows = comparable(seen.frame[seen.frame["criterion"] == criterion], spec)
    codes = _codes(rows[(rows["rater_kind"] == RaterKind.HUMAN) & rows["value"].notna()], level)
    known_codes = _all_codes(answers_of(criterion, spec), level)
    found = [
        (_FIGURES[figure](codes[a, both], codes[b, both], level, known_codes).value, int(both.sum()))
        for a, b, both in _pairs(codes)
    ]
    known = [(value, n) for value, n in found if np.isfinite(value)]
    if not known:
        return Yardstick(None, len(found))
    return Yardstick(sum(value * n for value, n in known) / sum(n for _, n in known), len(known))


def _codes(rows: pd.DataFrame, level: Level) -> FloatArray:
    """Humans x items: numbers on a scale that has them, else a number for each category; NaN where silent."""
    numbers = rows["number"] if level != "nominal" else pd.Series(pd.factorize(rows["value"])[0], rows.index)
    wide = rows.assign(code=numbers.astype(float)).set_index(["rater", "item"])["code"].unstack("item")
    return wide.to_numpy(dtype=float)


def _all_codes(answers: tuple[str, ...] | None, level: Level) -> Categories:
    """The codes of every answer, as `_codes` gives them; those that nobody used take the numbers left over."""
    if answers is None:
        return None
    return [float(answer) for answer in answers] if level != "nominal" else [*map(float, range(len(answers)))]


def _pairs(codes: FloatArray) -> list[tuple[int, int, Any]]:
    """(human, human, the items that both rated) of the pairs that share most."""
    spoke = ~np.isnan(codes)
    shared = np.triu(spoke.astype(int) @ spoke.astype(int).T, k=1)
    enough = np.argwhere((shared > 0) & (2 * shared >= shared.max(initial=0)))
    most_first = sorted(enough.tolist(), key=lambda pair: -shared[pair[0], pair[1]])[:MOST_PAIRS]
    return [(a, b, spoke[a] & spoke[b]) for a, b in most_first]


def _alpha(a: FloatArray, b: FloatArray, level: Level, categories: Categories) -> Coefficient:
    return agreement.krippendorff_alpha(np.stack([a, b]), level, resamples=1)  # its interval is not looked at


_FIGURES: dict[str, Figure] = {
    "accuracy": lambda a, b, level, categories: agreement.raw_agreement(a, b),
    "kappa": lambda a, b, level, categories: agreement.cohen_kappa(a, b),
    "ac1": lambda a, b, level, categories: agreement.gwet_ac(np.stack([a, b]), categories=categories),
    "alpha": _alpha,
}
