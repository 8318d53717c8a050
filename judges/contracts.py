"""The values that judges exchange, and the two protocols: an architecture judges, a provider answers."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

from judges.encoding import json_bytes
from judges.scales import Scale, scale_from_dict

PROMPT_VERSION = "2"
"""Raise it when `prompting` or `parsing` changes what is sent or how a reply is read."""

CHARACTERS_A_TOKEN = 4

Structured = Literal["json_schema", "json_object", "none"]
Resource = Literal["chat", "decisions"]
Reference = Literal["show", "hide"]
Message = dict[str, Any]


class Outcome(StrEnum):
    """How one question about one item ended."""

    SCORED = "scored"
    ABSTAINED = "abstained"
    PARSE_FAILED = "parse_failed"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    CONTENT_FILTERED = "content_filtered"
    INFRA_FAILED = "infra_failed"
    OVER_BUDGET = "over_budget"
    ORDER_INCONSISTENT = "order_inconsistent"

    @property
    def retryable(self) -> bool:
        """True where the endpoint or the budget failed, not the judge.

        The others are what this judge version has to say about this item. To ask again until something parses
        would choose among its answers; a longer limit or another prompt is another judge version.
        """
        return self in (Outcome.INFRA_FAILED, Outcome.OVER_BUDGET)

    @property
    def settled(self) -> bool:
        """True where the judge gave an answer that counts."""
        return self in (Outcome.SCORED, Outcome.ABSTAINED)


@dataclass(frozen=True, slots=True)
class Question:
    """One criterion as a judge sees it."""

    key: str
    text: str
    scale: Scale
    guidance: str = ""
    cannot_assess: bool = False

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Question":
        """Read a criterion of a rubric file; keys other than these four are the rubric's own."""
        scale = data["scale"]
        return cls(
            key=data["key"],
            text=data.get("question", ""),
            scale=scale_from_dict(scale),
            guidance=data.get("guidance", ""),
            cannot_assess=bool(scale.get("cannot_assess", False)),
        )

    def to_dict(self) -> dict[str, Any]:
        scale = self.scale.to_dict() | ({"cannot_assess": True} if self.cannot_assess else {})
        return {"key": self.key, "question": self.text, "scale": scale, "guidance": self.guidance}


@dataclass(frozen=True, slots=True)
class Example:
    """An item with the answers that stand: canonical values by question, and why where somebody said so."""

    payload: Mapping[str, Any]
    values: Mapping[str, str]
    rationales: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "payload": dict(self.payload),
            "values": dict(self.values),
            "rationales": dict(self.rationales),
        }


