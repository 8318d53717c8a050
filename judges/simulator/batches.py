"""Simulated files and batches: lines are answered like live calls, once their time has come."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from judges.simulator.http import HttpRequest, Response, problem

Ask = Callable[[bytes], Response | str]
"""From a request's content to its response, or "expired" where it never has its turn."""


@dataclass(slots=True)
class _Batch:
    fields: dict[str, Any]
    due: float
    done: bool = False


@dataclass(slots=True)
class Batches:
    """The files and batches of one account. A batch is answered `delay` seconds after it was made, all at once;
    `answered` are the lines of one that is cancelled before."""

    ask: Ask
    delay: float = 0.0
    fail: str = ""
    answered: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    made: dict[str, _Batch] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: count(1))

    def respond(self, request: HttpRequest) -> Response | None:
        """The response to anything about files and batches; None for what is neither."""
        address = urlsplit(request.path)
        parts = address.path.removeprefix("/v1/").split("/")
        match request.method, parts:
            case "POST", ["files"]:
                return self._upload(request)
            case "GET", ["files", name, "content"] if name in self.files:
                return Response(200, raw=self.files[name])
            case "POST", ["batches"]:
                return self._make(json.loads(request.content))
            case "GET", ["batches"]:
                return self._listed(parse_qs(address.query))
            case "GET", ["batches", name] if name in self.made:
                return Response(200, self._up_to_date(name))
            case "POST", ["batches", name, "cancel"] if name in self.made:
                self._end(
                    name, "cancelled", [self._result(line) for line in self._lines(name)[: self.answered]]
                )
                return Response(200, self.made[name].fields)
        return problem(404, "no such file or batch") if parts[0] in ("files", "batches") else None

    def _upload(self, request: HttpRequest) -> Response:
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(head + request.content).get_payload()
        assert isinstance(parts, list)
        content = next(part.get_payload(decode=True) for part in parts if part.get_filename())  # type: ignore[union-attr]
        assert isinstance(content, bytes)
        return Response(200, self._file(content, "batch"))

    def _file(self, content: bytes, purpose: str) -> dict[str, Any]:
        name = f"file-{next(self._numbers)}"
        self.files[name] = content
        about = {"bytes": len(content), "created_at": 0, "filename": f"{name}.jsonl", "status": "processed"}
        return {"id": name, "object": "file", "purpose": purpose, **about}

    def _make(self, body: Mapping[str, Any]) -> Response:
        if body["input_file_id"] not in self.files:
            return problem(400, "no such input file", "invalid_request")
        name = f"batch_{next(self._numbers)}"
        lines = self.files[body["input_file_id"]].splitlines()
        fields = {
            "id": name,
            "object": "batch",
            "created_at": int(time.time()),
            "status": "in_progress",
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
            **{key: body.get(key) for key in ("endpoint", "input_file_id", "completion_window", "metadata")},
        }
        self.made[name] = _Batch(fields, time.monotonic() + self.delay)
        return Response(200, fields)

    def _listed(self, query: Mapping[str, list[str]]) -> Response:
        """The newest first, a page at a time."""
        names = list(reversed(self.made))
        start = names.index(query["after"][0]) + 1 if "after" in query else 0
        page = names[start : start + int(query.get("limit", ["20"])[0])]
        more = start + len(page) < len(names)
        data = [self._up_to_date(name) for name in page]
        return Response(200, {"object": "list", "data": data, "has_more": more})

    def _up_to_date(self, name: str) -> dict[str, Any]:
        batch = self.made[name]
        if not batch.done and time.monotonic() >= batch.due:
            self._answer(name)
        return batch.fields

    def _answer(self, name: str) -> None:
        if self.fail:
            fault = {"code": "invalid_batch", "message": self.fail, "line": None, "param": None}
            self.made[name].fields["errors"] = {"object": "list", "data": [fault]}
            self._end(name, "failed", [])
            return
        results = [self._result(line) for line in self._lines(name)]
        expired = any(result["error"] for result in results)
        self._end(name, "expired" if expired else "completed", results)

    def _lines(self, name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files[self.made[name].fields["input_file_id"]].splitlines()]

    def _result(self, line: Mapping[str, Any]) -> dict[str, Any]:
        said = self.ask(json.dumps(line["body"]).encode())
        result = {"id": f"req_{next(self._numbers)}", "custom_id": line["custom_id"], "error": None}
        if isinstance(said, str):
            message = "This request could not be executed before the completion window expired."
            return result | {"response": None, "error": {"code": "batch_expired", "message": message}}
        return result | {"response": {"status_code": said.status, "request_id": "", "body": said.body}}

    def _end(self, name: str, status: str, results: list[dict[str, Any]]) -> None:
        good = [one for one in results if one["response"] and one["response"]["status_code"] == 200]
        bad = [one for one in results if one not in good]
        fields = self.made[name].fields
        for key, lines in (("output_file_id", good), ("error_file_id", bad)):
            content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
            fields[key] = self._file(content, "batch_output")["id"] if lines else None
        fields["request_counts"] |= {"completed": len(good), "failed": len(bad)}
        fields["status"] = status
        self.made[name].done = True
