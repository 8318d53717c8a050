"""Few-shot examples of a judge: items with the answers that stand, chosen once and frozen with the version.

examples:
  - id: item-7              # where it comes from: never an item of a batch under audit
    batch: question-answering/week-9
    payload: {input: ..., output: ...}
    values: {correct: "yes", helpful: "3"}
    rationales: {correct: why it was ruled so}
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, read_text
from auditing.rubrics.schema import RubricSpec
from judges import contracts

MOST_EXAMPLES = 32
_KEYS = ("id", "batch", "payload", "values", "rationales")


@dataclass(frozen=True)
class ShownExample:
    """An item shown with its answers. `batch` is its collection's slug and its batch's name."""

    id: str
    batch: str
    payload: Mapping[str, Any]
    values: Mapping[str, str]
    rationales: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, row: Any, path: str) -> "ShownExample":
        """Raises BadInput naming the field."""
        fields = Fields(row, path, _KEYS)
        payload = fields.need("payload")
        if not isinstance(payload, Mapping) or not payload:
            raise fields.complain("payload", "must be the item's fields")
        values = _texts(fields, "values")
        if not values:
            raise fields.complain("values", "is missing: an example needs at least one answer")
        return cls(
            fields.text("id", ""),
            fields.text("batch", ""),
            payload,
            values,
            _texts(fields, "rationales"),
        )

    def to_content(self) -> dict[str, Any]:
        content = {
            "id": self.id,
            "batch": self.batch,
            "payload": dict(self.payload),
            "values": dict(self.values),
        }
        return content | ({"rationales": dict(self.rationales)} if self.rationales else {})

    def engine(self, rubric: RubricSpec) -> contracts.Example:
        """The example as far as it answers the rubric's criteria. Raises BadInput where it answers none rightly."""
        values = {}
        for criterion in rubric.criteria:
            if criterion.key in self.values:
                values[criterion.key] = self._canonical(criterion.key, rubric)
        if not values:
            raise BadInput(
                f"the example {self.id or self.batch!r} answers no criterion of {rubric.name}",
                field="examples",
            )
        return contracts.Example(self.payload, values, self.rationales)

    def _canonical(self, key: str, rubric: RubricSpec) -> str:
        try:
            return rubric.criterion(key).scale.canonical(self.values[key])
        except BadInput as error:
            raise BadInput(f"the example {self.id!r}: {error}", field=f"examples.{key}") from error


def read_examples(fields: Fields) -> tuple[ShownExample, ...]:
    """The examples under `examples`; absent is none."""
    examples = tuple(ShownExample.read(row, path) for path, row in fields.rows("examples"))
    if len(examples) > MOST_EXAMPLES:
        raise fields.complain("examples", f"at most {MOST_EXAMPLES} are shown, not {len(examples)}")
    return examples


def examples_for(examples: Sequence[ShownExample], rubric: RubricSpec) -> list[contracts.Example]:
    return [example.engine(rubric) for example in examples]


def _texts(fields: Fields, key: str) -> dict[str, str]:
    return {name: read_text(value, path) for path, name, value in fields.pairs(key)}
