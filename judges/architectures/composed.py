"""What judges made of other judges share: all their questions, and the look at the batch that a part may need."""

from collections.abc import Iterable, Sequence

from judges.contracts import Architecture, Question, Subject, Surveyor


class Composed:
    """A judge of several parts. A part may answer some of the questions only."""

    def __init__(self, parts: Sequence[Architecture]) -> None:
        self._parts = tuple(parts)
        self._questions = {question.key: question for part in parts for question in part.questions}

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question that some part answers, each once."""
        return tuple(self._questions.values())

    @property
    def surveys(self) -> bool:
        """Must a part see the whole batch before it judges an item?"""
        return bool(self._surveyors())

    def survey(self, subjects: Iterable[Subject]) -> None:
        """Let every part look that has to; more than one part makes a copy of the batch in memory."""
        surveyors = self._surveyors()
        batch = list(subjects) if len(surveyors) > 1 else subjects
        for surveyor in surveyors:
            surveyor.survey(batch)

    def _surveyors(self) -> list[Surveyor]:
        return [part for part in self._parts if isinstance(part, Surveyor) and part.surveys]
