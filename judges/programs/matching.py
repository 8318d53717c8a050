"""Comparing a text with one or several references, the nearest of which counts."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from judges.contracts import Subject
from judges.programs.findings import Finding, NotThere
from judges.programs.reading import normalised, text_at, texts_at, words
from judges.scales import shown

Measure = Callable[[str, str], float]
"""From a text and a reference to a likeness from 0 to 1."""


def exact(text: str, reference: str) -> float:
    """1 where both are the same, outer space aside."""
    return float(text.strip() == reference.strip())


def equal(text: str, reference: str) -> float:
    """1 where both are the same once normalised."""
    return float(normalised(text) == normalised(reference))


def contains(text: str, reference: str) -> float:
    """1 where the words of the reference stand in the text, next to each other."""
    sought = normalised(reference)
    return float(bool(sought) and f" {sought} " in f" {normalised(text)} ")


def token_recall(text: str, reference: str) -> float:
    """The share of the reference's words that the text has."""
    sought = Counter(words(reference))
    return (sought & Counter(words(text))).total() / sought.total() if sought else 0.0


def token_f1(text: str, reference: str) -> float:
    """The harmonic mean of the share of the reference's words found and the share of the text's words needed."""
    sought, given = Counter(words(reference)), Counter(words(text))
    shared = (sought & given).total()
    return 2 * shared / (sought.total() + given.total()) if shared else 0.0


MEASURES: Mapping[str, Measure] = {
    "exact": exact,
    "normalised": equal,
    "contains": contains,
    "token_recall": token_recall,
    "token_f1": token_f1,
}


@dataclass(frozen=True, slots=True)
class Match:
    """Holds where the field is like one of the references, by `how`, at least as much as `at_least`."""

    name: ClassVar[str] = "match"
    field: str = "output"
    against: str = "reference"
    how: str = "normalised"
    at_least: float = 1.0

    def __post_init__(self) -> None:
        if self.how not in MEASURES:
            raise ValueError(f"match: {self.how!r} is not one of {', '.join(MEASURES)}")
        if not 0 < self.at_least <= 1:
            raise ValueError("match: at_least must be above 0 and at most 1")

    def find(self, subject: Subject) -> Finding:
        try:
            text, references = text_at(subject, self.field), texts_at(subject, self.against)
        except NotThere as error:
            return Finding(None, str(error))
        likeness, nearest = max((MEASURES[self.how](text, other), other) for other in references)
        return Finding(
            likeness >= self.at_least,
            f"{self.how} of {self.field} against {shown(nearest)}: {likeness:.2f}",
            likeness,
        )

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, **asdict(self)}
