"""Each answer is paid once: what endpoints have said about an item is kept, and given to whoever asks the same."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from auditing.judging.claims import Claimed
from auditing.judging.models import Reply
from judges.contracts import Architecture, Completion, Judgement, Provider, Question, Request, Subject, Token


class Memory(Protocol):
    """Where replies about items are kept."""

    async def find(self, item_id: str, digest: str) -> Completion | None:
        """A reply that was paid before, at what it costs whoever asks now."""
        ...

    async def add(self, item_id: str, digest: str, completion: Completion) -> None:
        """Keep a new reply."""
        ...


class Replies:
    """The replies about the items in hand, in memory; new ones wait here to be written with the next commit."""

    def __init__(self) -> None:
        self._of_item: dict[str, dict[str, dict[str, Any]]] = {}
        self._claimed: dict[str, Claimed] = {}
        self._new: list[dict[str, Any]] = []

    def read(self, claimed: Sequence[Claimed]) -> None:
        """Fetch whatever was ever said about these items, in one query."""
        self._claimed |= {str(one.item_id): one for one in claimed}
        kept = Reply.objects.filter(item__in=[one.item_id for one in claimed])
        for item_id, digest, content in kept.values_list("item_id", "digest", "content"):
            self._of_item.setdefault(str(item_id), {})[digest] = content

    def forget(self, item_id: str) -> None:
        """The item is done with."""
        self._of_item.pop(item_id, None)
        self._claimed.pop(item_id, None)

    def drain(self) -> list[dict[str, Any]]:
        """Rows of replies not handed out before."""
        new, self._new = self._new, []
        return new

    async def find(self, item_id: str, digest: str) -> Completion | None:
        """A reply that was paid before.

        It costs nothing, unless this same call paid for it and died before that was on its record.
        """
        content = self._of_item.get(item_id, {}).get(digest)
        if content is None:
            return None
        completion = completion_of(content)
        claimed = self._claimed[item_id]
        unrecorded = content["call"] == claimed.pk and content["started_at"] not in claimed.recorded
        return completion if unrecorded else replace(completion, cost=Decimal(0))

    async def add(self, item_id: str, digest: str, completion: Completion) -> None:
        """Keep a new reply."""
        claimed = self._claimed[item_id]
        content = content_of(completion) | {"call": claimed.pk}
        self._of_item.setdefault(item_id, {})[digest] = content
        document = json.dumps(content, ensure_ascii=False)
        self._new.append({"digest": digest, "item_id": claimed.item_id, "content": document})


class Thrifty:
    """An architecture that asks an endpoint only what it has not said before about the same item."""

    def __init__(self, architecture: Architecture, replies: Memory) -> None:
        self._architecture, self._replies = architecture, replies

    @property
    def questions(self) -> tuple[Question, ...]:
        """The architecture's own."""
        return self._architecture.questions

    def fingerprint(self) -> str:
        """The architecture's own: what was paid before is the same answer."""
        return self._architecture.fingerprint()

    def opening(self, subject: Subject) -> Sequence[Request]:
        """The architecture's own."""
        return self._architecture.opening(subject)

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge with a provider that remembers."""
        return await self._architecture.judge(subject, _AboutItem(provider, self._replies, subject.item_id))


class _AboutItem:
    """A provider for one item's calls. Only replies are kept; a call that fails is asked again."""

    def __init__(self, provider: Provider, replies: Memory, item_id: str) -> None:
        self._provider, self._replies, self._item_id = provider, replies, item_id

    async def complete(self, request: Request) -> Completion:
        digest = request.digest()
        known = await self._replies.find(self._item_id, digest)
        if known is not None:
            return known
        completion = await self._provider.complete(request)
        await self._replies.add(self._item_id, digest, completion)
        return completion


def content_of(completion: Completion) -> dict[str, Any]:
    return {
        "text": completion.text,
        "refusal": completion.refusal,
        "finish_reason": completion.finish_reason,
        "prompt_tokens": completion.prompt_tokens,
        "completion_tokens": completion.completion_tokens,
        "cost": None if completion.cost is None else str(completion.cost),
        "latency_ms": completion.latency_ms,
        "started_at": completion.started_at.isoformat(),
        "tokens": [[token.text, token.logprob, dict(token.alternatives)] for token in completion.tokens],
    }


def completion_of(content: dict[str, Any]) -> Completion:
    """As it came then; `attempts` is 0, for nothing is sent now."""
    return Completion(
        text=content["text"],
        refusal=content["refusal"],
        finish_reason=content["finish_reason"],
        prompt_tokens=content["prompt_tokens"],
        completion_tokens=content["completion_tokens"],
        cost=None if content["cost"] is None else Decimal(content["cost"]),
        latency_ms=content["latency_ms"],
        started_at=datetime.fromisoformat(content["started_at"]),
        attempts=0,
        tokens=tuple(Token(text, logprob, others) for text, logprob, others in content["tokens"]),
        cached=True,
    )
