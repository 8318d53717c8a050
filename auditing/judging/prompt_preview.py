"""What a judge would be told of a rubric, before there is a judge."""

from auditing.judging.schema import Asked
from auditing.rubrics.schema import RubricSpec
from judges.prompting import rubric_text


def prompt_of(rubric: RubricSpec) -> str:
    """The part of the prompt that all items share; a judge's own instructions come on top."""
    return rubric_text(Asked(model="").engine(rubric))
