"""From a reply to answers, one for each question, without guessing."""

import json
from collections.abc import Sequence
from typing import Any

from judges.contracts import Answer, Completion, Outcome, Question
from judges.errors import OffScale
from judges.fencing import clean
from judges.scales import CANNOT_ASSESS, shown

REPLY_CAP = 50_000
"""Characters of a reply, counted from its end, that are searched for an object."""

_DECODER = json.JSONDecoder()


def read_completion(completion: Completion, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """One answer a question: what the reply says, or why it says nothing."""
    if completion.refusal:
        return unscored(questions, Outcome.REFUSED, clean(completion.refusal))
    if completion.finish_reason == "content_filter":
        return unscored(questions, Outcome.CONTENT_FILTERED, "the content filter stopped the reply")
    if completion.finish_reason == "length":
        return unscored(questions, Outcome.TRUNCATED, "the reply reached the limit of output tokens")
    return read_text(completion.text, questions)


def read_text(text: str, questions: Sequence[Question]) -> tuple[Answer, ...]:
    """Read the last complete JSON object of a reply."""
    reply = last_object(text)
    if reply is None:
        return unscored(questions, Outcome.PARSE_FAILED, f"no complete JSON object in {shown(text)}")
    return tuple(_answer(question, reply) for question in questions)


def last_object(text: str) -> dict[str, Any] | None:
    """The last complete top-level JSON object in `text`, whatever stands around it; None if there is none."""
    found = locate_last_object(text)
    return found[0] if found else None


def locate_last_object(text: str) -> tuple[dict[str, Any], int] | None:
    """The same, with the position where it starts."""
    found, position = None, text.find("{", max(0, len(text) - REPLY_CAP))
    while position >= 0:
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (
            ValueError,
            RecursionError,
        ):  # no object starts here, or one too deep or too long to read
            end = position + 1
        else:
            found = value, position
        position = text.find("{", end)
    return found


def unscored(questions: Sequence[Question], outcome: Outcome, reason: str) -> tuple[Answer, ...]:
    """The same outcome and reason for every question."""
    return tuple(Answer(question.key, outcome, reason=reason) for question in questions)


def _answer(question: Question, reply: dict[str, Any]) -> Answer:
    given = reply.get(question.key)
    if not isinstance(given, dict) or "value" not in given:
        return Answer(question.key, Outcome.PARSE_FAILED, reason="the reply has no value for it")
    rationale = given.get("rationale", "")
    return _judged(question, given["value"], clean(rationale) if isinstance(rationale, str) else "")


def _judged(question: Question, raw: object, rationale: str) -> Answer:
    if question.cannot_assess and isinstance(raw, str) and raw.strip().casefold() == CANNOT_ASSESS:
        return Answer(question.key, Outcome.ABSTAINED, rationale=rationale, reason="the judge could not tell")
    try:
        return Answer(question.key, Outcome.SCORED, clean(question.scale.parse(raw)), rationale=rationale)
    except OffScale as error:
        return Answer(question.key, Outcome.PARSE_FAILED, rationale=rationale, reason=str(error))
