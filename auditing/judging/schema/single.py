"""architecture: single (what a judge is that names no other): one model, asked once about an item."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import JudgeSpec
from auditing.rubrics.schema import RubricSpec
from judges.architectures.single import Single
from judges.contracts import Architecture


@dataclass(frozen=True)
class SingleJudge(JudgeSpec):
    """One model."""

    architecture = "single"
    keys = Asked.keys

    model_asked: Asked

    @classmethod
    def read(cls, fields: Fields) -> "SingleJudge":
        return cls(Asked.read(fields))

    def to_content(self) -> dict[str, Any]:
        return self.model_asked.to_content()

    def build(self, rubric: RubricSpec) -> Architecture:
        return Single(self.model_asked.engine(rubric))

    @property
    def asked(self) -> Sequence[Asked]:
        return (self.model_asked,)
