"""The end of a cascade: nobody is asked, and the item is left to people."""

from collections.abc import Sequence

from judges.contracts import Judgement, Outcome, Provider, Question, Request, Subject, digest_of
from judges.parsing import unscored

LEFT = "left to a human"


class Human:
    """Abstains from every question and says why."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = tuple(questions)

    @property
    def questions(self) -> tuple[Question, ...]:
        return self._questions

    def fingerprint(self) -> str:
        return digest_of(["human", [question.to_dict() for question in self._questions]])

    def opening(self, subject: Subject) -> list[Request]:
        return []

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        return Judgement(subject.item_id, unscored(self._questions, Outcome.ABSTAINED, LEFT), ())
