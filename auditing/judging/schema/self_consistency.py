"""architecture: self_consistency: one model, asked several times; the shares of its answers are probabilities.

samples: 5
temperature: 0.7          # above 0
and the keys of a single judge
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked, read_whole
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.parts import complaining
from auditing.rubrics.schema import RubricSpec
from judges.architectures.consistency import SelfConsistency
from judges.contracts import Architecture

USUAL_SAMPLES, MOST_SAMPLES = 5, 50
USUAL_TEMPERATURE = 0.7


@dataclass(frozen=True)
class SelfConsistencyJudge(JudgeSpec):
    """One model, several samples."""

    architecture = "self_consistency"
    keys = (*Asked.keys, "samples")

    model_asked: Asked
    samples: int

    @classmethod
    def read(cls, fields: Fields) -> "SelfConsistencyJudge":
        asked = Asked.read(fields)
        if "temperature" not in fields.data:
            asked = replace(asked, temperature=USUAL_TEMPERATURE)
        if asked.temperature == 0:
            raise fields.complain("temperature", "must be above 0: at 0 every sample is the same")
        return cls(asked, read_whole(fields, "samples", USUAL_SAMPLES, 2, MOST_SAMPLES))

    def to_content(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture,
            "samples": self.samples,
            **self.model_asked.to_content(),
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        with complaining("samples"):
            return SelfConsistency(self.model_asked.engine(rubric), self.samples)

    @property
    def asked(self) -> Sequence[Asked]:
        return (self.model_asked,)
