"""architecture: panel: several judges, their opinions combined.

combine: majority         # or all_agree, weighted, mean, median, minimum
needs: 2                  # members that must have scored; more than half where nothing is said
members:
  - {name: gpt, model: gpt-4o, skill: 0.9}        # skill: for `weighted`, the measured share of right answers,
  - {name: other, model: large, endpoint: else, skill: {correct: 0.8, helpful: 0.7}}   # for all criteria or each
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked, read_whole
from auditing.judging.schema.base import JudgeSpec
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
from judges.architectures.panel import Member, Panel
from judges.combining import Combine
from judges.contracts import Architecture

RULES: tuple[Combine, ...] = get_args(Combine)


@dataclass(frozen=True)
class PanelMember:
    """A judge with its name in the panel, and its measured skill."""

    name: str
    judge: JudgeSpec
    skill: Shares | float | None = None

    @classmethod
    def read(cls, own: Fields, judge: Any, path: str) -> "PanelMember":
        return cls(own.text("name"), read_judge(judge, path), read_shares(own, "skill"))


@dataclass(frozen=True)
class PanelJudge(JudgeSpec):
    """Several judges."""

    architecture = "panel"
    keys = ("combine", "needs", "members")

    members: tuple[PanelMember, ...]
    combine: Combine
    needs: int

    @classmethod
    def read(cls, fields: Fields) -> "PanelJudge":
        members = read_parts(fields, "members", ("name", "skill"), PanelMember.read)
        refuse_same_names(fields, "members", [member.name for member in members])
        combine = cast(Combine, fields.choice("combine", RULES, "majority"))
        usual = len(members) if combine == "all_agree" else len(members) // 2 + 1
        return cls(members, combine, read_whole(fields, "needs", usual, 1, len(members)))

    def to_content(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture,
            "combine": self.combine,
            "needs": self.needs,
            "members": [part_content(one.name, {"skill": one.skill}, one.judge) for one in self.members],
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        members = [
            Member(
                one.name, one.judge.build(rubric), shares_for(one.skill, rubric, f"members.{one.name}.skill")
            )
            for one in self.members
        ]
        with complaining("members"):
            return Panel(members, self.combine, self.needs)

    @property
    def asked(self) -> Sequence[Asked]:
        return tuple(asked for member in self.members for asked in member.judge.asked)
