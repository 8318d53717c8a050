"""Each answer is paid once: what endpoints have said about an item is kept, and given to whoever asks the same."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from weakref import WeakValueDictionary

from auditing.judging.claims import Claimed
from auditing.judging.models import Reply
from auditing.judging.unsaved import Unsaved
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
from judges.encoding import json_bytes

logger = logging.getLogger(__name__)

Turns = WeakValueDictionary[str, asyncio.Lock]  # of requests under way, by digest


Key = frozenset[str]
"""The digests of what the judge asks first about an item: items of one key are alike."""
Contents = dict[str, dict[str, Any]]
"""What was said, by the digest of what was asked."""


@dataclass(slots=True)
class _Alike:
    """Items in hand of which the judge asks the same, and what was said about any of them, by digest."""

    items: set[str] = field(default_factory=set)
    contents: Contents = field(default_factory=dict)


class Memory(Protocol):
    """Where replies about items are kept."""

    async def find(self, item_id: str, digest: str) -> Completion | None:
        """A reply that was paid before, at what it costs whoever asks now."""
        ...

    async def add(self, item_id: str, digest: str, completion: Completion) -> None:
        """Keep a new reply."""
        ...


class Replies:
    """The replies about the items in hand, in memory; new ones wait for the next commit, in a file as well.

    Items whose opening requests are the same share their replies, whatever their ids.
    """

    def __init__(self, architecture: Architecture) -> None:
        self._architecture = architecture
        self.are_booked: Callable[[], bool] = lambda: False
        """Is what is paid now booked by somebody else than whoever writes the reply?"""
        self._alike: dict[Key, _Alike] = {}
        self._key_of: dict[str, Key] = {}
        self._claimed: dict[str, Claimed] = {}
        self._new: list[dict[str, Any]] = []
        self._unsaved = Unsaved()

    def keys(self, claimed: Iterable[Claimed]) -> list[Key]:
        """What the judge asks first about each; may run on another thread."""
        return [self._key(one) for one in claimed]

    def _key(self, claimed: Claimed) -> Key:
        subject = claimed.subject
        try:  # some ask nobody at first, a cascade above all
            requests = self._architecture.opening(subject) or following_of(self._architecture, subject)
        except Exception:  # the item fails alone, when its turn comes
            logger.warning("The judge breaks on item %s", claimed.item_id, exc_info=True)
            requests = []
        return frozenset(request.digest() for request in requests) or frozenset({str(claimed.item_id)})

    def holds(self, claimed: Claimed) -> bool:
        """Is the item in hand, or judged and not written yet?"""
        return str(claimed.item_id) in self._key_of

    def hold(self, claimed: Sequence[Claimed], keys: Sequence[Key]) -> None:
        """From now on these items are in hand: what is said about others that are alike is said about them."""
        for one, key in zip(claimed, keys, strict=True):
            item_id = str(one.item_id)
            self._claimed[item_id], self._key_of[item_id] = one, key
            self._alike.setdefault(key, _Alike()).items.add(item_id)

    def remember(self, earlier: Mapping[Key, Contents]) -> None:
        """Take in what was said before these items came into hand, as `fetch` finds it."""
        for key, contents in earlier.items():
            group = self._alike[key]
            group.contents = contents | group.contents

    def forget(self, item_id: str) -> None:
        """The item is done with, and what was said about it is written: whoever asks the same finds it there."""
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

    def written(self) -> None:
        """The rows that were handed out are committed."""
        self._unsaved.keep_only(self._new)

    def close(self) -> None:
        """What is not committed by now is for others to find."""
        self._unsaved.close()

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
        document = json_bytes(content).decode()
        about = {"run_id": claimed.run_id, "item_id": claimed.item_id, "booked": self.are_booked()}
        row = {**about, "digest": digest, "content": document}
        self._new.append(row)
        self._unsaved.add(row)

    def _contents(self, item_id: str) -> Contents:
        return self._alike[self._key_of[item_id]].contents


def fetch(claimed: Sequence[Claimed], keys: Sequence[Key]) -> dict[Key, Contents]:
    """Whatever was ever said about these items, or about others that are alike, in two queries."""
    of_digest, of_item = defaultdict[str, set[Key]](set), defaultdict[int | None, set[Key]](set)
    for one, key in zip(claimed, keys, strict=True):
        of_item[one.item_id].add(key)
        for digest in key:
            of_digest[digest].add(key)
    found: dict[Key, Contents] = {key: {} for key in keys}
    fields = "item_id", "digest", "content"
    for item_id, digest, content in Reply.objects.filter(digest__in=of_digest).values_list(*fields):
        of_item[item_id] |= of_digest[digest]  # what was asked further is kept under the same item
        for key in of_digest[digest]:
            found[key][digest] = content
    for item_id, digest, content in Reply.objects.filter(item__in=of_item).values_list(*fields):
        for key in of_item[item_id]:
            found[key][digest] = content
    return found


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


def price_of(content: Mapping[str, Any]) -> tuple[Decimal | None, int]:
    """What the reply cost, None where its price is not known, and the tokens that it took."""
    tokens = (content["prompt_tokens"] or 0) + (content["completion_tokens"] or 0)
    return None if content["cost"] is None else Decimal(content["cost"]), tokens


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
