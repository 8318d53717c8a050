"""The form of a field: how long it is, and whether it is JSON of the right shape."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from dataclasses import field as attribute
from typing import Any, ClassVar, Literal

import jsonschema
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from judges.contracts import Subject
from judges.programs.findings import Finding, NotThere
from judges.programs.patterns import compiled
from judges.programs.reading import as_text, text_at, value_at, words
from judges.scales import shown

_SAID_CAP = 200


@dataclass(frozen=True, slots=True)
class Length:
    """Holds where the field has from `least` to `most` characters or words; 0 for `most` is no limit."""

    name: ClassVar[str] = "length"
    field: str = "output"
    unit: Literal["characters", "words"] = "characters"
    least: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        if self.unit not in ("characters", "words"):
            raise ValueError("length: unit must be characters or words")
        if self.least < 0 or self.most < 0 or 0 < self.most < self.least:
            raise ValueError("length: needs 0 <= least <= most")

    def find(self, subject: Subject) -> Finding:
        try:
            text = as_text(value_at(subject, self.field))
        except NotThere as error:
            return Finding(None, str(error))
        count = len(text) if self.unit == "characters" else len(words(text))
        holds = self.least <= count and (not self.most or count <= self.most)
        return Finding(holds, f"{self.field} has {count} {self.unit}")

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, **asdict(self)}


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """Holds where the field is JSON, or a text of JSON, that is valid by `schema` (draft 2020-12).

    References lead nowhere outside the schema. Patterns are RE2's.
    """

    schema: dict[str, Any]
    name: ClassVar[str] = "json_schema"
    field: str = "output"
    _validator: Any = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if "patternProperties" in json.dumps(self.schema):
            raise ValueError("json_schema: patternProperties is not supported")
        try:
            _Validator.check_schema(self.schema)
        except jsonschema.SchemaError as error:
            raise ValueError(f"json_schema: {error.message}"[:_SAID_CAP]) from error
        object.__setattr__(self, "_validator", _Validator(self.schema, registry=Registry()))

    def find(self, subject: Subject) -> Finding:
        try:
            value = value_at(subject, self.field)
            value = json.loads(text_at(subject, self.field)) if isinstance(value, str) else value
            fault = next(self._validator.iter_errors(value), None)
        except (NotThere, Unresolvable) as error:
            return Finding(None, str(error))
        except RecursionError:
            return Finding(False, f"{self.field} is nested too deeply")
        except ValueError:
            return Finding(False, f"{self.field} is not JSON")
        if fault is None:
            return Finding(True, f"{self.field} is valid")
        return Finding(False, f"{self.field}{fault.json_path[1:]}: {fault.message}"[:_SAID_CAP])

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, "schema": self.schema, "field": self.field}


def _pattern(validator: Any, pattern: str, instance: object, _: object) -> Iterator[Any]:
    if isinstance(instance, str) and not compiled(pattern).search(instance):
        yield jsonschema.ValidationError(f"{shown(instance)} does not match {shown(pattern)}")


def _unique(validator: Any, wanted: bool, instance: object, _: object) -> Iterator[Any]:
    """In linear time, where the package's own compares every pair of what cannot be sorted."""
    if wanted and isinstance(instance, list):
        texts = {json.dumps(_one_number(entry), sort_keys=True) for entry in instance}
        if len(texts) < len(instance):
            yield jsonschema.ValidationError("has an entry twice")


def _one_number(value: Any) -> Any:
    """1.0 as 1: in JSON Schema they are equal."""
    if isinstance(value, list):
        return [_one_number(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _one_number(entry) for key, entry in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Validator = extend(jsonschema.Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique})