@dataclass(frozen=True, slots=True)
class JudgeSpec:
    """Everything that decides what a judge answers.

    `endpoint` names where the model is asked; "" is the only endpoint there is. `temperature` and `seed` are
    left out of the request when None. `parameters` are added to the request body as they are, over the
    standard ones; a None there removes the standard one. `reference` says whether the judge sees the item's
    reference answer. An example whose payload is the item's own is left out.
    """

    model: str
    questions: Sequence[Question]
    endpoint: str = ""
    task: str = ""
    instructions: str = ""
    temperature: float | None = 0.0
    max_output_tokens: int = 1024
    seed: int | None = None
    rationale: bool = True
    structured: Structured = "json_schema"
    repair_attempts: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)
    reference: Reference = "show"
    examples: Sequence[Example] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "questions", tuple(self.questions))
        object.__setattr__(self, "examples", tuple(self.examples))
        keys = [question.key for question in self.questions]
        if not keys or len(set(keys)) < len(keys):
            raise ValueError(f"a judge needs one or more questions with different keys, not {keys}")

    def to_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "endpoint": self.endpoint,
            "questions": [question.to_dict() for question in self.questions],
            "task": self.task,
            "instructions": self.instructions,
            "temperature": self.temperature,
            "max_output_tokens": self.max_output_tokens,
            "seed": self.seed,
            "rationale": self.rationale,
            "structured": self.structured,
            "repair_attempts": self.repair_attempts,
            "parameters": dict(self.parameters),
            "reference": self.reference,
            "examples": [example.to_dict() for example in self.examples],
        }

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that can change an answer; equal fingerprints mean the same judge."""
        return digest_of(self.to_dict() | {"prompt_version": PROMPT_VERSION})


def digest_of(everything: Any) -> str:
    """SHA-256 (hex) of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(everything, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Subject:
    """One item to judge. Every key and value of `payload` is untrusted."""

    item_id: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """One question's end: a canonical `value` when scored, else the `reason` why not.

    `probability` is the judge's own for `value`; `probabilities` are those of all values, where it gave them.
    `details` say how an answer of several calls came about (members, orders, samples): plain JSON values.
    """

    question: str
    outcome: Outcome
    value: str | None = None
    probability: float | None = None
    rationale: str = ""
    reason: str = ""
    probabilities: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Request:
    """One chat completion to ask for, or answers of a decision model; `parameters` is the rest of the body.

    `endpoint` names where it is asked. `replicate` tells apart requests that are the same on purpose, as in
    repeated sampling; it is not sent. `role` says what the request is for where a judgement takes several (a
    member, an order, a step): it is recorded, and changes nothing.
    """

    model: str
    messages: Sequence[Message]
    parameters: Mapping[str, Any]
    endpoint: str = ""
    replicate: int = 0
    role: str = ""
    resource: Resource = "chat"

    def body(self) -> dict[str, Any]:
        """The JSON body exactly as sent."""
        messages = "messages" if self.resource == "chat" else "input"
        return {"model": self.model, messages: list(self.messages), **self.parameters}

    def digest(self) -> str:
        """SHA-256 (hex) of all that can change the reply: equal digests need to be paid once."""
        everything = [self.endpoint, self.resource, self.replicate, self.body()]
        return hashlib.sha256(json_bytes(everything, sort_keys=True)).hexdigest()

    def most_tokens(self) -> int:
        """About how many tokens it may use: a quarter of its characters, and all the output it allows."""
        characters = sum(_characters(message["content"]) for message in self.messages)
        return characters // CHARACTERS_A_TOKEN + self.most_output_tokens()

    def most_output_tokens(self) -> int:
        """The longest reply it allows; 0 where it sets no limit."""
        asked = self.parameters.get("max_completion_tokens") or self.parameters.get("max_tokens")
        return asked if isinstance(asked, int) else 0


def _characters(content: str | Sequence[Mapping[str, Any]]) -> int:
    """Of the text; embedded images are not counted."""
    if isinstance(content, str):
        return len(content)
    return sum(len(part["text"]) for part in content if part["type"] == "text")


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a reply. `alternatives` are the log-probabilities of the tokens that could have stood here,
    itself included."""

    text: str
    logprob: float
    alternatives: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Completion:
    """An endpoint's reply. Tokens are counted None where it does not say, `cost` is None where the price is unknown.

    `tokens` are there where the request asked for log-probabilities and the endpoint gave them. `cached` is True
    for a reply that was paid before.
    """

    text: str
    refusal: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: Decimal | None
    latency_ms: float
    started_at: datetime
    attempts: int
    tokens: tuple[Token, ...] = ()
    cached: bool = False

    @property
    def total_tokens(self) -> int | None:
        """Tokens in and out; None where the endpoint does not say."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class CallRecord:
    """What was sent and what came back, for the archive. `error_kind` is "" when a reply came.

    `role` is the request's.
    """

    request: dict[str, Any]
    response_text: str
    finish_reason: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: Decimal | None
    latency_ms: float
    started_at: datetime
    attempts: int
    error_kind: str = ""
    error: str = ""
    role: str = ""
    endpoint: str = ""
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Judgement:
    """One item's end: exactly one answer for each question, and every call that was made."""

    item_id: str
    answers: tuple[Answer, ...]
    calls: tuple[CallRecord, ...]


class Provider(Protocol):
    """Something that completes chats; raises `judges.errors.CallError` and nothing else."""

    async def complete(self, request: Request) -> Completion: ...


class Architecture(Protocol):
    """A way to reach a judgement; a failed call is an answer's outcome, never an exception."""

    @property
    def questions(self) -> tuple[Question, ...]:
        """What is answered about every item, in order."""
        ...

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that can change an answer; equal fingerprints mean the same judge."""
        ...

    def opening(self, subject: Subject) -> Sequence[Request]:
        """The requests made of this item whatever is replied: for a preview, and for what a run will cost."""
        ...

    async def judge(self, subject: Subject, provider: Provider) -> Judgement: ...


@runtime_checkable
class Follower(Protocol):
    """An architecture whose replies may call for further requests."""

    def following(self, subject: Subject) -> Sequence[Request]:
        """The most requests that replies may call for, beyond the opening and repairs: for what a run will cost.

        What they quote of the replies is not in them yet.
        """
        ...


def following_of(architecture: Architecture, subject: Subject) -> list[Request]:
    """What replies may call for; nothing of an architecture that asks once."""
    return list(architecture.following(subject)) if isinstance(architecture, Follower) else []


@runtime_checkable
class Surveyor(Protocol):
    """An architecture that may have to see the whole batch before it judges an item of it."""

    @property
    def surveys(self) -> bool:
        """Must it?"""
        ...

    def survey(self, subjects: Iterable[Subject]) -> None:
        """Look through the whole batch once, in its order."""
        ...
