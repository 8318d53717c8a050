"""How a request and its reply are kept: exactly, but what every item shares is kept once.

A system message and the schema of the reply are the same in all of a judge's calls, and longer than most items. Rows
hold the SHA-256 of it, and `PromptPart` the part itself: what is read back is proved to be what was sent.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from auditing.core.canonical import checksum
from auditing.judging.models import PromptPart
from judges.contracts import CallRecord, Message

SHARED = "shared"  # in the place of a part: its digest
FORMAT = "response_format"
MOST_TEXTS = 64  # remembered; a judge has one a part
MESSAGES = ("messages", "input")  # of a chat, of a decision


class Parts:
    """The parts that a stretch of work meets, and which of them are still to be written."""

    def __init__(self) -> None:
        self._written: set[str] = set()
        self._unwritten: dict[str, str] = {}
        self._texts: dict[int, tuple[object, str]] = {}

    def digest(self, text: str) -> str:
        """The digest of a part's JSON text."""
        digest = _sha256(text)
        if digest not in self._written:
            self._unwritten[digest] = text
        return digest

    def text(self, value: object) -> str:
        """The JSON text of a part that is one and the same object in all of a judge's requests."""
        known, text = self._texts.get(id(value), (None, ""))
        if known is not value:
            if len(self._texts) >= MOST_TEXTS:
                self._texts.clear()
            text = _json(value)
            self._texts[id(value)] = value, text  # with the object, so that no other gets its identity
        return text

    def unwritten(self) -> dict[str, str]:
        """JSON texts by digest, in the order of the digests."""
        return dict(sorted(self._unwritten.items()))

    def written(self, digests: Iterable[str]) -> None:
        """These are committed."""
        self._written.update(digests)
        self._unwritten = {key: text for key, text in self._unwritten.items() if key not in self._written}


def exchange_of(call: CallRecord, parts: Parts | None = None) -> dict[str, Any]:
    """One request and its reply as stored; embedded images are named, not repeated. Without `parts` all is inline."""
    return {
        "request": without_images(call.request) if parts is None else _stored(call.request, parts),
        "response": call.response_text,
        "finish_reason": call.finish_reason,
        "prompt_tokens": call.prompt_tokens,
        "completion_tokens": call.completion_tokens,
        "cost": None if call.cost is None else str(call.cost),
        "latency_ms": round(call.latency_ms),
        "started_at": call.started_at.isoformat(),
        "attempts": call.attempts,
        "error_kind": call.error_kind,
        "error": call.error,
        "role": call.role,
        "endpoint": call.endpoint,
        "cached": call.cached,
    }


def request_of(exchange: Mapping[str, Any], parts: Mapping[str, Any]) -> dict[str, Any]:
    """The body as it was sent, from a stored exchange and the parts that it names (`parts_of`)."""
    return {key: _whole_field(key, value, parts) for key, value in exchange["request"].items()}


def parts_of(exchanges: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The parts that these exchanges name, by digest. Raises ValueError for one that is not what was kept."""
    wanted = {digest for exchange in exchanges for digest in _named(exchange)}
    found = dict(PromptPart.objects.filter(digest__in=wanted).values_list("digest", "content"))
    for digest, content in found.items():
        if _sha256(_json(content)) != digest:
            raise ValueError(f"the prompt part {digest} has changed")
    return found


def without_images(value: Any) -> Any:
    """The same with embedded images named by size and digest, for what is stored or read by people."""
    if isinstance(value, Mapping):
        return {key: without_images(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_images(inner) for inner in value]
    if isinstance(value, str) and value.startswith("data:image/"):
        return f"{value.partition(',')[0]},[{len(value):,} characters, as in the item; SHA-256 {checksum(value)}]"
    return value


def _stored(request: Mapping[str, Any], parts: Parts) -> dict[str, Any]:
    return {key: _stored_field(key, value, parts) for key, value in request.items()}


def _stored_field(key: str, value: Any, parts: Parts) -> Any:
    if key in MESSAGES:
        return [_message(message, parts) for message in value]
    if key == FORMAT:
        return {SHARED: parts.digest(parts.text(value))}
    return without_images(value)


def _message(message: Message, parts: Parts) -> Message:
    content = message["content"]
    if not isinstance(content, str):
        return {**message, "content": without_images(content)}
    if message["role"] == "system":
        return {**message, "content": {SHARED: parts.digest(_quoted(content))}}
    return message


def _whole_field(key: str, value: Any, parts: Mapping[str, Any]) -> Any:
    if key in MESSAGES:
        return [{**message, "content": _whole(message["content"], parts)} for message in value]
    return _whole(value, parts)


def _whole(value: Any, parts: Mapping[str, Any]) -> Any:
    digest = _digest_in(value)
    return parts[digest] if digest else value


def _named(exchange: Mapping[str, Any]) -> list[str]:
    request = exchange["request"]
    contents = [message["content"] for key in MESSAGES for message in request.get(key, [])]
    return [digest for digest in map(_digest_in, [*contents, request.get(FORMAT)]) if digest]


def _digest_in(value: Any) -> str:
    return value[SHARED] if isinstance(value, dict) and set(value) == {SHARED} else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


@lru_cache(maxsize=256)
def _quoted(text: str) -> str:
    return _json(text)


@lru_cache(maxsize=256)
def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
