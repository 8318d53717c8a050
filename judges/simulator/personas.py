"""Simulated raters: what a judge of known skill answers when the truth is known.

Values are canonical text (see `judges.scales`). A scale is known here by its JSON Schema, as a server
sees it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from judges.scales import CANNOT_ASSESS, number_text
from judges.simulator.chance import normal, pick, pick_weighted, uniform

Confusion = Mapping[str, Mapping[str, float]]
"""For each true value, the probability of each answer; what is left over goes to the truth."""

_BINARY = ["no", "yes"]


@dataclass(frozen=True, slots=True)
class Persona:
    """How a simulated judge errs.

    `skill` is the probability of the true value, for all questions or by key; a `Confusion` there says
    the errors in full. `bias` from -1 (strict) to 1 (lenient): on yes/no and ordinal scales, errors go to
    the next level, up with probability (1 + bias) / 2, and the chance of erring at the ends is multiplied
    by 1 + bias (lowest) or 1 - bias (highest); on a taxonomy, an error misses everything with that
    probability, else it adds one. `noise` is the probability of any answer at all; on a numeric scale it
    is the standard deviation, and `bias` the mean shift, both as shares of the range. `spread` makes items
    differ: a skill given as a number moves by up to that much, up on easy items and down on hard ones. `obeys`
    is the probability of the most favourable answer about an item that tells the judge what to say (as
    `judges.injection` notices it), `obeys_fenced` the same where the item is fenced: planted numbers to try
    the machinery with, which say nothing of how real models behave.
    """

    skill: float | Mapping[str, float | Confusion] = 0.9
    bias: float = 0.0
    noise: float = 0.0
    spread: float = 0.0
    obeys: float = 0.0
    obeys_fenced: float = 0.0

    @property
    def is_gullible(self) -> bool:
        """May it give in at all?"""
        return self.obeys > 0 or self.obeys_fenced > 0

    def gives_in(self, *, fenced: bool, draw: "Draw") -> bool:
        """Does it do what such an item says, this time?"""
        return draw.uniform("obedience") < (self.obeys_fenced if fenced else self.obeys)

    def skill_for(self, question: str) -> float | Confusion:
        """The skill on one question; 0.9 where none is given."""
        return self.skill.get(question, 0.9) if isinstance(self.skill, Mapping) else self.skill

    def on_item(self, question: str, ease: float) -> float | Confusion:
        """The skill on one question about an item that is as easy as `ease` (0 to 1) says."""
        skill = self.skill_for(question)
        if isinstance(skill, Mapping):
            return skill
        return min(1.0, max(0.0, skill + self.spread * (2 * ease - 1)))


@dataclass(frozen=True, slots=True)
class Draw:
    """What one answer depends on: seed, model, item and question."""

    parts: tuple[object, ...] = field(default_factory=tuple)

    def uniform(self, purpose: str) -> float:
        return uniform(*self.parts, purpose)

    def normal(self, purpose: str) -> float:
        return normal(*self.parts, purpose)

    def pick(self, choices: list[str], purpose: str) -> str:
        return pick(choices, *self.parts, purpose)


def answer(
    persona: Persona, question: str, schema: Mapping[str, Any], truth: str, draw: Draw, ease: float = 0.5
) -> str:
    """The persona's answer, as canonical text."""
    if truth == CANNOT_ASSESS:
        return truth
    if schema["type"] == "array":
        return _taxonomy_answer(persona, question, schema, truth, draw)
    if not choices_of(schema):
        return _numeric_answer(persona, schema, truth, draw)
    shares = chances(persona, question, schema, truth, ease)
    return pick_weighted(shares, draw.uniform("answer")) or truth


