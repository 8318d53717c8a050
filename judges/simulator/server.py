"""The server: asyncio and the standard library, keep-alive, one request at a time on a connection."""

import asyncio
import json
import threading
from collections import Counter
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
    """What the server was asked: `requests` counts by item (faults included), `faults` by kind."""

    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    most_in_flight: int = 0

    def requests_for(self, item_text: str) -> int:
        """The number of requests for the item with this user message."""
        return self.requests[digest(item_text)]


class Simulator:
    """A local endpoint with one simulated judge for each model name.

    `oracle` gives the planted truth of an item; without one the truth is drawn by hash. `latency` is in
    seconds, and `batch_delay` what a batch takes. When `api_key` is set, requests without it get HTTP 401.
    Use it with `with` (in a thread of its own), or `await serve()`.
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
                response = await self._counted(request)
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

    async def _counted(self, request: HttpRequest) -> Response | None:
        self.stats.in_flight += 1
        self.stats.most_in_flight = max(self.stats.most_in_flight, self.stats.in_flight)
        try:
            return await self._respond(request)
        finally:
            self.stats.in_flight -= 1

    async def _respond(self, request: HttpRequest) -> Response | None:
        """The response, or None to break the connection."""
        if self._api_key and request.headers.get("authorization") != f"Bearer {self._api_key}":
            return problem(401, "incorrect API key", "invalid_api_key")
        match request.method, request.path:
            case "GET", "/v1/models":
                return Response(200, {"object": "list", "data": [_model(name) for name in self.personas]})
            case "POST", "/v1/chat/completions":
                return await self._ask(request.content, self._completion)
            case "POST", "/v1/decisions":
                return await self._ask(request.content, self._decision)
        if (response := self.batches.respond(request)) is not None:
            return response
        return problem(404, f"no {request.method} {request.path} here")

    async def _ask(self, content: bytes, reply: Reply) -> Response | None:
        try:
            body = json.loads(content)
            persona = self.personas.get(body["model"])
            fault = self._next_fault(body)
            if persona is None:
                return problem(404, f"the model {body['model']!r} does not exist", "model_not_found")
            await asyncio.sleep(self.faults.hang_s if fault == "hang" else self._latency)
            return (
                self._faulty(fault) if fault in _HTTP_FAULTS else Response(200, reply(body, persona, fault))
            )
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
