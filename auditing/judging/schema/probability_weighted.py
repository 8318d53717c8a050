"""architecture: probability_weighted: one model, whose log-probabilities say how probable each value was.

alternatives: 20          # tokens that the endpoint lists at each place, at most 20
and the keys of a single judge, without `structured`: the reply must not be constrained
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked, read_whole
from auditing.judging.schema.base import JudgeSpec
from auditing.rubrics.schema import RubricSpec
from judges.architectures.weighted import MOST_ALTERNATIVES, Weighted
from judges.contracts import Architecture


@dataclass(frozen=True)
class ProbabilityWeightedJudge(JudgeSpec):
    """One model, weighed by its tokens."""

    architecture = "probability_weighted"
    keys = (*(key for key in Asked.keys if key != "structured"), "alternatives")

    model_asked: Asked
    alternatives: int

    @classmethod
    def read(cls, fields: Fields) -> "ProbabilityWeightedJudge":
        asked = replace(Asked.read(fields), structured="none")
        return cls(asked, read_whole(fields, "alternatives", MOST_ALTERNATIVES, 2, MOST_ALTERNATIVES))

    def to_content(self) -> dict[str, Any]:
        content = self.model_asked.to_content()
        del content["structured"]
        return {"architecture": self.architecture, "alternatives": self.alternatives, **content}

    def build(self, rubric: RubricSpec) -> Architecture:
        return Weighted(self.model_asked.engine(rubric), self.alternatives)

    @property
    def asked(self) -> Sequence[Asked]:
        return (self.model_asked,)
