"""architecture: decision: a decision model, asked every criterion in one call, each answered with probabilities.

endpoint: default
model: the decision model's name
instructions: what the rubric does not say
parameters: {prompt_cache_key: dokima}  # further fields of the request's body, as they are
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import Fields
from auditing.judging.schema.asked import DEFAULT_ENDPOINT, Asked, read_parameters
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.questions import questions_of
from auditing.rubrics.schema import RubricSpec
from judges.architectures.decision import Decision, DecisionSpec
from judges.contracts import Architecture


@dataclass(frozen=True)
class DecisionJudge(JudgeSpec):
    """One decision model; it has no temperature, seed, rationale or form of reply."""

    architecture = "decision"
    keys = ("endpoint", "model", "instructions", "parameters")

    model: str
    endpoint: str = DEFAULT_ENDPOINT
    instructions: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Fields) -> "DecisionJudge":
        return cls(
            model=fields.text("model"),
            endpoint=fields.text("endpoint", DEFAULT_ENDPOINT) or DEFAULT_ENDPOINT,
            instructions=fields.text("instructions", ""),
            parameters=read_parameters(fields),
        )

    def to_content(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture,
            "endpoint": self.endpoint,
            "model": self.model,
            "instructions": self.instructions,
            "parameters": dict(self.parameters),
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        spec = DecisionSpec(
            self.model,
            questions_of(rubric),
            self.endpoint,
            rubric.description,
            self.instructions,
            self.parameters,
        )
        try:
            return Decision(spec)
        except ValueError as error:
            raise BadInput(str(error), field="architecture") from error

    @property
    def asked(self) -> Sequence[Asked]:
        return (Asked(self.model, self.endpoint, self.instructions, rationale=False),)
