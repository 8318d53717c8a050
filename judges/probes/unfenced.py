"""The same judge without its fence, for comparison in a probe: never a way to judge.

A careless prompt puts the item's text among the instructions as it comes. Here the requests of any architecture are
rewritten so on their way out: no delimiters, nothing neutralised, no word that the item is data.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from judges.contracts import (
    Architecture,
    Completion,
    Judgement,
    Message,
    Provider,
    Question,
    Request,
    Subject,
    digest_of,
)
from judges.fencing import CLOSE, OPEN, read_fence
from judges.prompting import DATA_RULE, REMINDER

_FENCE = re.compile(f"{re.escape(OPEN)}\n.*?\n{re.escape(CLOSE)}", re.DOTALL)
_RULE = f"# The item\n{DATA_RULE}\n\n"
_PLAIN = re.compile(
    r"^(?P<name>\w[\w .-]*):\n(?P<value>.*?)(?=\n\n\w[\w .-]*:\n|\Z)", re.DOTALL | re.MULTILINE
)


class Unfenced:
    """Passes requests on with the item's text as it is."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def complete(self, request: Request) -> Completion:
        """Ask without the fence; raises CallError."""
        return await self._provider.complete(unfenced(request))


class Careless:
    """An architecture whose requests all go out without the fence."""

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture

    @property
    def questions(self) -> tuple[Question, ...]:
        """The architecture's own."""
        return self._architecture.questions

    def fingerprint(self) -> str:
        """Another judge's, for it is asked otherwise."""
        return digest_of(["unfenced", self._architecture.fingerprint()])

    def opening(self, subject: Subject) -> list[Request]:
        """The architecture's own, as they go out."""
        return [unfenced(request) for request in self._architecture.opening(subject)]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge over a provider that takes the fence off."""
        return await self._architecture.judge(subject, Unfenced(provider))


def unfenced(request: Request) -> Request:
    """The request as a careless prompt would have it."""
    return replace(request, messages=[_message(message) for message in request.messages])


def plain(payload: Mapping[str, Any]) -> str:
    """An item's fields as they come, each under its name."""
    return "\n\n".join(f"{name}:\n{value}" for name, value in payload.items())


def read_plain(text: str) -> dict[str, str]:
    """Read such fields back, as far as nothing in them looks like another field; raise ValueError if there is none."""
    found = {match["name"]: match["value"] for match in _PLAIN.finditer(text)}
    if not found:
        raise ValueError("no item")
    return found


def _message(message: Message) -> Message:
    content = message["content"]
    if isinstance(content, str):
        return {**message, "content": _text(content)}
    parts = [{**part, "text": _text(part["text"])} if part["type"] == "text" else part for part in content]
    return {**message, "content": parts}


def _text(text: str) -> str:
    text = text.replace(_RULE, "").replace(f"\n\n{REMINDER}", "")
    return _FENCE.sub(lambda fence: plain(read_fence(fence.group())), text)
