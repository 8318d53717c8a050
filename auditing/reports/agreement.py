"""How far judges and reviewers can be trusted, as a report says it.

Judges are compared with the labels that the estimates rest on, not with the rulings alone: those stand only where
reviewers differed, on the hardest items. Reviewers are compared with each other, before any ruling.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd

from auditing.metaaudit.comparisons import Comparison
from auditing.metaaudit.selectors import Evidence, comparisons, confusion_of
from auditing.ratings.frame import SCORED
from auditing.ratings.models import RaterKind

LABELS = "reference labels"


def agreement(seen: Evidence, labels: pd.DataFrame, name_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Comparisons with their confusion counts. `labels`: see `ratings.reference`; `name_of`: how a rater is called."""
    judged = replace(seen, frame=_judges_and(labels, seen.frame))
    humans = replace(seen, frame=seen.frame[seen.frame["rater_kind"] == RaterKind.HUMAN])
    rows = [_row(judged, one, name_of) for one in _compared(judged, LABELS)]
    return rows + [_row(humans, one, name_of) for one in _compared(humans, None)]


def _compared(seen: Evidence, against: str | None) -> list[Comparison]:
    if seen.frame.empty or (against and against not in set(seen.frame["rater"])):
        return []
    return comparisons(seen, reference=against)


def _judges_and(labels: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    judges = frame[frame["rater_kind"] == RaterKind.JUDGE]
    settled = labels.loc[labels["value"].notna(), ["item", "criterion", "value", "number"]]
    as_opinions = settled.assign(rater=LABELS, rater_kind=RaterKind.GOLD.value, status=SCORED, reason="")
    return pd.concat([judges, as_opinions], ignore_index=True)


def _row(seen: Evidence, one: Comparison, name_of: Callable[[str], str]) -> dict[str, Any]:
    table = confusion_of(seen, rater=one.rater, reference=one.reference, criterion=one.criterion)
    counts = {"categories": [str(name) for name in table.categories], "counts": table.counts.tolist()}
    names = {"rater": name_of(one.rater), "reference": name_of(one.reference)}
    return one.to_dict() | names | {"confusion": counts}
