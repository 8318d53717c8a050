"""Debate: two judges answer, read each other and answer again; a third rules on what they still differ about."""

from dataclasses import replace

from judges.architectures.asker import Answers, Asker, all_at_once
from judges.arguing import for_rebuttal, for_ruling
from judges.contracts import (
    Answer,
    CallRecord,
    Judgement,
    JudgeSpec,
    Outcome,
    Provider,
    Question,
    Request,
    Subject,
    digest_of,
)

DEBATERS = ("first judge", "second judge")
RULES = "the judge who rules"


class Debate:
    """At most `rounds` rebuttals a side, fewer once the two agree on every question.

    What both answer alike stands without a ruling. A debater that gives no usable answer takes no further part:
    the third judge then rules on everything, told what there is. Where the endpoint fails, the judgement ends.
    """

    def __init__(self, first: JudgeSpec, second: JudgeSpec, third: JudgeSpec, rounds: int = 1) -> None:
        if rounds < 0:
            raise ValueError(f"a debate cannot take {rounds} rounds")
        self._specs, self._rounds = (first, second, third), rounds
        self._sides = (Asker(first), Asker(second))
        self._third = Asker(third)

    @property
    def questions(self) -> tuple[Question, ...]:
        return self._third.questions

    def fingerprint(self) -> str:
        return digest_of(["debate", self._rounds, [spec.fingerprint() for spec in self._specs]])

    def opening(self, subject: Subject) -> list[Request]:
        return [side.request(subject, role=name) for side, name in zip(self._sides, DEBATERS, strict=True)]

    def following(self, subject: Subject) -> list[Request]:
        """Every rebuttal and the ruling, as where the two never agree."""
        nothing: list[Answers] = [(), ()]
        rounds = range(1, self._rounds + 1)
        rebuttals = [one for number in rounds for one in self._rebuttals(subject, nothing, number)]
        return [*rebuttals, self._third.request(subject, role=RULES, closing=for_ruling(*nothing))]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        sides, calls = await self._asked(self.opening(subject), provider)
        for number in range(1, self._rounds + 1):
            if _agree(*sides) or not all(map(_is_usable, sides)):
                break
            sides, further = await self._asked(self._rebuttals(subject, sides, number), provider)
            calls += further
        return await self._closed(subject, sides, calls, provider)

    async def _closed(
        self, subject: Subject, sides: list[Answers], calls: tuple[CallRecord, ...], provider: Provider
    ) -> Judgement:
        """Agreed, or ruled on by the third."""
        for side in sides:
            if any(answer.outcome.retryable for answer in side):
                return Judgement(subject.item_id, side, calls)
        if _agree(*sides):
            answers = [_told(answer, sides, place, "agreed") for place, answer in enumerate(sides[0])]
            return Judgement(subject.item_id, tuple(answers), calls)
        request = self._third.request(subject, role=RULES, closing=for_ruling(*sides))
        rulings, further = await self._third.answer(request, provider)
        answers = [_ruled(ruling, sides, place) for place, ruling in enumerate(rulings)]
        return Judgement(subject.item_id, tuple(answers), (*calls, *further))

    async def _asked(
        self, requests: list[Request], provider: Provider
    ) -> tuple[list[Answers], tuple[CallRecord, ...]]:
        pairs = zip(self._sides, requests, strict=True)
        return await all_at_once(side.answer(request, provider) for side, request in pairs)

    def _rebuttals(self, subject: Subject, sides: list[Answers], number: int) -> list[Request]:
        return [
            side.request(subject, role=f"{name}, rebuttal {number}", closing=for_rebuttal(own, other))
            for side, name, own, other in zip(self._sides, DEBATERS, sides, reversed(sides), strict=True)
        ]


def _agree(first: Answers, second: Answers) -> bool:
    return all(map(_alike, first, second))


def _alike(one: Answer, other: Answer) -> bool:
    return one.outcome is other.outcome is Outcome.SCORED and one.value == other.value


def _is_usable(answers: Answers) -> bool:
    return any(answer.outcome.settled for answer in answers)


def _ruled(ruling: Answer, sides: list[Answers], place: int) -> Answer:
    first, second = (side[place] for side in sides)
    if _alike(first, second) and not ruling.outcome.retryable:
        return _told(first, sides, place, "agreed")
    return _told(ruling, sides, place, "ruled")


def _told(answer: Answer, sides: list[Answers], place: int, how: str) -> Answer:
    """The answer, with what the two said last."""
    said = {
        name: {"outcome": side[place].outcome.value, "value": side[place].value}
        for name, side in zip(DEBATERS, sides, strict=True)
    }
    return replace(answer, details={"by": how, "debaters": said})
