"""One model as every architecture asks it: prompt, request, reply, and a repair of what cannot be read."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace

from judges import prompting
from judges.asking import CallFailed, ask
from judges.contracts import (
    Answer,
    CallRecord,
    Completion,
    JudgeSpec,
    Message,
    Outcome,
    Provider,
    Question,
    Request,
    Subject,
)
from judges.parsing import read_completion, unscored

Answers = tuple[Answer, ...]
Read = Callable[[Completion, Sequence[Question]], Answers]


class Asker:
    """Asks once; asks again, saying what was wrong, only for a reply that could not be read."""

    def __init__(self, spec: JudgeSpec, read: Read = read_completion) -> None:
        self.spec = spec
        self._read = read
        self._rubric = prompting.rubric_text(spec)
        self._examples = [
            (example.payload, prompting.example_turns(spec, example)) for example in spec.examples
        ]
        self._parameters = parameters_of(spec)

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is asked, all together."""
        return tuple(self.spec.questions)

    def request(
        self, subject: Subject, *, role: str = "", replicate: int = 0, closing: str = prompting.REMINDER
    ) -> Request:
        """The first request about an item. Samples beyond the first move on a seed that is set."""
        item = Subject(subject.item_id, prompting.visible(self.spec, subject.payload))
        shown = [turn for payload, turns in self._examples if payload != subject.payload for turn in turns]
        chat = prompting.messages(self._rubric, item, shown=shown, closing=closing)
        seed = self._parameters.get("seed")
        moved = {"seed": seed + replicate} if isinstance(seed, int) and replicate else {}
        return Request(
            self.spec.model, chat, {**self._parameters, **moved}, self.spec.endpoint, replicate, role
        )

    async def answer(self, request: Request, provider: Provider) -> tuple[Answers, list[CallRecord]]:
        """One answer a question, and every call it took; a failed call is an outcome, never an exception."""
        answers, call = await self._ask(request, provider)
        calls = [call]
        for _ in range(self.spec.repair_attempts):
            if not _unread(answers):
                break
            request = _continued(request, prompting.repair_messages(call.response_text, answers))
            again, call = await self._ask(request, provider)
            answers, calls = _first_settled(answers, again), [*calls, call]
        return answers, calls

    async def _ask(self, request: Request, provider: Provider) -> tuple[Answers, CallRecord]:
        try:
            completion, record = await ask(request, provider)
        except CallFailed as failure:
            return unscored(self.questions, failure.outcome, failure.reason), failure.record
        return self._read(completion, self.questions), record


def parameters_of(spec: JudgeSpec, schema: dict[str, object] | None = None) -> dict[str, object]:
    """The rest of a request's body; `schema` is the form of the reply where it is no verdict."""
    standard: dict[str, object] = {
        "temperature": spec.temperature,
        "max_tokens": spec.max_output_tokens,
        "seed": spec.seed,
        **prompting.response_format(spec, schema),
    }
    return {name: value for name, value in (standard | dict(spec.parameters)).items() if value is not None}


async def all_at_once(
    asked: Iterable[Awaitable[tuple[Answers, list[CallRecord]]]],
) -> tuple[list[Answers], tuple[CallRecord, ...]]:
    """Several askers under way together: the answers of each, and all the calls in that order."""
    first, *others = asked
    replies = await asyncio.gather(first, *others) if others else [await first]
    return [answers for answers, _ in replies], tuple(call for _, calls in replies for call in calls)


def under(name: str, role: str) -> str:
    """The role of a call within a part of that name."""
    return f"{name}, {role}" if role else name


def _continued(request: Request, turns: list[Message]) -> Request:
    return replace(request, messages=[*request.messages, *turns])


def _unread(answers: Answers) -> bool:
    return any(answer.outcome is Outcome.PARSE_FAILED for answer in answers)


def _first_settled(first: Answers, second: Answers) -> Answers:
    """A repair mends the form of an answer; what was already said stands."""
    return tuple(old if old.outcome.settled else new for old, new in zip(first, second, strict=True))
