"""The six scales: what may be answered to a criterion, in one canonical text form.

Canonical values: binary `yes` or `no`; ordinal and numeric the number (`4`, `2.5`); nominal and preference
the option; taxonomy a compact JSON list of `{"category", "severity", "note"}`; `cannot_assess` where the
scale allows it. An answer is matched as it stands, outer space and case aside, or through the scale's
aliases; nothing is guessed.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from auditing.core.errors import BadInput
from auditing.core.reading import shown

CANNOT_ASSESS = "cannot_assess"
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True)
class Level:
    """One step of an ordinal scale."""

    value: float
    label: str = ""
    anchor: str = ""

    @property
    def key(self) -> str:
        return number_text(self.value)


@dataclass(frozen=True)
class Option:
    """One choice of a nominal scale."""

    key: str
    label: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What all scales share. `aliases` maps other spellings, in lower case, to canonical values."""

    type: ClassVar[str]
    cannot_assess: bool = False
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def good_values(self) -> frozenset[str]:
        """The answers that count as good; empty where the scale itself does not say."""
        return frozenset()

    @property
    def answers(self) -> tuple[str, ...]:
        """Every answer there is but `cannot_assess`; empty where they are without number."""
        return ()

    def canonical(self, raw: Any) -> str:
        """The one text of an answer. Raises BadInput when it is not on the scale."""
        if isinstance(raw, str):
            raw = raw.strip()
            raw = self.aliases.get(raw.casefold(), raw)
            if self.cannot_assess and raw.casefold() == CANNOT_ASSESS:
                return CANNOT_ASSESS
        else:
            raw = self.aliases.get(str(raw).casefold(), raw)
        return self.own(raw)

    def own(self, raw: Any) -> str:
        """The canonical text of an answer that is neither an alias nor `cannot_assess`."""
        raise NotImplementedError

    def number(self, value: str) -> float | None:
        """A canonical value as a number; None where that has no meaning."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Binary(Scale):
    """`yes` or `no`; `good` says which of them is the good answer, which counts 1."""

    type: ClassVar[str] = "binary"
    good: str = "yes"

    @property
    def good_values(self) -> frozenset[str]:
        return frozenset({self.good})

    @property
    def answers(self) -> tuple[str, ...]:
        return ("yes", "no")

    def own(self, raw: Any) -> str:
        return match(raw, self.answers)

    def number(self, value: str) -> float | None:
        return None if value == CANNOT_ASSESS else float(value == self.good)


@dataclass(frozen=True, kw_only=True)
class Ordinal(Scale):
    """Numbered levels, each with a label and an anchor."""

    type: ClassVar[str] = "ordinal"
    levels: tuple[Level, ...]

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(level.key for level in self.levels)

    def own(self, raw: Any) -> str:
        text = number_text(to_number(raw))
        if text not in self.answers:
            raise BadInput(f"{shown(raw)} is not one of the levels {', '.join(self.answers)}")
        return text

    def number(self, value: str) -> float | None:
        return None if value == CANNOT_ASSESS else float(value)


@dataclass(frozen=True, kw_only=True)
class Nominal(Scale):
    """Named options without an order; `good` lists those that are good, if any is."""

    type: ClassVar[str] = "nominal"
    options: tuple[Option, ...]
    good: tuple[str, ...] = ()

    @property
    def good_values(self) -> frozenset[str]:
        return frozenset(self.good)

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(option.key for option in self.options)

    def own(self, raw: Any) -> str:
        return match(raw, self.answers)

    def number(self, value: str) -> float | None:
        return None


@dataclass(frozen=True, kw_only=True)
class Numeric(Scale):
    """Any number from low to high, both included."""

    type: ClassVar[str] = "numeric"
    low: float
    high: float
    unit: str = ""

    def own(self, raw: Any) -> str:
        value = to_number(raw)
        if not self.low <= value <= self.high:
            raise BadInput(
                f"{shown(raw)} is not between {number_text(self.low)} and {number_text(self.high)}"
            )
        return number_text(value)

    def number(self, value: str) -> float | None:
        return None if value == CANNOT_ASSESS else float(value)


@dataclass(frozen=True, kw_only=True)
class Taxonomy(Scale):
    """A list of errors, each with a category and a severity; `severities` gives each severity its points."""

    type: ClassVar[str] = "taxonomy"
    categories: tuple[str, ...]
    severities: Mapping[str, float]

    def own(self, raw: Any) -> str:
        entries = _loads(raw) if isinstance(raw, str) else raw
        if not isinstance(entries, list):
            raise BadInput(f"{shown(raw)} is not a list of errors")
        errors = [self._error(entry) for entry in entries]
        return json.dumps(errors, ensure_ascii=False, separators=(",", ":"))

    def _error(self, entry: Any) -> dict[str, str]:
        if not isinstance(entry, dict):
            raise BadInput(f"{shown(entry)} is not an error with a category and a severity")
        return {
            "category": match(entry.get("category"), self.categories),
            "severity": match(entry.get("severity"), list(self.severities)),
            "note": str(entry.get("note") or ""),
        }

    def number(self, value: str) -> float | None:
        return None if value == CANNOT_ASSESS else sum(self.points(value))

    def points(self, value: str) -> list[float]:
        """The points of each error in a canonical value."""
        return [self.severities[error["severity"]] for error in json.loads(value)]


@dataclass(frozen=True, kw_only=True)
class Preference(Scale):
    """Which of the candidates is better."""

    type: ClassVar[str] = "preference"
    options: tuple[str, ...] = ("a", "b", "tie")

    @property
    def answers(self) -> tuple[str, ...]:
        return self.options

    def own(self, raw: Any) -> str:
        return match(raw, self.options)

    def number(self, value: str) -> float | None:
        return None


def match(raw: Any, allowed: Sequence[str]) -> str:
    """The allowed text that `raw` is, case and outer space aside. Raises BadInput."""
    if isinstance(raw, str):
        wanted = raw.strip().casefold()
        for option in allowed:
            if option.casefold() == wanted:
                return option
    raise BadInput(f"{shown(raw)} is not one of {', '.join(allowed)}")


def to_number(raw: Any) -> float:
    """A number, or text that is exactly one. Raises BadInput."""
    if isinstance(raw, str) and _NUMBER.fullmatch(raw.strip()):
        return float(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not abs(raw) < 1e99:
        raise BadInput(f"{shown(raw)} is not a number")
    return float(raw)


def number_text(value: float) -> str:
    """A number without exponent or trailing zeros: 4.0 is `4`, 2.50 is `2.5`."""
    text = format(Decimal(repr(float(value))), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput(f"{shown(text)} is not a list of errors") from None
