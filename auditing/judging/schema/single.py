"""architecture: single (what a judge is that names no other): one model.

calls: per_item           # or per_criterion: a call for each criterion, which knows nothing of the others
delivery: live            # or batch: half the price, within a day
and the keys of `asked`
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from auditing.core.reading import Fields
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import BATCH, LIVE, JudgeSpec
from auditing.rubrics.schema import RubricSpec
from judges.architectures.single import Calls, Single
from judges.contracts import Architecture

CALLS: tuple[Calls, ...] = get_args(Calls)


@dataclass(frozen=True)
class SingleJudge(JudgeSpec):
    """One model, one call an item or one a criterion."""

    architecture = "single"
    keys = (*Asked.keys, "calls", "delivery")

    model_asked: Asked
    calls: Calls = "per_item"
    delivered: str = LIVE

    @classmethod
    def read(cls, fields: Fields) -> "SingleJudge":
        return cls(
            Asked.read(fields),
            cast(Calls, fields.choice("calls", CALLS, "per_item")),
            fields.choice("delivery", (LIVE, BATCH), LIVE),
        )

    def to_content(self) -> dict[str, Any]:
        calls = {"calls": self.calls} if self.calls != "per_item" else {}
        delivery = {"delivery": self.delivered} if self.delivered != LIVE else {}
        return {**self.model_asked.to_content(), **calls, **delivery}

    def build(self, rubric: RubricSpec) -> Architecture:
        return Single(self.model_asked.engine(rubric), self.calls)

    @property
    def delivery(self) -> str:
        return self.delivered

    @property
    def asked(self) -> Sequence[Asked]:
        return (self.model_asked,)
