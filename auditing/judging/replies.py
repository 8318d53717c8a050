"""Each answer is paid once: what endpoints have said about an item is kept, and given to whoever asks the same."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from weakref import WeakValueDictionary

from auditing.judging.claims import Claimed
from auditing.judging.models import Reply
from judges.contracts import (
    Architecture,
    Completion,
    Judgement,
    Provider,
    Question,
    Request,
    Subject,
    Token,
    following_of,
)

logger = logging.getLogger(__name__)

Turns = WeakValueDictionary[str, asyncio.Lock]  # of requests under way, by digest


@dataclass(eq=False)
class _Alike:
    """Items in hand of which the judge asks the same, and what was ever said about any of them, by digest."""

    items: set[str] = field(default_factory=set)
    contents: dict[str, dict[str, Any]] = field(default_factory=dict)


class Memory(Protocol):
    """Where replies about items are kept."""

    async def find(self, item_id: str, digest: str) -> Completion | None:
        """A reply that was paid before, at what it costs whoever asks now."""
        ...

    async def add(self, item_id: str, digest: str, completion: Completion) -> None:
        """Keep a new reply."""
        ...


class Replies:
    """The replies about the items in hand, in memory; new ones wait here to be written with the next commit.

    Items whose opening requests are the same share their replies, whatever their ids.
    """

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self._alike: dict[frozenset[str], _Alike] = {}
        self._key_of: dict[str, frozenset[str]] = {}
        self._claimed: dict[str, Claimed] = {}
        self._new: list[dict[str, Any]] = []

    def read(self, claimed: Sequence[Claimed]) -> None:
        """Fetch whatever was ever said about these items, or about others that are alike, in two queries."""
        of_digest, of_item = defaultdict[str, set[_Alike]](set), defaultdict[int | None, set[_Alike]](set)
        for one in claimed:
            group = self._take_in(one)
            of_item[one.item_id].add(group)
            for digest in self._key_of[str(one.item_id)]:
                of_digest[digest].add(group)
        fields = "item_id", "digest", "content"
        for item_id, digest, content in Reply.objects.filter(digest__in=of_digest).values_list(*fields):
            of_item[item_id] |= of_digest[digest]  # what was asked further is kept under the same item
            for group in of_digest[digest]:
                group.contents[digest] = content
        for item_id, digest, content in Reply.objects.filter(item__in=of_item).values_list(*fields):
            for group in of_item[item_id]:
                group.contents[digest] = content

    def _take_in(self, claimed: Claimed) -> _Alike:
        item_id, subject = str(claimed.item_id), claimed.subject
        try:  # some ask nobody at first, a cascade above all
            requests = self._architecture.opening(subject) or following_of(self._architecture, subject)
        except Exception:  # the item fails alone, when its turn comes
            logger.warning("The judge breaks on item %s", item_id, exc_info=True)
            requests = []
        key = frozenset(request.digest() for request in requests) or frozenset({item_id})
        self._claimed[item_id], self._key_of[item_id] = claimed, key
        group = self._alike.setdefault(key, _Alike())
        group.items.add(item_id)
        return group

    def forget(self, item_id: str) -> None:
        """The item is done with."""
        self._claimed.pop(item_id, None)
        key = self._key_of.pop(item_id)
        self._alike[key].items.discard(item_id)
        if not self._alike[key].items:
            del self._alike[key]

    def drain(self) -> list[dict[str, Any]]:
        """Rows of replies not handed out before."""
        new, self._new = self._new, []
        return new

    def put_back(self, rows: list[dict[str, Any]]) -> None:
        """Rows that could not be written."""
        self._new = rows + self._new

    async def find(self, item_id: str, digest: str) -> Completion | None:
        """A reply that was paid before.

        It costs nothing, unless this same call paid for it and died before that was on its record.
        """
        content = self._contents(item_id).get(digest)
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
        self._contents(item_id)[digest] = content
        document = json.dumps(content, ensure_ascii=False)
        self._new.append({"digest": digest, "item_id": claimed.item_id, "content": document})

    def _contents(self, item_id: str) -> dict[str, dict[str, Any]]:
        return self._alike[self._key_of[item_id]].contents


class Thrifty:
    """An architecture that asks an endpoint only what it has not said before."""

    def __init__(self, architecture: Architecture, replies: Memory) -> None:
        self._architecture, self._replies = architecture, replies
        self._turns: Turns = WeakValueDictionary()

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
        about = _AboutItem(provider, self._replies, subject.item_id, self._turns)
        return await self._architecture.judge(subject, about)


class _AboutItem:
    """A provider for one item's calls. Only replies are kept; a call that fails is asked again."""

    def __init__(
        self,
        provider: Provider,
        replies: Memory,
        item_id: str,
        turns: Turns,
    ) -> None:
        self._provider, self._replies, self._item_id, self._turns = provider, replies, item_id, turns

    async def complete(self, request: Request) -> Completion:
        digest = request.digest()
        turn = self._turns.setdefault(digest, asyncio.Lock())
        async with turn:  # of those that ask the same at once one pays
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
