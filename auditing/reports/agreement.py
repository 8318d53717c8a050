"""How far judges and reviewers can be trusted, as a report says it.

Judges are compared with the labels that the estimates rest on, not with the rulings alone: those stand only where
reviewers differed, on the hardest items. Reviewers are compared with each other, before any ruling.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from auditing.metaaudit.comparisons import Comparison
from auditing.metaaudit.selectors import REFERENCE, Evidence, comparisons, confusion_of
from auditing.ratings.models import RaterKind

LABELS = "reference labels"


def agreement(seen: Evidence, name_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Comparisons with their confusion counts. `name_of`: how the report calls a rater."""
    labels = seen.frame["rater"] == REFERENCE
    judges, humans = (seen.frame["rater_kind"] == kind for kind in (RaterKind.JUDGE, RaterKind.HUMAN))
    judged = replace(seen, frame=seen.frame[judges | labels])
    between = replace(seen, frame=seen.frame[humans])
    against_labels = comparisons(judged, reference=REFERENCE) if labels.any() else []
    against_each_other = comparisons(between) if humans.any() else []
    return [
        *(_row(judged, one, name_of) for one in against_labels),
        *(_row(between, one, name_of) for one in against_each_other),
    ]


def _row(seen: Evidence, one: Comparison, name_of: Callable[[str], str]) -> dict[str, Any]:
    table = confusion_of(seen, rater=one.rater, reference=one.reference, criterion=one.criterion)
    counts = {"categories": [str(name) for name in table.categories], "counts": table.counts.tolist()}
    against = LABELS if one.reference == REFERENCE else name_of(one.reference)
    names = {"rater": name_of(one.rater), "reference": against}
    return one.to_dict() | names | {"confusion": counts}
