"""Scales own their schema, their words in the prompt, and the one canonical text of each answer.

The canonical value is always text: `yes`, `4`, `2.5`, an option's key, or for a taxonomy a compact JSON list.
An answer is matched as it stands, case and outer space aside; nothing else is guessed.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, ClassVar

from judges.errors import OffScale

CANNOT_ASSESS = "cannot_assess"
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_LONGEST_NUMBER = 40
_RUBRIC_ONLY = frozenset({"type", "cannot_assess", "good"})


@dataclass(frozen=True, slots=True)
class Level:
    """One step of an ordinal scale."""

    value: float
    label: str = ""
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a nominal scale."""

    key: str
    label: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class BinaryScale:
    """`yes` or `no`."""

    type: ClassVar[str] = "binary"

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": ["yes", "no"]}

    def describe(self) -> str:
        return 'Answer "yes" or "no".'

    def parse(self, raw: object) -> str:
        """Return `yes` or `no`; raise OffScale otherwise."""
        return _match(raw, ("yes", "no"))

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type}


@dataclass(frozen=True, slots=True)
class OrdinalScale:
    """Numbered levels, each with a label and an anchor."""

    levels: Sequence[Level]
    type: ClassVar[str] = "ordinal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", tuple(self.levels))
        _check_choices("ordinal levels", [number_text(read_number(level.value)) for level in self.levels])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number", "enum": [_plain_number(level.value) for level in self.levels]}

    def describe(self) -> str:
        lines = (_entry(number_text(level.value), level.label, level.anchor) for level in self.levels)
        return "Answer with the number of one level:\n" + "\n".join(lines)

    def parse(self, raw: object) -> str:
        """Return the level's number as text; raise OffScale for any other value."""
        value = read_number(raw)
        allowed = [number_text(level.value) for level in self.levels]
        if number_text(value) not in allowed:
            raise OffScale(f"{shown(raw)} is not one of the levels {', '.join(allowed)}")
        return number_text(value)

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "levels": [_level_dict(level) for level in self.levels]}


@dataclass(frozen=True, slots=True)
class NominalScale:
    """Named options without an order."""

    options: Sequence[Option]
    type: ClassVar[str] = "nominal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", _listed("options", self.options))
        _check_choices("nominal options", [option.key for option in self.options])

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": [option.key for option in self.options]}

    def describe(self) -> str:
        lines = (_entry(f'"{option.key}"', option.label, option.description) for option in self.options)
        return "Answer with the key of one option:\n" + "\n".join(lines)

    def parse(self, raw: object) -> str:
        """Return the option's key; raise OffScale otherwise."""
        return _match(raw, [option.key for option in self.options])

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "options": [asdict(option) for option in self.options]}


@dataclass(frozen=True, slots=True)
class NumericScale:
    """Any number from low to high, both included."""

    low: float
    high: float
    unit: str = ""
    type: ClassVar[str] = "numeric"

    def __post_init__(self) -> None:
        if not read_number(self.low) < read_number(self.high):
            raise ValueError(f"numeric scale: low ({self.low}) must be below high ({self.high})")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "number", "minimum": self.low, "maximum": self.high}

    def describe(self) -> str:
        unit = f" ({self.unit})" if self.unit else ""
        return f"Answer with a number from {number_text(self.low)} to {number_text(self.high)}{unit}."

    def parse(self, raw: object) -> str:
        """Return the number as plain decimal text; raise OffScale outside low to high."""
        value = read_number(raw)
        if not self.low <= value <= self.high:
            raise OffScale(
                f"{shown(raw)} is not between {number_text(self.low)} and {number_text(self.high)}"
            )
        return number_text(value)

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "low": self.low, "high": self.high, "unit": self.unit}


@dataclass(frozen=True, slots=True)
class TaxonomyScale:
    """A list of errors, each with a category and a severity; the empty list means no error."""

    categories: Sequence[str]
    severities: Mapping[str, float]
    type: ClassVar[str] = "taxonomy"

    def __post_init__(self) -> None:
        object.__setattr__(self, "categories", _listed("categories", self.categories))
        if not isinstance(self.severities, Mapping):
            raise ValueError("severities must map each name to its weight")
        _check_choices("taxonomy categories", self.categories)
        _check_choices("taxonomy severities", list(self.severities))

    def json_schema(self) -> dict[str, Any]:
        properties = {
            "category": {"type": "string", "enum": list(self.categories)},
            "severity": {"type": "string", "enum": list(self.severities)},
            "note": {"type": "string"},
        }
        return {"type": "array", "items": closed_object(properties)}

    def describe(self) -> str:
        return (
            "Answer with a list of every error found, an empty list if there is none. "
            'Each error has a "category", a "severity" and a short "note" that quotes what is wrong.\n'
            f"Categories: {', '.join(self.categories)}.\nSeverities: {', '.join(self.severities)}."
        )

    def parse(self, raw: object) -> str:
        """Return the errors as compact JSON, in the order given; raise OffScale if any is off the scale."""
        if not isinstance(raw, list):
            raise OffScale(f"{shown(raw)} is not a list of errors")
        return json.dumps([self._error(entry) for entry in raw], ensure_ascii=False, separators=(",", ":"))

    def _error(self, entry: object) -> dict[str, str]:
        if not isinstance(entry, dict):
            raise OffScale(f"{shown(entry)} is not an error with a category and a severity")
        note = entry.get("note", "")
        return {
            "category": _match(entry.get("category"), self.categories),
            "severity": _match(entry.get("severity"), list(self.severities)),
            "note": note if isinstance(note, str) else shown(note),
        }

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "categories": list(self.categories), "severities": dict(self.severities)}


