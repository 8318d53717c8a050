"""From a chat request to the simulated judge's reply."""

import json
import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from judges.fencing import read_fence
from judges.injection import suspect_injection
from judges.probes.unfenced import read_plain
from judges.prompting import read_schema
from judges.scales import number_text
from judges.simulator.chance import digest
from judges.simulator.personas import Draw, Persona, answer, favourable, plausible_truth

Oracle = Callable[[dict[str, Any]], Mapping[str, Any]]
"""From an item's payload to the true value of each question (canonical text, or what JSON has for it)."""

_FINISH = {"truncated": "length", "content_filter": "content_filter"}


def item_text(body: Mapping[str, Any]) -> str:
    """The text of the first user message, which holds the item. Raises ValueError if there is none."""
    for message in body["messages"] if "messages" in body else body["input"]:
        if message["role"] == "user":
            return _text_of(message["content"])
    raise ValueError("no user message")


def judgement_text(body: Mapping[str, Any], persona: Persona, oracle: Oracle, seed: int) -> str:
    """The reply of a persona, as the prompt's schema asks for it."""
    item = item_text(body)
    payload, fenced = _read_item(item)
    truths, swayed = oracle(payload), persona.is_gullible and bool(suspect_injection(payload))
    reply = {}
    for key, schema in _questions(_text_of(body["messages"][0]["content"])).items():
        draw = Draw((seed, body["model"], digest(item), key))
        gives_in = swayed and persona.gives_in(fenced=fenced, draw=draw)
        reply[key] = _reply_to(key, schema["properties"], persona, truths.get(key), draw, gives_in)
    return json.dumps(reply, ensure_ascii=False)


def completion(body: Mapping[str, Any], text: str, fault: str | None) -> dict[str, Any]:
    """The chat completion object around a reply, with the faults that a reply can have."""
    text = _spoilt(text, fault)
    refusal = "I cannot help with that." if fault == "refusal" else None
    message = {"role": "assistant", "content": None if refusal else text, "refusal": refusal}
    prompt = sum(tokens(_text_of(message["content"])) for message in body["messages"])
    usage = {"prompt_tokens": prompt, "completion_tokens": tokens(text)}
    return {
        "id": f"chatcmpl-{digest(text)}",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": _FINISH.get(fault or "", "stop")}],
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


def _reply_to(
    key: str,
    properties: Mapping[str, Any],
    persona: Persona,
    truth: object,
    draw: Draw,
    gives_in: bool,
) -> dict[str, Any]:
    value_schema = properties["value"]
    schema = value_schema.get("anyOf", [value_schema])[0]
    known = plausible_truth(schema, draw) if truth is None else _canonical(truth)
    own = favourable(schema) if gives_in else answer(persona, key, schema, known, draw)
    value = _encoded(own, schema)
    why = {"rationale": f"Simulated rationale for {key}."} if "rationale" in properties else {}
    return why | {"value": value}


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
                {key: reply | {"value": "off the scale"} for key, reply in json.loads(text).items()}
            )
    return text


def _text_of(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] in ("text", "input_text"))


def tokens(text: str) -> int:
    """As many as the text would roughly have."""
    return math.ceil(len(text) / 4)
