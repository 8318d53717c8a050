"""One judge, one call an item, all questions at once."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from judges import prompting
from judges.contracts import (
    Answer,
    CallRecord,
    Completion,
    Judgement,
    JudgeSpec,
    Message,
    Outcome,
    Provider,
    Request,
    Subject,
)
from judges.errors import CallError, ContentFiltered
from judges.parsing import read_completion, unscored


class Single:
    """Asks once; asks again, saying what was wrong, only for a reply that could not be read."""

    def __init__(self, spec: JudgeSpec) -> None:
        self.spec = spec
        self._rubric = prompting.rubric_text(spec)
        self._parameters = _parameters(spec)

    def messages(self, subject: Subject) -> list[Message]:
        """The first call's chat, as it will be sent."""
        return prompting.messages(self._rubric, subject)

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge one item. A failed call becomes an outcome of every question, never an exception."""
        chat = self.messages(subject)
        answers, call = await self._ask(chat, provider)
        calls = [call]
        for _ in range(self.spec.repair_attempts):
            if not _unread(answers):
                break
            chat = [*chat, *prompting.repair_messages(call.response_text, answers)]
            again, call = await self._ask(chat, provider)
            answers, calls = _first_settled(answers, again), [*calls, call]
        return Judgement(subject.item_id, answers, tuple(calls))

    async def _ask(self, chat: list[Message], provider: Provider) -> tuple[tuple[Answer, ...], CallRecord]:
        request = Request(self.spec.model, chat, self._parameters)
        started_at, clock = datetime.now(UTC), time.perf_counter()
        try:
            completion = await provider.complete(request)
        except CallError as error:
            latency_ms = (time.perf_counter() - clock) * 1000
            record = _failed_call(request, error, started_at, latency_ms)
            return unscored(self.spec.questions, _failure(error), f"{error.kind}: {error}"), record
        return read_completion(completion, self.spec.questions), _call(request, completion)


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


def _failure(error: CallError) -> Outcome:
    return Outcome.CONTENT_FILTERED if isinstance(error, ContentFiltered) else Outcome.INFRA_FAILED


def _call(request: Request, completion: Completion) -> CallRecord:
    return CallRecord(
        request=request.body(),
        response_text=completion.text or completion.refusal,
        finish_reason=completion.finish_reason,
        prompt_tokens=completion.prompt_tokens,
        completion_tokens=completion.completion_tokens,
        cost=completion.cost,
        latency_ms=completion.latency_ms,
        started_at=completion.started_at,
        attempts=completion.attempts,
    )


def _failed_call(request: Request, error: CallError, started_at: datetime, latency_ms: float) -> CallRecord:
    return replace(
        _call(request, Completion("", "", "", None, None, None, latency_ms, started_at, error.attempts)),
        error_kind=error.kind,
        error=str(error),
    )