@dataclass(frozen=True, slots=True)
class PreferenceScale:
    """Which of the candidates is better."""

    options: Sequence[str] = ("a", "b", "tie")
    type: ClassVar[str] = "preference"

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", _listed("options", self.options))
        _check_choices("preference options", self.options)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.options)}

    def describe(self) -> str:
        choices = ", ".join(f'"{option}"' for option in self.options)
        return f"Answer which candidate is better: {choices}."

    def parse(self, raw: object) -> str:
        """Return the option; raise OffScale otherwise."""
        return _match(raw, self.options)

    def to_dict(self) -> dict[str, Any]:
        return {"type": self.type, "options": list(self.options)}


Scale = BinaryScale | OrdinalScale | NominalScale | NumericScale | TaxonomyScale | PreferenceScale


def scale_from_dict(data: Mapping[str, Any]) -> Scale:
    """Read a scale as rubric files write it.

    `cannot_assess` and `good` are accepted and left to the question and the rubric.
    Raises ValueError that names the first thing wrong.
    """
    kind = data.get("type")
    fields = {key: value for key, value in data.items() if key not in _RUBRIC_ONLY}
    try:
        return _build(kind, fields)
    except TypeError as error:
        raise ValueError(f"{kind} scale: {str(error).replace('.__init__()', '')}") from error


def _build(kind: object, fields: dict[str, Any]) -> Scale:
    match kind:
        case "binary":
            return BinaryScale(**fields)
        case "ordinal":
            return OrdinalScale(
                **fields | {"levels": tuple(Level(**level) for level in _rows(fields, "levels"))}
            )
        case "nominal":
            return NominalScale(
                **fields | {"options": tuple(Option(**option) for option in _rows(fields, "options"))}
            )
        case "numeric":
            return NumericScale(**fields)
        case "taxonomy":
            return TaxonomyScale(**fields)
        case "preference":
            return PreferenceScale(**fields)
    raise ValueError(f"unknown scale type {shown(kind)}")


def _rows(fields: dict[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = fields.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError(f"{name} must be a list of mappings")
    return rows


def read_number(raw: object) -> float:
    """Read a JSON number, or text that is exactly one; raise OffScale otherwise."""
    if isinstance(raw, str):
        return _number_from_text(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise OffScale(f"{shown(raw)} is not a number")
    try:
        value = float(raw)
    except OverflowError:
        raise OffScale("the number is too large") from None
    if not math.isfinite(value):
        raise OffScale(f"{shown(raw)} is not a finite number")
    return value


def _number_from_text(raw: str) -> float:
    text = raw.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        raise OffScale(f"{shown(raw)} is not a number")
    return read_number(float(text))


def number_text(value: float) -> str:
    """Write a number without exponent or trailing zeros: 4.0 is `4`, 2.50 is `2.5`."""
    text = format(Decimal(repr(float(value))), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def shown(raw: object, limit: int = 100) -> str:
    """Quote a value for a message, at most `limit` characters, on one line."""
    if isinstance(raw, list | dict):  # its own text could be endless
        return "a list" if isinstance(raw, list) else "an object"
    text = json.dumps(raw[: limit + 1]) if isinstance(raw, str) else ascii(raw)
    return text if len(text) <= limit else text[:limit] + "..."


def _match(raw: object, allowed: Sequence[str]) -> str:
    if isinstance(raw, str):
        wanted = raw.strip().casefold()
        for option in allowed:
            if option.strip().casefold() == wanted:
                return option
    raise OffScale(f"{shown(raw)} is not one of {', '.join(allowed)}")


def _listed(name: str, values: Sequence[Any]) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise ValueError(f"{name} must be a list")
    return tuple(values)


def _check_choices(name: str, choices: Sequence[object]) -> None:
    if not choices:
        raise ValueError(f"{name}: at least one is needed")
    folded = [_folded(name, choice) for choice in choices]
    if CANNOT_ASSESS in folded:
        raise ValueError(f"{name}: {CANNOT_ASSESS} is reserved; allow it with `cannot_assess: true`")
    repeated = _first_repeated(folded)
    if repeated is not None:
        raise ValueError(f"{name}: {shown(repeated)} is there twice")


def _folded(name: str, choice: object) -> str:
    if not isinstance(choice, str) or not choice.strip():
        raise ValueError(f"{name}: {shown(choice)} is not text; quote it")
    return choice.strip().casefold()


def _first_repeated(values: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def _level_dict(level: Level) -> dict[str, Any]:
    return asdict(level) | {"value": _plain_number(level.value)}


def _plain_number(value: float) -> int | float:
    return int(value) if float(value).is_integer() else float(value)


def _entry(name: str, label: str, detail: str) -> str:
    words = ": ".join(part for part in (label, detail) if part)
    return f"- {name}: {words}" if words else f"- {name}"


def closed_object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
