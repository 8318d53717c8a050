"""A local endpoint that gives prepared HTTP responses, one after the other, and keeps what it was asked."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from judges.simulator.http import Response


def said(text: str, **fields: Any) -> Response:
    """A chat completion with this text; `message` and `usage` add to those, other fields to the choice."""
    usage = fields.pop("usage", None)
    message = {"role": "assistant", "content": text} | fields.pop("message", {})
    return Response(
        200, {"choices": [{"finish_reason": "stop", "message": message, **fields}], "usage": usage}
    )


def refused(status: int, code: str | None = None, **headers: str) -> Response:
    error = {"message": f"canned {status}", "type": "canned", "code": code}
    return Response(
        status, {"error": error}, {name.replace("_", "-"): value for name, value in headers.items()}
    )


@dataclass
class Endpoint:
    """Its address; the bodies of the requests it got, the addresses asked for, and the headers in lower case."""

    base_url: str
    asked: list[dict[str, Any]]
    paths: list[str]
    headers: list[dict[str, str]]


@contextmanager
def canned(*responses: Response, tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """Serve the responses in turn, the last one for ever."""
    waiting = list(responses)
    endpoint = Endpoint("", [], [], [])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            endpoint.paths.append(self.path)
            endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
            self.wfile.write((waiting.pop(0) if len(waiting) > 1 else waiting[0]).encode())

        def log_message(self, *parts: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        endpoint.base_url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/v1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()
