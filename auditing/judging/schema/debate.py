"""architecture: debate: two judges answer and read each other; a third rules on what they differ about.

rounds: 1                 # rebuttals a side, 0 to 3
first: {model: one}
second: {model: other}
third: {model: large}
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked, read_whole
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.critique import MOST_ROUNDS, read_arguing
from auditing.rubrics.schema import RubricSpec
from judges.architectures.debate import Debate
from judges.contracts import Architecture


@dataclass(frozen=True)
class DebateJudge(JudgeSpec):
    """Two sides and the one who rules."""

    architecture = "debate"
    keys = ("rounds", "first", "second", "third")

    first: Asked
    second: Asked
    third: Asked
    rounds: int = 1

    @classmethod
    def read(cls, fields: Fields) -> "DebateJudge":
        first, second = (read_arguing(_inner(fields, key)) for key in ("first", "second"))
        third = Asked.read(_inner(fields, "third"))
        return cls(first, second, third, read_whole(fields, "rounds", 1, 0, MOST_ROUNDS))

    def to_content(self) -> dict[str, Any]:
        sides = {"first": self.first, "second": self.second, "third": self.third}
        return {
            "architecture": self.architecture,
            "rounds": self.rounds,
            **{key: asked.to_content() for key, asked in sides.items()},
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        first, second, third = (asked.engine(rubric) for asked in self.asked)
        return Debate(first, second, third, self.rounds)

    @property
    def asked(self) -> Sequence[Asked]:
        return (self.first, self.second, self.third)


def _inner(fields: Fields, key: str) -> Fields:
    return Fields(fields.need(key), fields.at(key), Asked.keys)
