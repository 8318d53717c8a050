"""architecture: human: the last stage of a cascade, where nobody is asked and the item is left to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.questions import questions_of
from auditing.rubrics.schema import RubricSpec
from judges.architectures.human import Human
from judges.contracts import Architecture


@dataclass(frozen=True)
class HumanEnd(JudgeSpec):
    """No judge of its own, so not among the kinds."""

    architecture = "human"
    keys = ()

    @classmethod
    def read(cls, fields: Fields) -> "HumanEnd":
        return cls()

    def to_content(self) -> dict[str, Any]:
        return {"architecture": self.architecture}

    def build(self, rubric: RubricSpec) -> Architecture:
        return Human(questions_of(rubric))

    @property
    def asked(self) -> Sequence[Asked]:
        return ()
