"""What a judge would be told of a rubric, before there is a judge."""

from auditing.rubrics.schema import Criterion, RubricSpec
from judges.contracts import JudgeSpec, Question
from judges.prompting import rubric_text


def prompt_of(rubric: RubricSpec) -> str:
    """The part of the prompt that all items share; a judge's own instructions come on top."""
    questions = [_question(criterion) for criterion in rubric.criteria]
    return rubric_text(JudgeSpec(model="", questions=questions, task=rubric.description))


def _question(criterion: Criterion) -> Question:
    content = criterion.to_content()
    content["scale"].pop("aliases", None)  # spellings of imported answers; a judge answers in the scale's own
    return Question.from_dict(content)