def chances(
    persona: Persona, question: str, schema: Mapping[str, Any], truth: str, ease: float = 0.5
) -> dict[str, float]:
    """The probability of each answer on an enumerated scale; `answer` draws from these."""
    choices = choices_of(schema)
    if truth not in choices:
        raise ValueError(f"the planted truth {truth!r} of {question!r} is not one of {choices}")
    skill = persona.on_item(question, ease)
    if isinstance(skill, Mapping):
        shares = dict.fromkeys(choices, 0.0) | dict(skill.get(truth, {}))
        shares[truth] += max(0.0, 1.0 - sum(shares.values()))
    elif choices == _BINARY or schema["type"] == "number":
        shares = _ordered_chances(skill, persona.bias, choices, truth)
    else:
        others = (1.0 - skill) / max(1, len(choices) - 1)
        shares = dict.fromkeys(choices, others) | {truth: skill if len(choices) > 1 else 1.0}
    lapse = persona.noise / len(choices)
    return {choice: lapse + (1.0 - persona.noise) * share for choice, share in shares.items()}


def plausible_truth(schema: Mapping[str, Any], draw: Draw) -> str:
    """A value of the scale, for items whose truth nobody planted."""
    if schema["type"] == "array":
        return json.dumps([] if draw.uniform("truth") < 0.5 else [_some_error(schema, draw)])
    choices = choices_of(schema)
    if choices:
        return draw.pick(choices, "truth")
    span = schema["maximum"] - schema["minimum"]
    return number_text(round(schema["minimum"] + span * draw.uniform("truth"), 2))


def favourable(schema: Mapping[str, Any]) -> str:
    """The answer that speaks best of an item, as far as a scale shows it: its top, or no error."""
    if schema["type"] == "array":
        return "[]"
    choices = choices_of(schema)
    return choices[-1] if choices else number_text(schema["maximum"])


def choices_of(schema: Mapping[str, Any]) -> list[str]:
    """The canonical values of an enumerated scale, worst first if ordered; empty for other scales."""
    values = schema.get("enum", [])
    if set(values) == set(_BINARY):
        return _BINARY
    if schema["type"] == "number":
        return [number_text(value) for value in sorted(values)]
    return list(values)


def _ordered_chances(skill: float, bias: float, choices: list[str], truth: str) -> dict[str, float]:
    shares = dict.fromkeys(choices, 0.0)
    place, last = choices.index(truth), len(choices) - 1
    error = min(1.0, (1.0 - skill) * _end_factor(bias, choices, truth)) if last else 0.0
    up = 1.0 if place == 0 else 0.0 if place == last else (1.0 + bias) / 2
    shares[truth] = 1.0 - error
    shares[choices[min(place + 1, last)]] += error * up
    shares[choices[max(place - 1, 0)]] += error * (1.0 - up)
    return shares


def _end_factor(bias: float, choices: list[str], truth: str) -> float:
    if truth == choices[0]:
        return 1.0 + bias
    return 1.0 - bias if truth == choices[-1] else 1.0


def _numeric_answer(persona: Persona, schema: Mapping[str, Any], truth: str, draw: Draw) -> str:
    low, high = schema["minimum"], schema["maximum"]
    shift = (persona.bias + persona.noise * draw.normal("noise")) * (high - low)
    return number_text(round(min(max(float(truth) + shift, low), high), 4))


def _taxonomy_answer(
    persona: Persona, question: str, schema: Mapping[str, Any], truth: str, draw: Draw
) -> str:
    skill = persona.skill_for(question)
    if isinstance(skill, Mapping):
        raise ValueError(f"{question!r}: a taxonomy takes a number as skill, not a confusion")
    if draw.uniform("error") < skill:
        return truth
    if draw.uniform("direction") < (1.0 + persona.bias) / 2:
        return "[]"
    return json.dumps([*json.loads(truth), _some_error(schema, draw)])


def _some_error(schema: Mapping[str, Any], draw: Draw) -> dict[str, str]:
    properties = schema["items"]["properties"]
    category = draw.pick(properties["category"]["enum"], "category")
    return {
        "category": category,
        "severity": draw.pick(properties["severity"]["enum"], "severity"),
        "note": "",
    }
