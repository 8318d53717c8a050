"""One row of a ratings file, read strictly."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditing.core.boundary import clean
from auditing.core.errors import BadInput
from auditing.core.reading import unknown
from auditing.datasets.fields import LONGEST_ID, as_name, as_time, lookup
from auditing.ratings.models import RaterKind

REQUIRED = ("item_id", "rater", "rater_kind", "criterion", "value")
OPTIONAL = ("probability", "rationale", "rated_at")
FIELDS = (*REQUIRED, *OPTIONAL)
LONGEST_CRITERION = 120


@dataclass(frozen=True)
class RatingRow:
    """One opinion, as the source wrote it."""

    item_id: str
    rater: str
    kind: str
    criterion: str
    value: str
    probability: float | None
    rationale: str
    rated_at: datetime | None


@dataclass(frozen=True)
class RatingsMapping:
    """Where a ratings file keeps the contract's fields: in a column of another name, or the same in every row."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in (*self.columns, *self.constants):
            if name not in FIELDS:
                raise BadInput(unknown("field", name, FIELDS), field=name)
        for name in self.columns:
            if name in self.constants:
                raise BadInput("is given both a column and a constant", field=name)

    def column(self, name: str) -> str:
        return self.columns.get(name, name)

    def needed_columns(self, *, with_optional: bool) -> Iterator[tuple[str, str]]:
        """Field and column of whatever every row must have, and of what else was given a column."""
        for name in FIELDS:
            needed = name in REQUIRED or (with_optional and name in self.columns)
            if needed and name not in self.constants:
                yield name, self.column(name)

    def to_dict(self) -> dict[str, Any]:
        return {"columns": dict(self.columns), "constants": dict(self.constants)}

    def apply(self, row: Mapping[str, Any]) -> RatingRow:
        """Raises BadInput naming the file's own column."""
        values = {name: self.constants.get(name, lookup(row, self.column(name))) for name in FIELDS}
        if values["value"] is None and self.column("value") not in row:
            raise BadInput(
                "is missing (leave it empty where the rater gave no usable answer)",
                field=self.column("value"),
            )
        return RatingRow(
            item_id=self._name(values, "item_id", LONGEST_ID),
            rater=self._name(values, "rater", 200),
            kind=self._kind(values),
            criterion=self._name(values, "criterion", LONGEST_CRITERION),
            value=as_written(values["value"], self.column("value")),
            probability=_probability(values["probability"], self.column("probability")),
            rationale=as_written(values["rationale"], self.column("rationale")),
            rated_at=as_time(values["rated_at"], self.column("rated_at")),
        )

    def _name(self, values: Mapping[str, Any], name: str, longest: int) -> str:
        text = as_name(values[name], self.column(name), longest=longest)
        if not text:
            raise BadInput("is empty", field=self.column(name))
        return text

    def _kind(self, values: Mapping[str, Any]) -> str:
        kind = self._name(values, "rater_kind", 20).lower()
        if kind not in RaterKind.values:
            raise BadInput(f"{kind!r} is not human, judge or gold", field=self.column("rater_kind"))
        return kind


def as_written(value: Any, column: str) -> str:
    """A value as text: text itself, nothing as "", anything else as its JSON."""
    clean(value, column)
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _probability(value: Any, column: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        probability = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"{str(value)[:40]!r} is not a number", field=column) from error
    if isinstance(value, bool) or not 0 <= probability <= 1:
        raise BadInput(f"{probability:g} is not between 0 and 1", field=column)
    return probability
