"""The inputs by which a person answers a criterion: one component for the review page and the rubric preview.

`templates/rubrics/_criterion_input.html` shows a `CriterionInput`; its page links `dokima/criteria.css` and
`dokima/criteria.js`. Fields are named `answer-<key>` and `note-<key>`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from auditing.core.errors import BadInput
from auditing.rubrics.scales import (
    CANNOT_ASSESS,
    Binary,
    Nominal,
    Numeric,
    Ordinal,
    Preference,
    Scale,
    Taxonomy,
    number_text,
)
from auditing.rubrics.schema import Criterion, RubricSpec

NO_ERRORS = "[]"
LISTED = "listed"
CANNOT_KEY = "0"


@dataclass(frozen=True)
class Choice:
    """One answer to choose; `key` is the digit that chooses it, empty beyond nine."""

    value: str
    label: str
    detail: str = ""
    key: str = ""
    checked: bool = False


@dataclass(frozen=True)
class ListedError:
    """One row of a taxonomy's list as it stands, complete or not."""

    category: str = ""
    severity: str = ""
    note: str = ""


@dataclass(frozen=True)
class CriterionInput:
    """What the template needs: `kind` is choices, number or taxonomy."""

    criterion: Criterion
    kind: str
    value: str
    choices: list[Choice]
    note: str | None
    problem: str = ""
    errors: list[ListedError] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"answer-{self.criterion.key}"

    @property
    def note_name(self) -> str:
        return f"note-{self.criterion.key}"

    @property
    def in_a_row(self) -> bool:
        """Short answers stand beside one another."""
        return len(self.choices) <= 6 and not any(choice.detail for choice in self.choices)

    @property
    def bounds(self) -> str:
        """The range of a numeric scale in words."""
        scale = self.criterion.scale
        if not isinstance(scale, Numeric):
            return ""
        return f"{number_text(scale.low)} to {number_text(scale.high)} {scale.unit}".strip()

    @property
    def blank_error(self) -> ListedError:
        return ListedError()


def criterion_input(
    criterion: Criterion, value: str | None = None, note: str | None = None, problem: str = ""
) -> CriterionInput:
    """The input of one criterion with its present value, canonical or as far as typed; no note field for None."""
    value = value or ""
    return CriterionInput(
        criterion=criterion,
        kind=_kind(criterion.scale),
        value="" if value == CANNOT_ASSESS else value,
        choices=_choices(criterion.scale, value),
        note=note,
        problem=problem,
        errors=_listed_errors(value) if isinstance(criterion.scale, Taxonomy) else [],
    )


def criterion_inputs(
    rubric: RubricSpec,
    answers: Mapping[str, str | None] | None = None,
    notes: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> list[CriterionInput]:
    """The inputs of all criteria, in order; with note fields when there are notes, even none yet (`{}`)."""
    answers, problems = answers or {}, problems or {}
    return [
        criterion_input(
            criterion,
            answers.get(criterion.key),
            None if notes is None else notes.get(criterion.key, ""),
            problems.get(criterion.key, ""),
        )
        for criterion in rubric.criteria
    ]


def read_answer(criterion: Criterion, post: QueryDict) -> str | None:
    """The answer in a form: canonical, or what was typed where it is not on the scale; None when there is none."""
    given = [text.strip() for text in post.getlist(f"answer-{criterion.key}") if text.strip()]
    if CANNOT_ASSESS in given:
        return CANNOT_ASSESS
    typed = _typed_errors(criterion.key, given, post) if isinstance(criterion.scale, Taxonomy) else given[:1]
    if not typed:
        return None
    try:
        return criterion.scale.canonical(typed[0])
    except BadInput:
        return typed[0]


def read_answers(rubric: RubricSpec, post: QueryDict) -> dict[str, str | None]:
    """Every criterion's `read_answer`."""
    return {criterion.key: read_answer(criterion, post) for criterion in rubric.criteria}


def read_notes(rubric: RubricSpec, post: QueryDict) -> dict[str, str]:
    """The notes in a form, by criterion."""
    return {criterion.key: post.get(f"note-{criterion.key}", "") for criterion in rubric.criteria}


def _kind(scale: Scale) -> str:
    if isinstance(scale, Taxonomy):
        return "taxonomy"
    return "number" if isinstance(scale, Numeric) else "choices"


def _choices(scale: Scale, value: str) -> list[Choice]:
    own = _own_choices(scale)
    keys = _keys([choice[0] for choice in own])
    rows = [(*choice, key) for choice, key in zip(own, keys, strict=True)]
    if scale.cannot_assess:
        rows.append((CANNOT_ASSESS, "Cannot assess", "", CANNOT_KEY))
    chosen = LISTED if isinstance(scale, Taxonomy) and _listed_errors(value) else value
    return [Choice(answer, label, detail, key, answer == chosen) for answer, label, detail, key in rows]


def _own_choices(scale: Scale) -> list[tuple[str, str, str]]:
    """Value, label and detail of each answer."""
    match scale:
        case Binary():
            return [("yes", "Yes", ""), ("no", "No", "")]
        case Ordinal():
            return [(level.key, _level_label(level.key, level.label), level.anchor) for level in scale.levels]
        case Nominal():
            return [(option.key, option.label or option.key, option.description) for option in scale.options]
        case Preference():
            return [(option, _preference_label(option), "") for option in scale.options]
        case Taxonomy():
            return [(NO_ERRORS, "No errors", ""), (LISTED, "Errors, listed below", "")]
    return []


def _level_label(key: str, label: str) -> str:
    return f"{key} · {label}" if label else key


def _preference_label(option: str) -> str:
    return {"a": "A is better", "b": "B is better", "tie": "Tie"}.get(option, option)


def _keys(values: list[str]) -> list[str]:
    """A digit for each answer: its own when all answers are digits, else its place."""
    if all(value in "123456789" for value in values):
        return values
    return [str(place) if place <= 9 else "" for place in range(1, len(values) + 1)]


def _listed_errors(value: str) -> list[ListedError]:
    try:
        entries: Any = json.loads(value)
    except (ValueError, RecursionError):
        return []
    if not isinstance(entries, list):
        return []
    names = ("category", "severity", "note")
    return [
        ListedError(*(str(entry.get(name) or "") for name in names))
        for entry in entries
        if isinstance(entry, dict)
    ]


def _typed_errors(key: str, given: list[str], post: QueryDict) -> list[str]:
    """The listed errors as JSON; without any, `[]` where that was chosen."""
    columns = (post.getlist(f"answer-{key}-{name}") for name in ("category", "severity", "note"))
    rows = [
        dict(zip(("category", "severity", "note"), row, strict=True)) for row in zip(*columns, strict=False)
    ]
    filled = [row for row in rows if any(text.strip() for text in row.values())]
    if filled:
        return [json.dumps(filled, ensure_ascii=False, separators=(",", ":"))]
    return [NO_ERRORS] if NO_ERRORS in given else []
