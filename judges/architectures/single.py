"""One judge: one call an item with all questions, or one call for each question."""

from dataclasses import replace
from typing import Literal

from judges.architectures.asker import Asker, all_at_once
from judges.contracts import Judgement, JudgeSpec, Provider, Question, Request, Subject, digest_of

Calls = Literal["per_item", "per_criterion"]


class Single:
    """Asks all questions together, or each in a call of its own that knows nothing of the others."""

    def __init__(self, spec: JudgeSpec, calls: Calls = "per_item") -> None:
        self.spec, self.calls = spec, calls
        parts = [spec] if calls == "per_item" else [_narrowed(spec, question) for question in spec.questions]
        self._askers = [Asker(part) for part in parts]

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(self.spec.questions)

    def fingerprint(self) -> str:
        one = self.spec.fingerprint()
        return one if self.calls == "per_item" else digest_of([self.calls, one])

    def opening(self, subject: Subject) -> list[Request]:
        """The first call of each part, as it will be sent."""
        return [asker.request(subject, role=self._role(asker)) for asker in self._askers]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge one item. A failed call becomes an outcome of its questions, never an exception."""
        pairs = zip(self._askers, self.opening(subject), strict=True)
        parts, calls = await all_at_once(asker.answer(request, provider) for asker, request in pairs)
        return Judgement(subject.item_id, tuple(answer for part in parts for answer in part), calls)

    def _role(self, asker: Asker) -> str:
        return "" if self.calls == "per_item" else asker.questions[0].key


def _narrowed(spec: JudgeSpec, question: Question) -> JudgeSpec:
    """The same judge, asked one question; examples that say nothing of it are left out."""
    examples = [example for example in spec.examples if question.key in example.values]
    return replace(spec, questions=[question], examples=examples)
