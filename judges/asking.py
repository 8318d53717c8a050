"""One call of a judgement, recorded whatever becomes of it."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from judges.contracts import CallRecord, Completion, Outcome, Provider, Request
from judges.errors import CallError, ContentFiltered, OverBudget


class CallFailed(Exception):
    """A call that gave no reply: how it counts, why, and its record."""

    def __init__(self, outcome: Outcome, reason: str, record: CallRecord) -> None:
        super().__init__(reason)
        self.outcome, self.reason, self.record = outcome, reason, record


async def ask(request: Request, provider: Provider) -> tuple[Completion, CallRecord]:
    """Ask once and return the reply with its record; raises CallFailed where none comes."""
    started_at, clock = datetime.now(UTC), time.perf_counter()
    try:
        completion = await provider.complete(request)
    except CallError as error:
        latency_ms = (time.perf_counter() - clock) * 1000
        record = _failed(request, error, started_at, latency_ms)
        raise CallFailed(_outcome(error), f"{error.kind}: {error}", record) from error
    return completion, _record(request, completion)


def _outcome(error: CallError) -> Outcome:
    match error:
        case ContentFiltered():
            return Outcome.CONTENT_FILTERED
        case OverBudget():
            return Outcome.OVER_BUDGET
    return Outcome.INFRA_FAILED


def _record(request: Request, completion: Completion) -> CallRecord:
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
        role=request.role,
        endpoint=request.endpoint,
        cached=completion.cached,
    )


def _failed(request: Request, error: CallError, started_at: datetime, latency_ms: float) -> CallRecord:
    nothing = Completion("", "", "", None, None, None, latency_ms, started_at, error.attempts)
    return replace(_record(request, nothing), error_kind=error.kind, error=str(error))
