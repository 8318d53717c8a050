"""The server: asyncio and the standard library, keep-alive, one request at a time on a connection."""

import asyncio
import contextlib
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from judges.simulator import chat
from judges.simulator.batches import Batches
from judges.simulator.chance import digest
from judges.simulator.decisions import decision
from judges.simulator.faults import Faults
from judges.simulator.http import HEADER_LIMIT, HttpRequest, Response, problem, read_request
from judges.simulator.personas import Persona

Reply = Callable[[dict[str, Any], Persona, str | None], dict[str, Any]]
"""From a request's body, its persona and the fault it is to have, to the body of the reply."""


@dataclass(slots=True)
class Stats:
    """What the server was asked: `requests` counts by item (faults included), `replies` those an endpoint would bill.

    `tokens` are those of the replies, as their usage says. `faults` counts by kind, with `rate_limit` for calls above
    the limit; `hangs` are the seconds that clients waited.
    """

    requests: Counter[str] = field(default_factory=Counter)
    replies: Counter[str] = field(default_factory=Counter)
    tokens: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    hangs: list[float] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    def requests_for(self, item_text: str) -> int:
        """The number of requests for the item with this user message."""
        return self.requests[digest(item_text)]

    def to_dict(self) -> dict[str, Any]:
        """The totals, for whoever runs the server in another process."""
        return {
            "requests": sum(self.requests.values()),
            "replies": sum(self.replies.values()),
            "tokens": self.tokens,
            "replied_again": sum(count - 1 for count in self.replies.values()),
            "faults": dict(self.faults),
            "longest_hang": max(self.hangs, default=0.0),
            "most_in_flight": self.most_in_flight,
        }


