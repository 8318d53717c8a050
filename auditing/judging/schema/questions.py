"""A rubric's criteria as the judge engine asks them."""

from auditing.core.errors import BadInput
from auditing.rubrics.scale_files import write_scale
from auditing.rubrics.schema import Criterion, RubricSpec
from judges.contracts import Question


def questions_of(rubric: RubricSpec) -> list[Question]:
    """One question a criterion, in order. Raises BadInput where the engine refuses a scale."""
    return [question_of(criterion) for criterion in rubric.criteria]


def question_of(criterion: Criterion) -> Question:
    """A criterion as the engine asks it. Raises BadInput where the engine refuses the scale."""
    scale = {key: value for key, value in write_scale(criterion.scale).items() if key != "aliases"}
    words = {"key": criterion.key, "question": criterion.label, "guidance": criterion.guidance}
    try:
        return Question.from_dict({**words, "scale": scale})
    except ValueError as error:
        raise BadInput(f"judges cannot be asked: {error}", field=f"criteria.{criterion.key}") from error
