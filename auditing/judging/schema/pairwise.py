"""architecture: pairwise: two candidates in both orders, for preference scales; the keys of a single judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.parts import complaining
from auditing.judging.schema.single import SingleJudge
from auditing.rubrics.schema import RubricSpec
from judges.architectures.pairwise import Pairwise
from judges.contracts import Architecture


@dataclass(frozen=True)
class PairwiseJudge(JudgeSpec):
    """One judge, asked in both orders."""

    architecture = "pairwise"
    keys = SingleJudge.keys

    judge: SingleJudge

    @classmethod
    def read(cls, fields: Fields) -> "PairwiseJudge":
        return cls(SingleJudge.read(fields))

    def to_content(self) -> dict[str, Any]:
        return {"architecture": self.architecture, **self.judge.to_content()}

    def build(self, rubric: RubricSpec) -> Architecture:
        with complaining("architecture"):
            return Pairwise(self.judge.build(rubric))

    @property
    def asked(self) -> Sequence[Asked]:
        return self.judge.asked
