"""Which column of a ratings file is what, or what holds for every row."""

from collections.abc import Sequence
from typing import Any

from django import forms

from auditing.ratings.guessing import guess
from auditing.ratings.models import RaterKind
from auditing.ratings.rows import FIELDS

LABELS = {
    "item_id": "Item",
    "rater": "Rater",
    "rater_kind": "Kind of rater",
    "criterion": "Criterion",
    "value": "Value",
    "probability": "Probability",
    "rationale": "Rationale",
    "rated_at": "Time",
}
CONSTANTS = ("rater", "criterion")  # what a person may type for every row
EVERY_ROW = "every row: "


class RatingsForm(forms.Form):
    marks_optional = False  # nearly all of it is
    skip_bad = forms.BooleanField(required=False, label="Import the good rows even if some are bad")

    def __init__(self, columns: Sequence[str], data: Any = None) -> None:
        super().__init__(data, initial=guess(columns))
        choices = [("", "–"), *((column, column) for column in columns)]
        kinds = [(EVERY_ROW + kind, f"every row is {kind}") for kind in RaterKind.values]
        for name in FIELDS:
            own = [*choices, *kinds] if name == "rater_kind" else choices
            self.fields[name] = forms.ChoiceField(choices=own, required=False, label=LABELS[name])
        for name in CONSTANTS:
            self.fields[f"every_{name}"] = forms.CharField(
                required=False, max_length=200, label=f"or the same {LABELS[name].lower()} for every row"
            )

    def columns(self) -> dict[str, str]:
        """Field -> column, of what was chosen as a column."""
        chosen = {name: self.cleaned_data[name] for name in FIELDS if name not in self.constants()}
        return {
            name: column for name, column in chosen.items() if column and not column.startswith(EVERY_ROW)
        }

    def constants(self) -> dict[str, str]:
        """Field -> value, of what holds for every row."""
        typed = {name: self.cleaned_data[f"every_{name}"] for name in CONSTANTS}
        kind = self.cleaned_data["rater_kind"]
        if kind.startswith(EVERY_ROW):
            typed["rater_kind"] = kind.removeprefix(EVERY_ROW)
        return {name: value for name, value in typed.items() if value}
