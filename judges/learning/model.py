"""A learned model as plain numbers: how it scores an item, and how it is written and read back."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from judges.contracts import Subject
from judges.learning.features import grams, measures

KEY_LENGTH = 24


def content_key(payload: Mapping[str, Any]) -> str:
    """An item by its content: the same text delivered again is the same training item."""
    text = json.dumps(payload, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:KEY_LENGTH]


@dataclass(frozen=True)
class LearnedModel:
    """Softmax regression. `numeric` has a row a class and a column a name, the words a mapping a class.

    A measure that is missing takes its mean, which adds nothing, and its `gap` column says so.
    """

    classes: tuple[str, ...]
    fields: tuple[str, ...]
    names: tuple[str, ...]
    means: tuple[float, ...]
    spreads: tuple[float, ...]
    idf: Mapping[int, float]
    intercepts: tuple[float, ...]
    numeric: tuple[tuple[float, ...], ...]
    gaps: tuple[tuple[float, ...], ...]
    words: tuple[Mapping[int, float], ...]
    temperature: float = 1.0

    def probabilities(self, subject: Subject, opinions: Mapping[str, float]) -> dict[str, float]:
        """The probability of each class. `opinions` are other judges' numbers by feature name."""
        scores = [sum(part) for part in zip(*self._parts(subject, opinions).values(), strict=True)]
        return dict(zip(self.classes, softmax(scores, self.temperature), strict=True))

    def reasons(
        self, subject: Subject, opinions: Mapping[str, float], value: str, most: int = 3
    ) -> list[str]:
        """What speaks most for `value` against the other classes' mean, in words."""
        place = self.classes.index(value)
        weights = {
            name: part[place] - sum(part) / len(part)
            for name, part in self._parts(subject, opinions).items()
            if name != "base rate"
        }
        strongest = sorted(weights.items(), key=lambda entry: -entry[1])[:most]
        return [f"{name} ({weight:+.2f})" for name, weight in strongest if weight > 0.005]

    def _parts(self, subject: Subject, opinions: Mapping[str, float]) -> dict[str, Sequence[float]]:
        """What each feature adds to each class's score."""
        known = {**measures(subject.payload, self.fields), **opinions}
        parts: dict[str, Sequence[float]] = {"base rate": self.intercepts}
        for column, name in enumerate(self.names):
            value = known.get(name, math.nan)
            if math.isnan(value):
                parts[name] = [row[column] for row in self.gaps]
            else:
                standard = (value - self.means[column]) / self.spreads[column]
                parts[name] = [row[column] * standard for row in self.numeric]
        parts["its words"] = self._words(subject)
        return parts

    def _words(self, subject: Subject) -> list[float]:
        weights = bag(grams(subject.payload, self.fields), self.idf)
        return [
            sum(weight * table.get(bucket, 0.0) for bucket, weight in weights.items()) for table in self.words
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON values only; numbers to six significant digits."""
        return {
            "classes": list(self.classes),
            "fields": list(self.fields),
            "names": list(self.names),
            "means": _short(self.means),
            "spreads": _short(self.spreads),
            "idf": _short_table(self.idf),
            "intercepts": _short(self.intercepts),
            "numeric": [_short(row) for row in self.numeric],
            "gaps": [_short(row) for row in self.gaps],
            "words": [_short_table(table) for table in self.words],
            "temperature": float(f"{self.temperature:.6g}"),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "LearnedModel":
        """Read what `to_dict` wrote. Raises ValueError where it is not a whole model of finite numbers."""
        try:
            model = cls(
                classes=tuple(map(str, data["classes"])),
                fields=tuple(map(str, data["fields"])),
                names=tuple(map(str, data["names"])),
                means=_numbers(data["means"]),
                spreads=_numbers(data["spreads"]),
                idf=_table(data["idf"]),
                intercepts=_numbers(data["intercepts"]),
                numeric=tuple(map(_numbers, data["numeric"])),
                gaps=tuple(map(_numbers, data["gaps"])),
                words=tuple(map(_table, data["words"])),
                temperature=_number(data["temperature"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a learned model: {error!r}") from error
        model._check()
        return model

    def _check(self) -> None:
        rows = (self.intercepts, self.numeric, self.gaps, self.words)
        wide = (self.means, self.spreads, *self.numeric, *self.gaps)
        if len(self.classes) < 2 or any(len(one) != len(self.classes) for one in rows):
            raise ValueError("a learned model needs two or more classes, and a row for each")
        if any(len(one) != len(self.names) for one in wide):
            raise ValueError("a learned model needs a number for each of its names")
        if min((*self.spreads, self.temperature)) <= 0:
            raise ValueError("a learned model's spreads and temperature are above 0")


def bag(counts: Mapping[int, float], idf: Mapping[int, float]) -> dict[int, float]:
    """TF-IDF of the buckets that training knew, of length 1."""
    weights = {bucket: count * idf[bucket] for bucket, count in counts.items() if bucket in idf}
    length = math.sqrt(sum(weight * weight for weight in weights.values()))
    return {bucket: weight / length for bucket, weight in weights.items()} if length else {}


def softmax(scores: Sequence[float], temperature: float = 1.0) -> list[float]:
    """Probabilities from scores."""
    highest = max(scores)
    powers = [math.exp((score - highest) / temperature) for score in scores]
    return [power / sum(powers) for power in powers]


def _short(row: Sequence[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in row]


def _short_table(table: Mapping[int, float]) -> dict[str, float]:
    return {str(bucket): float(f"{value:.6g}") for bucket, value in sorted(table.items())}


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a learned model has finite numbers only")
    return number


def _numbers(values: Sequence[Any]) -> tuple[float, ...]:
    return tuple(map(_number, values))


def _table(values: Mapping[str, Any]) -> dict[int, float]:
    return {int(bucket): _number(value) for bucket, value in values.items()}
