"""Chat completions and decisions from any endpoint that speaks the OpenAI protocol."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import openai

from judges import errors
from judges.contracts import Completion, Request
from judges.fencing import clean
from judges.limits import Limits, LocalLimits
from judges.pricing import Price, cost_of
from judges.providers.tokens import tokens_of
from judges.providers.transports import Transport, certificates, lean_or_sdk
from judges.retrying import RetryPolicy, with_retries


class OpenAICompatible:
    """One endpoint and account. Belongs to one event loop; use it with `async with`, or call `aclose`."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 60.0,
        limits: Limits | None = None,
        prices: Mapping[str, Price] | None = None,
        retry: RetryPolicy | None = None,
        extra_headers: Mapping[str, str] | None = None,
        transport: Callable[[openai.AsyncOpenAI], Transport] = lean_or_sdk,
    ) -> None:
        """`timeout` is the whole time of one attempt, in seconds, waiting for a turn not included."""
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",
            timeout=timeout,
            max_retries=0,
            default_headers=extra_headers,
            http_client=openai.DefaultAsyncHttpxClient(verify=certificates(), timeout=timeout),
        )
        self._transport = transport(self._client)
        self._timeout = timeout
        self._limits = limits or LocalLimits()
        self._prices = prices or {}
        self._retry = retry or RetryPolicy()

    async def complete(self, request: Request) -> Completion:
        """Ask for one completion, retrying what can change; raises CallError."""
        return await with_retries(
            lambda: self._attempt(request), self._limits, self._retry, tokens=request.most_tokens()
        )

    async def aclose(self) -> None:
        """Close the connections, and hand back what is held of the limits."""
        await self._limits.aclose()
        await self._transport.aclose()
        await self._client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _attempt(self, request: Request) -> Completion:
        started_at, clock = datetime.now(UTC), time.perf_counter()
        body = await self._post(request)
        latency_ms = (time.perf_counter() - clock) * 1000
        return read_reply(request, body, self._prices, started_at, latency_ms)

    async def _post(self, request: Request) -> dict[str, Any]:
        """Send one request and return the reply's JSON object."""
        try:
            async with asyncio.timeout(self._timeout):
                content = await self._transport.post(request.body(), request.resource)
        except TimeoutError as error:
            raise errors.TimedOut(f"no reply within {self._timeout:g} seconds") from error
        return _object(content)


def _object(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise errors.BadReply("the endpoint's reply is not JSON") from error
    if not isinstance(body, dict):
        raise errors.BadReply("the endpoint's reply is not a JSON object")
    return body


def read_reply(
    request: Request,
    body: Mapping[str, Any],
    prices: Mapping[str, Price],
    started_at: datetime,
    latency_ms: float,
) -> Completion:
    """What the endpoint's reply to a request says. Raises BadReply where it is none."""
    said = _decided if request.resource == "decisions" else _completed
    text, refusal, finish_reason = said(body)
    usage = body.get("usage")
    prompt_tokens = _count(usage, "prompt_tokens", "input_tokens")
    completion_tokens = _count(usage, "completion_tokens", "output_tokens")
    return Completion(
        text=text,
        refusal=refusal,
        finish_reason=finish_reason,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=cost_of(prices, request.model, prompt_tokens, completion_tokens),
        latency_ms=latency_ms,
        started_at=started_at,
        attempts=1,
        tokens=tokens_of(body),
    )


def _completed(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """Text, refusal and finish reason of a chat completion."""
    choice, message = _choice(body)
    return (
        _text(message.get("content")),
        _text(message.get("refusal")),
        _text(choice.get("finish_reason")),
    )


def _decided(body: Mapping[str, Any]) -> tuple[str, str, str]:
    """The answers of a decision model, as JSON text."""
    answers = body.get("answers")
    if not isinstance(answers, list):
        raise errors.BadReply("the endpoint's reply has no answers")
    return clean(json.dumps(answers, ensure_ascii=False)), "", "stop"


def _choice(body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise errors.BadReply("the endpoint's reply has no message")
    return choice, message


def _text(value: object) -> str:
    return clean(value) if isinstance(value, str) else ""


def _count(usage: object, *names: str) -> int | None:
    values = [usage.get(name) for name in names] if isinstance(usage, dict) else []
    return next((value for value in values if isinstance(value, int) and value >= 0), None)
