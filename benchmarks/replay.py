"""A local endpoint that answers each judge model's request with the verdict recorded for that very item.

Built on the simulator's HTTP: it speaks the same protocol, so that the real architectures run over real requests while
what the models say is what they once said. An item is known by the payload that stands in the fence, so that the two
orders of a pair are two items. A request about an item that nothing is recorded for is answered with words that are no
verdict, and counted.
"""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from judges.fencing import read_fence
from judges.simulator import chat
from judges.simulator.http import HEADER_LIMIT, HttpRequest, Response, problem, read_request

OTHER = {"yes": "no", "no": "yes"}


@dataclass(frozen=True)
class Recorded:
    """What a model said of one item on one question. `probability` is its own for `value`."""

    value: Any
    rationale: str = ""
    probability: float | None = None


@dataclass
class Record:
    """Verdicts by model, item and question."""

    verdicts: dict[tuple[str, str], dict[str, Recorded]] = field(default_factory=dict)

    def add(self, model: str, payload: Mapping[str, Any], question: str, said: Recorded) -> None:
        self.verdicts.setdefault((model, known_by(payload)), {})[question] = said

    def of(self, model: str, payload: Mapping[str, Any]) -> dict[str, Recorded]:
        return self.verdicts.get((model, known_by(payload)), {})


def known_by(payload: Mapping[str, Any]) -> str:
    """What tells an item apart. Images are only named in the fence; they are looked at as parts of the message."""
    seen = {name: value for name, value in payload.items() if name != "images"}
    return json.dumps(seen, sort_keys=True, ensure_ascii=False)


class Replay:
    """Serves a record while it is open; `asked`, `missing` and `images` count requests."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.asked: Counter[str] = Counter()
        self.missing: Counter[str] = Counter()
        self.images: Counter[str] = Counter()
        self.port = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> Self:
        self._listening = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._serving = self._loop.create_task(self._serve())
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if not self._listening.wait(10):
            raise RuntimeError("the replay server could not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(asyncio.wait([self._serving]))

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=HEADER_LIMIT)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                writer.write(self._respond(request).encode())
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            return  # the client has gone, or the server is closing
        finally:
            writer.close()

    def _respond(self, request: HttpRequest) -> Response:
        if (request.method, request.path) != ("POST", "/v1/chat/completions"):
            return problem(404, f"no {request.method} {request.path} here")
        body = json.loads(request.content)
        self.asked[body["model"]] += 1
        self.images[body["model"]] += has_image(body)
        said = self.record.of(body["model"], read_fence(chat.item_text(body)))
        if not said:
            self.missing[body["model"]] += 1
            return Response(200, chat.completion(body, chat.Reply("Nothing is recorded."), None))
        return Response(200, chat.completion(body, chat.Reply(reply_text(said), chances(said)), None))


def reply_text(said: Mapping[str, Recorded]) -> str:
    """The recorded verdicts as a judge is asked to write them; an empty one is the model's own words, no verdict."""
    if all(one.value in ("", None) for one in said.values()):
        return " ".join(one.rationale for one in said.values()) or "No verdict."
    return json.dumps({key: {"rationale": one.rationale, "value": one.value} for key, one in said.items()})


def chances(said: Mapping[str, Recorded]) -> dict[str, dict[str, float]]:
    """How likely the model was to say yes or no, where that is recorded."""
    return {
        key: {json.dumps(one.value): one.probability, json.dumps(OTHER[one.value]): 1 - one.probability}
        for key, one in said.items()
        if one.probability is not None and one.value in OTHER
    }


def has_image(body: Mapping[str, Any]) -> bool:
    """Is an image part in the request?"""
    return any(
        part.get("type") == "image_url"
        for message in body["messages"]
        if isinstance(message["content"], list)
        for part in message["content"]
    )
