"""From a decisions request to the simulated judge's answers, with probabilities that are its true skill."""

from collections.abc import Mapping
from typing import Any

from judges.fencing import read_fence
from judges.scales import CANNOT_ASSESS, number_text
from judges.simulator import chat
from judges.simulator.chance import digest
from judges.simulator.personas import Draw, Persona, answer, choices_of, plausible_truth

_BEYOND = {True: 0.97, False: 0.02}  # how sure it is that a question cannot, or can, be answered
_SURE = 0.99


def decision(
    body: Mapping[str, Any], persona: Persona, oracle: chat.Oracle, seed: int, fault: str | None
) -> dict[str, Any]:
    """The decision object: an answer to each question, in order. A refusal refuses them all."""
    item = chat.item_text(body)
    truths = oracle(read_fence(item))
    answers = []
    for question in body["questions"]:
        draw = Draw((seed, body["model"], digest(item), question["name"]))
        refused = {"type": "refusal", "name": question["name"]}
        answers.append(refused if fault == "refusal" else _answer(question, persona, truths, draw))
    usage = {"input_tokens": chat.tokens(item), "output_tokens": len(answers)}
    return {
        "model": body["model"],
        "answers": answers if fault != "malformed" else answers[:-1],
        "usage": usage | {"total_tokens": sum(usage.values())},
    }


def _answer(
    question: Mapping[str, Any], persona: Persona, truths: Mapping[str, Any], draw: Draw
) -> dict[str, Any]:
    name, kind = question["name"], question["type"]
    key, _, beyond = name.partition(f".{CANNOT_ASSESS}")
    if beyond or name != key:
        probability = _BEYOND[truths.get(key) == CANNOT_ASSESS]
        return {"type": kind, "name": name, "probability": probability}
    schema = _schema(question)
    shares = _shares(persona, key, schema, _truth(truths.get(key), schema, draw), draw)
    return {"type": kind, "name": name, **_as_answer(question, shares)}


def _schema(question: Mapping[str, Any]) -> dict[str, Any]:
    match question["type"]:
        case "predicate":
            return {"type": "string", "enum": ["yes", "no"]}
        case "choice":
            return {"type": "string", "enum": [choice["value"] for choice in question["choices"]]}
    return {"type": "number", "enum": [_number(level) for level in question["levels"]]}


def _number(level: Mapping[str, Any]) -> float:
    return float(level["label"].partition(":")[0].partition(" ")[0])


def _truth(known: Any, schema: Mapping[str, Any], draw: Draw) -> str:
    """The planted truth; on a scale of numbers the nearest there is."""
    if known is None or known == CANNOT_ASSESS:
        return plausible_truth(schema, draw)
    if schema["type"] == "number":
        return number_text(min(schema["enum"], key=lambda value: abs(value - float(known))))
    return str(known)


def _shares(
    persona: Persona, key: str, schema: Mapping[str, Any], truth: str, draw: Draw
) -> dict[str, float]:
    """The probability of each value: its skill for the one it thinks true, the rest evenly for the others."""
    thought, choices = answer(persona, key, schema, truth, draw), choices_of(schema)
    skill = persona.skill_for(key)
    right = 1 - sum(skill.get(thought, {}).values()) if isinstance(skill, Mapping) else skill
    right = min(right, _SURE)
    rest = (1 - right) / max(1, len(choices) - 1)
    return {choice: right if choice == thought else rest for choice in choices}


def _as_answer(question: Mapping[str, Any], shares: Mapping[str, float]) -> dict[str, Any]:
    likeliest = max(shares, key=lambda value: shares[value])
    match question["type"]:
        case "predicate":
            return {"probability": shares["yes"]}
        case "choice":
            listed = [{"value": value, "probability": share} for value, share in shares.items()]
            return {"choice": likeliest, "confidence": shares[likeliest], "probabilities": listed}
    levels = [
        {"label": level["label"], "value": place, "probability": shares[number_text(_number(level))]}
        for place, level in enumerate(question["levels"])
    ]
    score = sum(level["value"] * level["probability"] for level in levels)
    return {"score": score, "confidence": shares[likeliest], "probabilities": levels}
