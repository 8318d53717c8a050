"""architecture: cascade: judges from cheap to strong, each asked where the one before is not sure enough.

stages:
  - {name: cheap, architecture: probability_weighted, model: small, accept: {correct: 0.93, helpful: null}}
  - {name: panel, architecture: panel, accept: 0.8, members: [...]}
  - {name: person, architecture: human}           # or a judge, whose answers then stand
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.human import HumanEnd
from auditing.judging.schema.parts import (
    Shares,
    complaining,
    part_content,
    read_parts,
    read_shares,
    refuse_same_names,
    shares_for,
)
from auditing.judging.schema.registry import read_judge
from auditing.rubrics.schema import RubricSpec
from judges.architectures.cascade import Cascade, Stage
from judges.contracts import Architecture


@dataclass(frozen=True)
class CascadeStage:
    """A judge, and the confidence at which its answer stands: by criterion, where null never does."""

    name: str
    judge: JudgeSpec
    accept: Shares | float | None = None

    @classmethod
    def read(cls, own: Fields, judge: Any, path: str) -> "CascadeStage":
        is_human = judge.get("architecture") == HumanEnd.architecture
        spec = HumanEnd.read(Fields(judge, path, ("architecture",))) if is_human else read_judge(judge, path)
        return cls(own.text("name"), spec, read_shares(own, "accept"))


@dataclass(frozen=True)
class CascadeJudge(JudgeSpec):
    """Stages in order."""

    architecture = "cascade"
    keys = ("stages",)

    stages: tuple[CascadeStage, ...]

    @classmethod
    def read(cls, fields: Fields) -> "CascadeJudge":
        stages = read_parts(fields, "stages", ("name", "accept"), CascadeStage.read)
        refuse_same_names(fields, "stages", [stage.name for stage in stages])
        for place, stage in enumerate(stages[:-1]):
            if isinstance(stage.judge, HumanEnd):
                raise BadInput("a human can only be the last stage", field=f"{fields.at('stages')}[{place}]")
        if stages[-1].accept is not None:
            raise BadInput(
                "has no place in the last stage: its answers stand",
                field=f"{fields.at('stages')}[{len(stages) - 1}].accept",
            )
        return cls(stages)

    def to_content(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture,
            "stages": [part_content(one.name, {"accept": one.accept}, one.judge) for one in self.stages],
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        stages = [
            Stage(
                one.name, one.judge.build(rubric), shares_for(one.accept, rubric, f"stages.{one.name}.accept")
            )
            for one in self.stages
        ]
        with complaining("stages"):
            return Cascade(stages)

    @property
    def asked(self) -> Sequence[Asked]:
        return tuple(asked for stage in self.stages for asked in stage.judge.asked)
