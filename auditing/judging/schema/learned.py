"""architecture: learned: a model fitted to rulings. Made by `train_judge`, not written by hand.

judges: [rules]           # whose verdicts in the same audit it takes into account
criteria:
  correct: {model: {...}, out_of_fold: {...}, report: {...}}
training: {...}           # what it was trained on
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, unknown
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.questions import question_of
from auditing.rubrics.schema import RubricSpec
from judges.architectures.learned import Learned, LearnedJudge
from judges.contracts import Architecture
from judges.learning.model import LearnedModel


@dataclass(frozen=True)
class Lesson:
    """What was learnt of one criterion, and the report on it."""

    model: LearnedModel
    out_of_fold: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)

    def to_content(self) -> dict[str, Any]:
        known = {key: dict(row) for key, row in self.out_of_fold.items()}
        return {"model": self.model.to_dict(), "out_of_fold": known, "report": dict(self.report)}


@dataclass(frozen=True)
class TrainedJudge(JudgeSpec):
    """A model a criterion; it asks nobody."""

    architecture = "learned"
    keys = ("judges", "criteria", "training")

    criteria: Mapping[str, Lesson]
    judges: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Fields) -> "TrainedJudge":
        criteria = {name: _lesson(path, entry) for path, name, entry in fields.pairs("criteria")}
        if not criteria:
            raise fields.complain("criteria", "is missing: a learned judge is made by train_judge")
        training = {name: value for _, name, value in fields.pairs("training")}
        return cls(criteria, fields.texts("judges"), training)

    def to_content(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture,
            "judges": list(self.judges),
            "criteria": {name: lesson.to_content() for name, lesson in self.criteria.items()},
            "training": dict(self.training),
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        known = [criterion.key for criterion in rubric.criteria]
        for name in self.criteria:
            if name not in known:
                raise BadInput(unknown("criterion", name, known), field="criteria")
        return LearnedJudge([self._learned(key, rubric) for key in known if key in self.criteria])

    def _learned(self, key: str, rubric: RubricSpec) -> Learned:
        lesson = self.criteria[key]
        try:
            return Learned(question_of(rubric.criterion(key)), lesson.model, lesson.out_of_fold)
        except ValueError as error:
            raise BadInput(str(error), field=f"criteria.{key}") from error

    @property
    def asked(self) -> Sequence[Asked]:
        return ()


def _lesson(path: str, entry: Any) -> Lesson:
    fields = Fields(entry, path, ("model", "out_of_fold", "report"))
    rows = {name: row for _, name, row in fields.pairs("out_of_fold")}
    report = {name: value for _, name, value in fields.pairs("report")}
    try:
        known = {key: {str(value): float(share) for value, share in row.items()} for key, row in rows.items()}
        return Lesson(LearnedModel.from_dict(fields.need("model")), known, report)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadInput(f"cannot be read: {error}", field=path) from error
