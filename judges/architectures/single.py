"""One judge, one call an item, all questions at once."""

from judges import prompting
from judges.asking import CallFailed, ask
from judges.contracts import (
    Answer,
    CallRecord,
    Judgement,
    JudgeSpec,
    Message,
    Outcome,
    Provider,
    Question,
    Request,
    Subject,
)
from judges.parsing import read_completion, unscored


class Single:
    """Asks once; asks again, saying what was wrong, only for a reply that could not be read."""

    def __init__(self, spec: JudgeSpec) -> None:
        self.spec = spec
        self._rubric = prompting.rubric_text(spec)
        self._parameters = _parameters(spec)

    @property
    def questions(self) -> tuple[Question, ...]:
        """All of the judge's questions, asked together."""
        return tuple(self.spec.questions)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that can change an answer."""
        return self.spec.fingerprint()

    def opening(self, subject: Subject) -> list[Request]:
        """The first call, as it will be sent."""
        return [self._request(prompting.messages(self._rubric, subject))]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge one item. A failed call becomes an outcome of every question, never an exception."""
        chat = prompting.messages(self._rubric, subject)
        answers, call = await self._ask(chat, provider)
        calls = [call]
        for _ in range(self.spec.repair_attempts):
            if not _unread(answers):
                break
            chat = [*chat, *prompting.repair_messages(call.response_text, answers)]
            again, call = await self._ask(chat, provider)
            answers, calls = _first_settled(answers, again), [*calls, call]
        return Judgement(subject.item_id, answers, tuple(calls))

    def _request(self, chat: list[Message]) -> Request:
        return Request(self.spec.model, chat, self._parameters, self.spec.endpoint)

    async def _ask(self, chat: list[Message], provider: Provider) -> tuple[tuple[Answer, ...], CallRecord]:
        try:
            completion, record = await ask(self._request(chat), provider)
        except CallFailed as failure:
            return unscored(self.questions, failure.outcome, failure.reason), failure.record
        return read_completion(completion, self.questions), record


def _parameters(spec: JudgeSpec) -> dict[str, object]:
    standard: dict[str, object] = {
        "temperature": spec.temperature,
        "max_tokens": spec.max_output_tokens,
        "seed": spec.seed,
        **prompting.response_format(spec),
    }
    return {name: value for name, value in (standard | dict(spec.parameters)).items() if value is not None}


def _unread(answers: tuple[Answer, ...]) -> bool:
    return any(answer.outcome is Outcome.PARSE_FAILED for answer in answers)


def _first_settled(first: tuple[Answer, ...], second: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """A repair mends the form of an answer; what was already said stands."""
    return tuple(old if old.outcome.settled else new for old, new in zip(first, second, strict=True))
