"""From a chat request to the simulated judge's reply."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from judges.fencing import OPEN, read_fence
from judges.injection import suspect_injection
from judges.probes.unfenced import read_plain
from judges.prompting import read_schema
from judges.scales import CANNOT_ASSESS, number_text
from judges.simulator.chance import digest
from judges.simulator.personas import (
    Draw,
    Persona,
    answer,
    chances,
    choices_of,
    favourable,
    plausible_truth,
)
from judges.simulator.tokens import Chances, logprobs, written

Oracle = Callable[[dict[str, Any]], Mapping[str, Any]]
"""From an item's payload to the true value of each question (canonical text, or what JSON has for it)."""

_FINISH = {"truncated": "length", "content_filter": "content_filter"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a persona says, and how likely it was to say each value."""

    text: str
    chances: Chances = field(default_factory=dict)


def item_text(body: Mapping[str, Any]) -> str:
    """The text of the last user message that holds an item, else of the first. Raises ValueError if there is none."""
    chat = body["messages"] if "messages" in body else body["input"]
    texts = [_text_of(message["content"]) for message in chat if message["role"] == "user"]
    if not texts:
        raise ValueError("no user message")
    return next((text for text in reversed(texts) if OPEN in text), texts[0])


def reply_of(body: Mapping[str, Any], persona: Persona, oracle: Oracle, seed: int, sample: int) -> Reply:
    """The reply of a persona, as the prompt's schema asks for it.

    What else it is told, such as another judge's argument, makes it look anew: the answer is drawn again, while the
    item's truth and how easy it is stay. With a temperature, so does each further `sample`.
    """
    text = item_text(body)
    payload, fenced = _read_item(text)
    truths, swayed = oracle(payload), persona.is_gullible and bool(suspect_injection(payload))
    about, which = digest(payload), [sample] if body.get("temperature") else []
    reply: dict[str, Any] = {}
    listed: dict[str, Mapping[str, float]] = {}
    for key, schema in _questions(_text_of(body["messages"][0]["content"])).items():
        if "properties" not in schema:
            reply[key] = f"Simulated {key}: the reasons are not all borne out by the item."
            continue
        draw = Draw((seed, body["model"], digest(text), key, *which))
        gives_in = swayed and persona.gives_in(fenced=fenced, draw=draw)
        asked = _Asked(key, schema["properties"], persona, Draw((seed, "item", about, key)), gives_in)
        truth = asked.truth(truths.get(key))
        reply[key], listed[key] = asked.reply(truth, draw), asked.chances(truth)
    return Reply(json.dumps(reply, ensure_ascii=False), listed)


def completion(body: Mapping[str, Any], reply: Reply, fault: str | None) -> dict[str, Any]:
    """The chat completion object around a reply, with the faults that a reply can have."""
    text = _spoilt(reply.text, fault)
    refusal = "I cannot help with that." if fault == "refusal" else None
    message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
    prompt = sum(tokens(_text_of(message["content"])) for message in body["messages"])
    usage = {"prompt_tokens": prompt, "completion_tokens": tokens(text)}
    return {
        "id": f"chatcmpl-{digest(text)}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {
                "index": 0,
                "message": message,
                "finish_reason": _FINISH.get(fault or "", "stop"),
                "logprobs": _logprobs(body, reply, fault),
            }
        ],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }


@lru_cache(maxsize=64)
def _questions(rubric: str) -> Mapping[str, Any]:
    questions: Mapping[str, Any] = read_schema(rubric)["properties"]
    return questions


def _read_item(text: str) -> tuple[dict[str, Any], bool]:
    """The item's payload, and whether it is fenced; a careless prompt shows its fields as they come."""
    try:
        return read_fence(text), True
    except ValueError:
        return read_plain(text), False


@dataclass(frozen=True, slots=True)
class _Asked:
    """One question put to a persona about one item; `about` draws what is true of it."""

    key: str
    properties: Mapping[str, Any]
    persona: Persona
    about: Draw
    gives_in: bool

    @property
    def schema(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.properties["value"]
        schema: Mapping[str, Any] = found.get("anyOf", [found])[0]
        return schema

    @property
    def ease(self) -> float:
        return self.about.uniform("ease")

    def truth(self, planted: object) -> str:
        return plausible_truth(self.schema, self.about) if planted is None else _canonical(planted)

    def reply(self, truth: str, draw: Draw) -> dict[str, Any]:
        own = answer(self.persona, self.key, self.schema, truth, draw, self.ease)
        said = favourable(self.schema) if self.gives_in else own
        why = {"rationale": f"Simulated rationale for {self.key}."} if "rationale" in self.properties else {}
        return why | {"value": _encoded(said, self.schema)}

    def chances(self, truth: str) -> dict[str, float]:
        if truth == CANNOT_ASSESS or not choices_of(self.schema):
            return {}
        own = chances(self.persona, self.key, self.schema, truth, self.ease)
        shares = {favourable(self.schema): 1.0} if self.gives_in else own
        return written(shares, self.schema["type"] == "string")


def _logprobs(body: Mapping[str, Any], reply: Reply, fault: str | None) -> dict[str, Any] | None:
    if fault or not body.get("logprobs"):
        return None
    listed = {key: shares for key, shares in reply.chances.items() if shares}
    return logprobs(reply.text, listed, body.get("top_logprobs") or 0)


def _canonical(truth: object) -> str:
    if isinstance(truth, str):
        return truth
    return number_text(truth) if isinstance(truth, int | float) else json.dumps(truth)


def _encoded(value: str, schema: Mapping[str, Any]) -> Any:
    if schema["type"] == "string":
        return value
    try:
        return json.loads(value)
    except ValueError:  # an abstention
        return value


def _spoilt(text: str, fault: str | None) -> str:
    match fault:
        case "truncated" | "malformed":
            return text[: len(text) // 2]
        case "content_filter":
            return ""
        case "off_scale":
            return json.dumps(
                {
                    key: said | {"value": "off the scale"} if isinstance(said, dict) else ""
                    for key, said in json.loads(text).items()
                }
            )
    return text


def _text_of(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] in ("text", "input_text"))


def tokens(text: str) -> int:
    """As many as the text would roughly have."""
    return math.ceil(len(text) / 4)
