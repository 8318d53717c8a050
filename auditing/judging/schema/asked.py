"""One model as it is asked: the keys that every architecture with a model in it shares.

endpoint: default
model: gpt-4o
instructions: what the rubric does not say
temperature: 0            # null leaves it to the endpoint
max_output_tokens: 1024
seed: 7
rationale: true           # a short reason before each value
structured: json_schema   # or json_object, none: what the endpoint can constrain
repair_attempts: 1
parameters: {top_p: 0.9}  # further fields of the request's body, as they are
reference: show           # or hide: whether the judge sees the item's reference answer
examples: [...]           # see `examples`
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from auditing.core.errors import BadInput
from auditing.core.reading import Fields
from auditing.judging.schema.examples import ShownExample, examples_for, read_examples
from auditing.judging.schema.questions import questions_of
from auditing.rubrics.scale_files import plain
from auditing.rubrics.schema import RubricSpec
from judges import contracts

DEFAULT_ENDPOINT = "default"
REFERENCE = ("show", "hide")
STRUCTURED = ("json_schema", "json_object", "none")
MOST_OUTPUT_TOKENS = 100_000
MOST_REPAIRS = 3
OURS = (
    "model",
    "messages",
    "input",
    "questions",
    "stream",
    "n",
    "tools",
)  # parameters that would change what a reply is


@dataclass(frozen=True)
class Asked:
    """Which model is asked, where, and how; what it is asked comes from the rubric."""

    keys = (
        "endpoint",
        "model",
        "instructions",
        "temperature",
        "max_output_tokens",
        "seed",
        "rationale",
        "structured",
        "repair_attempts",
        "parameters",
        "reference",
        "examples",
    )

    model: str
    endpoint: str = DEFAULT_ENDPOINT
    instructions: str = ""
    temperature: float | None = 0.0
    max_output_tokens: int = 1024
    seed: int | None = None
    rationale: bool = True
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    repair_attempts: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reference: contracts.Reference = "show"
    examples: tuple[ShownExample, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> "Asked":
        """Read and check these keys of a mapping that may have others. Raises BadInput naming the field."""
        structured = fields.choice("structured", STRUCTURED, "json_schema")
        return cls(
            model=fields.text("model"),
            endpoint=fields.text("endpoint", DEFAULT_ENDPOINT) or DEFAULT_ENDPOINT,
            instructions=fields.text("instructions", ""),
            temperature=_temperature(fields),
            max_output_tokens=read_whole(fields, "max_output_tokens", 1024, 1, MOST_OUTPUT_TOKENS),
            seed=read_whole(fields, "seed", 0, 0, 2**63 - 1) if "seed" in fields else None,
            rationale=fields.flag("rationale") if "rationale" in fields else True,
            structured=cast(Literal["json_schema", "json_object", "none"], structured),
            repair_attempts=read_whole(fields, "repair_attempts", 1, 0, MOST_REPAIRS),
            parameters=read_parameters(fields),
            reference=cast(contracts.Reference, fields.choice("reference", REFERENCE, "show")),
            examples=read_examples(fields),
        )

    def to_content(self) -> dict[str, Any]:
        """The content that reads back as this same model: every setting, and what is shown beside the item if said."""
        shown: dict[str, Any] = {"reference": self.reference} if self.reference != "show" else {}
        shown |= {"examples": [one.to_content() for one in self.examples]} if self.examples else {}
        return {
            "endpoint": self.endpoint,
            "model": self.model,
            "instructions": self.instructions,
            "temperature": None if self.temperature is None else plain(self.temperature),
            "max_output_tokens": self.max_output_tokens,
            "seed": self.seed,
            "rationale": self.rationale,
            "structured": self.structured,
            "repair_attempts": self.repair_attempts,
            "parameters": dict(self.parameters),
            **shown,
        }

    def engine(self, rubric: RubricSpec) -> contracts.JudgeSpec:
        """Everything that decides what this model answers under the rubric."""
        return contracts.JudgeSpec(
            model=self.model,
            questions=questions_of(rubric),
            endpoint=self.endpoint,
            task=rubric.description,
            instructions=self.instructions,
            temperature=self.temperature,
            max_output_tokens=self.max_output_tokens,
            seed=self.seed,
            rationale=self.rationale,
            structured=self.structured,
            repair_attempts=self.repair_attempts,
            parameters=self.parameters,
            reference=self.reference,
            examples=examples_for(self.examples, rubric),
        )


def read_whole(fields: Fields, key: str, default: int, low: int, high: int) -> int:
    """A whole number from low to high; absent is the default."""
    value = fields.data.get(key)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise fields.complain(key, f"must be a whole number from {low} to {high}")
    return value


def _temperature(fields: Fields) -> float | None:
    if "temperature" not in fields:
        return None if "temperature" in fields.data else 0.0
    temperature = fields.number("temperature")
    if not 0 <= temperature <= 2:
        raise fields.complain("temperature", "must be from 0 to 2")
    return temperature


def read_parameters(fields: Fields) -> dict[str, Any]:
    """Further fields of a request's body; those that Dokima decides are refused."""
    parameters = {}
    for path, name, value in fields.pairs("parameters"):
        if name in OURS:
            raise BadInput("is decided by Dokima and cannot be set here", field=path)
        parameters[name] = value
    return parameters
