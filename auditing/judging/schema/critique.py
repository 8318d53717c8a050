"""architecture: critique_and_revise: an answer, what a critic finds wrong with it, and the answer after that.

rounds: 1                 # 1 to 3
critic: {model: large}    # the same model where nothing is said
and the keys of a single judge
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked, read_whole
from auditing.judging.schema.base import JudgeSpec
from auditing.rubrics.schema import RubricSpec
from judges.architectures.critique import CritiqueAndRevise
from judges.contracts import Architecture

MOST_ROUNDS = 3


@dataclass(frozen=True)
class CritiqueJudge(JudgeSpec):
    """A judge and its critic; None is the judge itself."""

    architecture = "critique_and_revise"
    keys = (*Asked.keys, "rounds", "critic")

    judge: Asked
    critic: Asked | None = None
    rounds: int = 1

    @classmethod
    def read(cls, fields: Fields) -> "CritiqueJudge":
        judge = read_arguing(fields)
        given = fields.data.get("critic")
        critic = None if given is None else Asked.read(Fields(given, fields.at("critic"), Asked.keys))
        return cls(judge, critic, read_whole(fields, "rounds", 1, 1, MOST_ROUNDS))

    def to_content(self) -> dict[str, Any]:
        critic = {"critic": self.critic.to_content()} if self.critic else {}
        return {"architecture": self.architecture, "rounds": self.rounds, **critic, **self.judge.to_content()}

    def build(self, rubric: RubricSpec) -> Architecture:
        critic = self.critic or self.judge
        return CritiqueAndRevise(self.judge.engine(rubric), critic.engine(rubric), self.rounds)

    @property
    def asked(self) -> Sequence[Asked]:
        return (self.judge, self.critic) if self.critic else (self.judge,)


def read_arguing(fields: Fields) -> Asked:
    """A model whose reasons others read, so that it must give some."""
    asked = Asked.read(fields)
    if not asked.rationale:
        raise fields.complain("rationale", "must be true: what has no reasons cannot be argued about")
    return asked
