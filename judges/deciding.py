"""Questions as a decision model is asked them, and its answers as ours.

binary is a predicate, nominal and preference a choice, ordinal and numeric a score; a taxonomy, whose answer is a
list, cannot be asked. A question that may be left open gets a predicate beside it: can it be answered at all?
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from judges.contracts import Answer, Outcome, Question
from judges.parsing import unscored
from judges.scales import (
    CANNOT_ASSESS,
    BinaryScale,
    NominalScale,
    NumericScale,
    OrdinalScale,
    PreferenceScale,
    number_text,
    shown,
)

MOST_QUESTIONS = 400
MOST_CHOICES = 255
STEPS = 10
"""Of a numeric scale, which is asked as so many equal steps; the answer is the mean over them."""

_Reading = Mapping[str, float]


def typed_questions(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """What is sent as `questions`. Raises ValueError for what a decision model cannot be asked."""
    typed = []
    for question in questions:
        typed.append({"name": question.key, **_typed(question)})
        if question.cannot_assess:
            typed.append(_assessable(question))
    if len(typed) > MOST_QUESTIONS:
        raise ValueError(f"a decision model takes at most {MOST_QUESTIONS} questions, not {len(typed)}")
    return typed


def read_decisions(text: str, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """One answer a question, from the answers in the order in which they were asked for."""
    answers = json.loads(text)
    asked = typed_questions(questions)
    if len(answers) != len(asked):
        reason = f"{len(answers)} answers to {len(asked)} questions"
        return unscored(questions, Outcome.PARSE_FAILED, reason)
    given = {question["name"]: answer for question, answer in zip(asked, answers, strict=True)}
    return tuple(_answer(question, given) for question in questions)


def _typed(question: Question) -> dict[str, Any]:
    words = "\n".join(part for part in (question.text, question.guidance) if part) or question.key
    match question.scale:
        case BinaryScale():
            return {"type": "predicate", "instructions": f'The answer to this question is "yes": {words}'}
        case NominalScale() | PreferenceScale():
            return {"type": "choice", "instructions": words, "choices": _choices(question)}
        case OrdinalScale() | NumericScale():
            levels = [{"label": label, **about} for label, (_, about) in _levels(question.scale).items()]
            return {"type": "score", "instructions": words, "levels": levels}
    raise ValueError(f"{question.key}: a decision model cannot be asked for a list of errors")


def _assessable(question: Question) -> dict[str, Any]:
    return {
        "name": f"{question.key}.{CANNOT_ASSESS}",
        "type": "predicate",
        "instructions": f"The item does not hold what is needed to answer this question: {question.text}",
    }


def _choices(question: Question) -> list[dict[str, str]]:
    scale = question.scale
    if isinstance(scale, NominalScale):
        about = {one.key: ": ".join(filter(None, (one.label, one.description))) for one in scale.options}
    else:
        about = dict.fromkeys(scale.options, "") if isinstance(scale, PreferenceScale) else {}
    if not 2 <= len(about) <= MOST_CHOICES:
        raise ValueError(f"{question.key}: a decision model chooses among 2 to {MOST_CHOICES} options")
    return [{"value": key, "description": text} if text else {"value": key} for key, text in about.items()]


def _levels(scale: OrdinalScale | NumericScale) -> dict[str, tuple[float, dict[str, str]]]:
    """Label -> (value, what else is said of it), from the lowest up."""
    if isinstance(scale, NumericScale):
        values = [scale.low + (scale.high - scale.low) * step / STEPS for step in range(STEPS + 1)]
        return {f"{number_text(round(value, 6))} {scale.unit}".strip(): (value, {}) for value in values}
    levels = sorted(scale.levels, key=lambda level: level.value)
    return {
        ": ".join(filter(None, (number_text(level.value), level.label))): (
            level.value,
            {"description": level.anchor} if level.anchor else {},
        )
        for level in levels
    }


def _answer(question: Question, given: Mapping[str, Any]) -> Answer:
    answer = given[question.key]
    if not isinstance(answer, dict) or answer.get("name") not in (None, question.key):
        return Answer(question.key, Outcome.PARSE_FAILED, reason=f"{shown(answer)} is no answer to it")
    if answer.get("type") == "refusal":
        return Answer(question.key, Outcome.REFUSED, reason="the model declined to answer this question")
    try:
        beyond = _probability(given[f"{question.key}.{CANNOT_ASSESS}"]) if question.cannot_assess else 0.0
        if beyond >= 0.5:
            reason = "the judge could not tell"
            return Answer(question.key, Outcome.ABSTAINED, probability=beyond, reason=reason)
        return _scored(question, answer)
    except (KeyError, TypeError, ValueError) as error:
        return Answer(question.key, Outcome.PARSE_FAILED, reason=f"cannot be read: {error}")


def _scored(question: Question, answer: Mapping[str, Any]) -> Answer:
    scale = question.scale
    match scale:
        case BinaryScale():
            yes = _probability(answer)
            return _likeliest(question, {"yes": yes, "no": 1 - yes})
        case OrdinalScale() | NumericScale():
            levels = _levels(scale)
            by_label = {entry["label"]: _probability(entry) for entry in answer["probabilities"]}
            weights = {levels[label][0]: probability for label, probability in by_label.items()}
            if isinstance(scale, NumericScale):
                return _mean(question, weights)
            details = {"mean": round(_expected(weights), 6)}
            return _likeliest(question, {number_text(value): p for value, p in weights.items()}, details)
    choices = {entry["value"]: _probability(entry) for entry in answer["probabilities"]}
    value = scale.parse(answer["choice"])
    return _likeliest(question, {scale.parse(key): p for key, p in choices.items()}, chosen=value)


def _likeliest(
    question: Question, probabilities: _Reading, details: Mapping[str, Any] | None = None, chosen: str = ""
) -> Answer:
    value = chosen or max(probabilities, key=lambda key: probabilities[key])
    return Answer(
        question.key,
        Outcome.SCORED,
        value,
        probability=probabilities[value],
        probabilities={key: round(p, 6) for key, p in probabilities.items()},
        details=details or {},
    )


def _mean(question: Question, weights: Mapping[float, float]) -> Answer:
    value = number_text(round(_expected(weights), 4))
    probabilities = {number_text(round(step, 6)): round(p, 6) for step, p in weights.items()}
    return Answer(question.key, Outcome.SCORED, value, probabilities=probabilities)


def _expected(weights: Mapping[float, float]) -> float:
    total = sum(weights.values())
    if not total:
        raise ValueError("the probabilities are all zero")
    return sum(value * weight for value, weight in weights.items()) / total


def _probability(entry: Mapping[str, Any]) -> float:
    value = entry["probability"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{shown(value)} is no probability")
    if not 0 <= value <= 1:
        raise ValueError(f"{value} is no probability")
    return float(value)
