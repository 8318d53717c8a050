"""What the review screen posts."""

from dataclasses import dataclass

from django.http import HttpRequest

from auditing.reviews.models import ReviewTask
from auditing.web.rubrics.inputs import read_answers, read_notes


@dataclass(frozen=True)
class Opinion:
    """One reviewer's words on one item, complete or not; the keyword arguments of the review services."""

    answers: dict[str, str | None]
    notes: dict[str, str]
    comment: str
    base: str | None

    @classmethod
    def posted(cls, request: HttpRequest, task: ReviewTask) -> "Opinion":
        rubric = task.audit.rubric
        return cls(
            answers=read_answers(rubric, request.POST),
            notes=read_notes(rubric, request.POST),
            comment=request.POST.get("comment", ""),
            base=request.POST.get("base"),
        )
