"""A first guess at which column of a ratings file is what; a person looks at it before it is used."""

from collections.abc import Sequence

from auditing.ratings.rows import FIELDS

NAMES = {
    "item_id": ("item", "id", "example_id"),
    "rater": ("rater_id", "judge", "annotator", "annotator_id", "worker", "model"),
    "rater_kind": ("kind",),
    "criterion": ("aspect", "dimension", "metric"),
    "value": ("label", "score", "rating", "verdict", "answer"),
    "rationale": ("comment", "explanation", "reason"),
    "rated_at": ("created_at", "timestamp", "time"),
}


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Field -> column, for the fields that some column's name suggests."""
    found: dict[str, str] = {}
    for name in FIELDS:
        names = (name, *NAMES.get(name, ()))
        column = next((known for known in names if known in columns), "")
        if column:
            found[name] = column
    return found