class Simulator:
    """A local endpoint with one simulated judge for each model name.

    `oracle` gives the planted truth of an item; without one the truth is drawn by hash. `latency` is in
    seconds, and `batch_delay` what a batch takes. When `api_key` is set, requests without it get HTTP 401. Of
    more than `rate_limit` requests in any one second the others get HTTP 429 with `Retry-After: 1`. Use it with
    `with` (in a thread of its own), or `await serve()`.
    """

    def __init__(
        self,
        personas: Mapping[str, Persona] | None = None,
        *,
        oracle: chat.Oracle | None = None,
        faults: Faults | None = None,
        latency: float = 0.0,
        seed: int = 0,
        api_key: str | None = None,
        rate_limit: int | None = None,
        port: int = 0,
        batch_delay: float = 0.0,
    ) -> None:
        self.personas = dict(personas or {"simulated": Persona()})
        self.faults = faults or Faults()
        self.stats = Stats()
        self.batches = Batches(self._in_batch, batch_delay)
        self.port = port
        self._oracle: chat.Oracle = oracle or (lambda payload: {})
        self._latency = latency
        self._seed = seed
        self._api_key = api_key
        self._rate_limit = rate_limit
        self._taken: deque[float] = deque()
        self._attempts: Counter[str] = Counter()
        self._samples: Counter[str] = Counter()
        self._connections: set[asyncio.StreamWriter] = set()

    @property
    def base_url(self) -> str:
        """What to give a client; known once the server listens."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, listening: threading.Event | None = None) -> None:
        """Answer until cancelled."""
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port, limit=HEADER_LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        if listening is not None:
            listening.set()
        try:
            await server.serve_forever()
        finally:
            for writer in self._connections:
                writer.transport.abort()

    def __enter__(self) -> Self:
        listening = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._serving = self._loop.create_task(self.serve(listening))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        while not listening.wait(0.05):
            if not self._thread.is_alive():
                raise RuntimeError("the simulator could not start") from self._serving.exception()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(asyncio.wait([self._serving]))

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while (request := await read_request(reader)) is not None:
                response = await self._counted(request, reader)
                if response is None:
                    writer.transport.abort()
                    return
                writer.write(response.encode())
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            return  # the client has gone, or the server is closing; nothing awaits this task
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _counted(self, request: HttpRequest, reader: asyncio.StreamReader) -> Response | None:
        self.stats.in_flight += 1
        self.stats.most_in_flight = max(self.stats.most_in_flight, self.stats.in_flight)
        try:
            return await self._respond(request, reader)
        finally:
            self.stats.in_flight -= 1

    async def _respond(self, request: HttpRequest, reader: asyncio.StreamReader) -> Response | None:
        """The response, or None to break the connection."""
        if self._api_key and request.headers.get("authorization") != f"Bearer {self._api_key}":
            return problem(401, "incorrect API key", "invalid_api_key")
        match request.method, request.path:
            case "GET", "/v1/models":
                return Response(200, {"object": "list", "data": [_model(name) for name in self.personas]})
            case "GET", "/v1/stats":
                return Response(200, self.stats.to_dict())
            case "POST", "/v1/chat/completions":
                return await self._ask(request.content, self._completion, reader)
            case "POST", "/v1/decisions":
                return await self._ask(request.content, self._decision, reader)
        if (response := self.batches.respond(request)) is not None:
            return response
        return problem(404, f"no {request.method} {request.path} here")

    async def _ask(self, content: bytes, reply: Reply, reader: asyncio.StreamReader) -> Response | None:
        if self._is_too_fast():
            self.stats.faults["rate_limit"] += 1
            return problem(429, "too many requests a second", "rate_limit_exceeded", retry_after="1")
        try:
            body = json.loads(content)
            persona = self.personas.get(body["model"])
            fault = self._next_fault(body)
            if persona is None:
                return problem(404, f"the model {body['model']!r} does not exist", "model_not_found")
            if fault == "hang":
                await self._hang(reader)
                return None
            await asyncio.sleep(self._latency)
            if fault in _HTTP_FAULTS:
                return self._faulty(fault)
            said = reply(body, persona, fault)
            self.stats.replies[digest(chat.item_text(body))] += 1
            self.stats.tokens += said["usage"]["total_tokens"]
            return Response(200, said)
        except (ValueError, KeyError, TypeError, IndexError) as error:
            return problem(400, f"the simulator cannot answer this: {error!r}", "invalid_request")

    def _in_batch(self, content: bytes) -> Response | str:
        """A line of a batch: what would hang live never has its turn, what would break is a server's fault."""
        body = json.loads(content)
        persona, fault = self.personas.get(body["model"]), self._next_fault(body)
        if persona is None:
            return problem(404, f"the model {body['model']!r} does not exist", "model_not_found")
        if fault == "hang":
            return "expired"
        if fault in _HTTP_FAULTS:
            return self._faulty("rate_429" if fault == "rate_429" else "rate_500") or problem(500, "broken")
        return Response(200, self._completion(body, persona, fault))

    def _is_too_fast(self) -> bool:
        if self._rate_limit is None:
            return False
        now = time.monotonic()
        while self._taken and self._taken[0] <= now - 1.0:
            self._taken.popleft()
        if len(self._taken) >= self._rate_limit:
            return True
        self._taken.append(now)
        return False

    async def _hang(self, reader: asyncio.StreamReader) -> None:
        """Say nothing until the client has had enough, or the time is over; then break the connection."""
        started = time.monotonic()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.faults.hang_s):
                await reader.read(1)
        self.stats.hangs.append(time.monotonic() - started)

    def _completion(self, body: dict[str, Any], persona: Persona, fault: str | None) -> dict[str, Any]:
        reply = chat.reply_of(body, persona, self._oracle, self._seed, self._sample(body))
        return chat.completion(body, reply, fault)

    def _sample(self, body: dict[str, Any]) -> int:
        """Which of many possible replies: the seed says, else how often the same was asked. Cold, there is one."""
        if not body.get("temperature") or body.get("seed") is not None:
            return body.get("seed") or 0
        asked = digest(json.dumps(body, sort_keys=True))
        self._samples[asked] += 1
        return self._samples[asked]

    def _decision(self, body: dict[str, Any], persona: Persona, fault: str | None) -> dict[str, Any]:
        return decision(body, persona, self._oracle, self._seed, fault)

    def _next_fault(self, body: dict[str, Any]) -> str | None:
        item = digest(chat.item_text(body))
        self.stats.requests[item] += 1
        key = f"{body['model']} {item}"
        self._attempts[key] += 1
        fault = self.faults.choose(self._seed, key, self._attempts[key])
        if fault is not None:
            self.stats.faults[fault] += 1
        return fault

    def _faulty(self, fault: str | None) -> Response | None:
        match fault:
            case "rate_429":
                wait = f"{self.faults.retry_after:g}"
                return problem(429, "too many requests", "rate_limit_exceeded", retry_after=wait)
            case "rate_500":
                return problem(500, "internal error")
            case "broken_body":
                return Response(200, raw=b"<html>Bad gateway</html>")
        return None


_HTTP_FAULTS = frozenset({"rate_429", "rate_500", "broken_body", "reset"})


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "simulator"}
