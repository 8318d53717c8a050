"""A rubric as data: the content of a rubric file, checked and typed.

rubric: answer-correctness
description: ...
criteria:
  - key: correct
    question: Is the answer right?
    guidance: ...
    scale: {type: binary, good: "yes"}
    weight: 1
    critical: true
item_passes_when: "correct == 'yes'"
"""

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import Fields
from auditing.rubrics.expression import Condition, Truth, all_of, compile_condition
from auditing.rubrics.scale_files import plain, read_scale, write_scale
from auditing.rubrics.scales import CANNOT_ASSESS, Scale

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,119}")
KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
ITEM_PASSES = "item_passes"
_RUBRIC_KEYS = ("rubric", "description", "criteria", "item_passes_when")
_CRITERION_KEYS = ("key", "question", "guidance", "scale", "weight", "critical")


@dataclass(frozen=True)
class Criterion:
    """One question about an item, and the scale of its answers."""

    key: str
    scale: Scale
    question: str = ""
    guidance: str = ""
    weight: float = 1.0
    critical: bool = False

    @property
    def label(self) -> str:
        """The question, or where there is none the key in words."""
        return self.question or self.key.replace("_", " ").capitalize()

    def is_good(self, value: str | None) -> Truth:
        """Is an answer good? None when it is missing or says that it cannot be assessed."""
        return None if value is None or value == CANNOT_ASSESS else value in self.scale.good_values

    def to_content(self) -> dict[str, Any]:
        content: dict[str, Any] = {"key": self.key}
        content |= {"question": self.question} if self.question else {}
        content |= {"guidance": self.guidance} if self.guidance else {}
        content["scale"] = write_scale(self.scale)
        content |= {"weight": plain(self.weight)} if self.weight != 1 else {}
        content |= {"critical": True} if self.critical else {}
        return content


@dataclass(frozen=True)
class RubricSpec:
    """What good is: criteria in order, and when an item passes."""

    name: str
    criteria: tuple[Criterion, ...]
    description: str = ""
    item_passes_when: str = ""

    @classmethod
    def from_content(cls, content: Any) -> "RubricSpec":
        """Read and check the content of a file. Raises BadInput; `field` is the path of what is wrong."""
        fields = Fields(content, "", _RUBRIC_KEYS)
        spec = cls(
            name=read_name(fields, "rubric"),
            description=fields.text("description", ""),
            criteria=_criteria(fields),
            item_passes_when=fields.text("item_passes_when", ""),
        )
        _ = spec._condition  # a rule that cannot be evaluated is refused here, not when an item is judged
        return spec

    def to_content(self) -> dict[str, Any]:
        """The content that reads back as this same rubric."""
        content: dict[str, Any] = {"rubric": self.name}
        content |= {"description": self.description} if self.description else {}
        content["criteria"] = [criterion.to_content() for criterion in self.criteria]
        content |= {"item_passes_when": self.item_passes_when} if self.item_passes_when else {}
        return content

    def criterion(self, key: str) -> Criterion:
        """Raises BadInput when there is none of that key."""
        for criterion in self.criteria:
            if criterion.key == key:
                return criterion
        raise BadInput(f"the rubric {self.name} has no criterion {key!r}")

    @property
    def decides_items(self) -> bool:
        """Does the rubric say when an item passes? Scores alone do not."""
        return bool(self.item_passes_when or self._graded)

    def passes(self, values: Mapping[str, str]) -> Truth:
        """Does an item with these canonical answers pass? None when what is missing decides it.

        A critical criterion that is not good fails the item, whatever else. Without a rule every
        criterion that has a good answer must be good.
        """
        if not self.decides_items:
            return None
        truths = [criterion.is_good(values.get(criterion.key)) for criterion in self._required]
        if self._condition is not None:
            truths.append(self._condition(values))
        return all_of(truths)

    @cached_property
    def _graded(self) -> tuple[Criterion, ...]:
        return tuple(criterion for criterion in self.criteria if criterion.scale.good_values)

    @cached_property
    def _required(self) -> tuple[Criterion, ...]:
        return tuple(c for c in self._graded if c.critical or not self.item_passes_when)

    @cached_property
    def _condition(self) -> Condition | None:
        if not self.item_passes_when:
            return None
        scales = {criterion.key: criterion.scale for criterion in self.criteria}
        return compile_condition(self.item_passes_when, scales)


def read_name(fields: Fields, key: str) -> str:
    """A name that can stand in an address: small letters, digits, - and _."""
    name = fields.text(key)
    if not NAME.fullmatch(name):
        raise fields.complain(key, f"{name!r} is no name; use small letters, digits, - and _ (at most 120)")
    return name


def _criteria(fields: Fields) -> tuple[Criterion, ...]:
    criteria: list[Criterion] = []
    for path, row in fields.rows("criteria"):
        criterion = read_criterion(row, path)
        if criterion.key.casefold() in (other.key.casefold() for other in criteria):
            raise BadInput(f"{criterion.key!r} is there twice", field=f"{path}.key")
        criteria.append(criterion)
    if not criteria:
        raise fields.complain("criteria", "needs at least one criterion")
    return tuple(criteria)


def read_criterion(row: Any, path: str) -> Criterion:
    """One criterion from its mapping. Raises BadInput naming the path."""
    fields = Fields(row, path, _CRITERION_KEYS)
    criterion = Criterion(
        key=_key(fields),
        question=fields.text("question", ""),
        guidance=fields.text("guidance", ""),
        scale=read_scale(fields.need("scale"), fields.at("scale")),
        weight=fields.number("weight", 1.0),
        critical=fields.flag("critical"),
    )
    if criterion.weight < 0:
        raise fields.complain("weight", "must not be negative")
    if criterion.critical and not criterion.scale.good_values:
        raise fields.complain(
            "critical", "needs a scale that says which answer is good: binary, or nominal with good"
        )
    return criterion


def _key(fields: Fields) -> str:
    key = fields.text("key")
    if not KEY.fullmatch(key):
        raise fields.complain(
            "key", f"{key!r} is no key; use letters, digits and _, a letter first (at most 60)"
        )
    if keyword.iskeyword(key) or key in (ITEM_PASSES, CANNOT_ASSESS):
        raise fields.complain("key", f"{key!r} is reserved")
    return key
