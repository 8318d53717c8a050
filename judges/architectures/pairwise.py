"""Two candidates shown in both orders: a preference counts when it does not depend on the order."""

import asyncio
from dataclasses import replace

from judges.architectures.asker import under
from judges.contracts import (
    Answer,
    Architecture,
    Judgement,
    Outcome,
    Provider,
    Question,
    Request,
    Subject,
    digest_of,
    following_of,
)
from judges.scales import PreferenceScale

GIVEN, SWAPPED = "as given", "swapped"
_CANDIDATES = "candidates"
_SIDES = ("a", "b")


class Pairwise:
    """Puts the item to its judge twice, the candidates swapped the second time, and compares what comes back.

    A preference of the swapped order is mapped back to the item's own sides. Equal answers are the answer, ties
    included; any two that differ, a tie and a preference too, are order-inconsistent, and no winner is made of
    them. Questions on other scales must be answered alike in both orders in the same way.
    """

    def __init__(self, judge: Architecture) -> None:
        if not any(_is_preference(question) for question in judge.questions):
            raise ValueError(
                "pairwise judging needs a question on a preference scale with the options a and b"
            )
        self._judge = judge

    @property
    def questions(self) -> tuple[Question, ...]:
        return self._judge.questions

    def fingerprint(self) -> str:
        return digest_of(["pairwise", self._judge.fingerprint()])

    def opening(self, subject: Subject) -> list[Request]:
        return [
            replace(request, role=under(order, request.role))
            for order, item in _orders(subject)
            for request in self._judge.opening(item)
        ]

    def following(self, subject: Subject) -> list[Request]:
        return [
            replace(request, role=under(order, request.role))
            for order, item in _orders(subject)
            for request in following_of(self._judge, item)
        ]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        if not has_two_candidates(subject):
            return Judgement(subject.item_id, tuple(map(_nothing_to_compare, self.questions)), ())
        given, other = await asyncio.gather(
            self._judge.judge(subject, provider), self._judge.judge(swapped(subject), provider)
        )
        answers = tuple(map(_settled, self.questions, given.answers, other.answers))
        orders = ((GIVEN, given), (SWAPPED, other))
        calls = [replace(call, role=under(name, call.role)) for name, one in orders for call in one.calls]
        return Judgement(subject.item_id, answers, tuple(calls))


def has_two_candidates(subject: Subject) -> bool:
    """Does the item have what is compared: `candidates` a and b?"""
    candidates = subject.payload.get(_CANDIDATES)
    return isinstance(candidates, dict) and set(candidates) == set(_SIDES)


def swapped(subject: Subject) -> Subject:
    """The item with its two candidates in the other order."""
    candidates = subject.payload[_CANDIDATES]
    turned = {"a": candidates["b"], "b": candidates["a"]}
    return Subject(subject.item_id, {**subject.payload, _CANDIDATES: turned})


def _orders(subject: Subject) -> list[tuple[str, Subject]]:
    return [(GIVEN, subject), (SWAPPED, swapped(subject))] if has_two_candidates(subject) else []


def _nothing_to_compare(question: Question) -> Answer:
    return Answer(
        question.key, Outcome.ABSTAINED, reason="the item has no two candidates, a and b, to compare"
    )


def _settled(question: Question, given: Answer, other: Answer) -> Answer:
    turned = _turned_back(question, other)
    details = {"orders": {GIVEN: _shown(given), SWAPPED: _shown(turned)}}
    for answer in (given, turned):
        if answer.outcome is not Outcome.SCORED:
            return replace(answer, details=details, value=None)
    if given.value == turned.value:
        both = [answer.probability for answer in (given, turned) if answer.probability is not None]
        probability = sum(both) / 2 if len(both) == 2 else None
        return replace(given, probability=probability, probabilities={}, details=details)
    return Answer(
        question.key,
        Outcome.ORDER_INCONSISTENT,
        rationale=given.rationale,
        reason=f"{given.value} as given, {turned.value} with the candidates swapped{_leaning(question, given, other)}",
        details=details,
    )


def _turned_back(question: Question, answer: Answer) -> Answer:
    if not _is_preference(question) or answer.value not in _SIDES:
        return answer
    return replace(answer, value="b" if answer.value == "a" else "a")


def _leaning(question: Question, given: Answer, other: Answer) -> str:
    """Which place won both times, where the same did."""
    if not _is_preference(question) or given.value != other.value or given.value not in _SIDES:
        return ""
    return f": whichever came {'first' if given.value == 'a' else 'second'} won"


def _is_preference(question: Question) -> bool:
    return isinstance(question.scale, PreferenceScale) and set(_SIDES) <= set(question.scale.options)


def _shown(answer: Answer) -> dict[str, str | float | None]:
    return {
        "outcome": answer.outcome.value,
        "value": answer.value,
        "probability": answer.probability,
        "reason": answer.reason,
    }
