"""Judges from cheap to strong: the next is asked where the one before is not sure enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from judges.architectures.asker import under
from judges.architectures.composed import Composed
from judges.contracts import (
    Answer,
    Architecture,
    CallRecord,
    Judgement,
    Outcome,
    Provider,
    Request,
    Subject,
    digest_of,
    following_of,
)


@dataclass(frozen=True, slots=True)
class Stage:
    """A judge of the cascade. Its answer to a question stands when its confidence is at least what `accept` asks;
    a question that is not in `accept` always goes on."""

    name: str
    judge: Architecture
    accept: Mapping[str, float] = field(default_factory=dict)


class Cascade(Composed):
    """Asks the first stage, and each further one while a question is open; the last one's answers stand.

    A stage is put the item with all its questions, exactly as alone, so that what recorded runs of the stages
    say of thresholds holds for the cascade. An answer that is not scored, or has no confidence, goes on. Where
    the endpoint fails, the judgement ends: to escalate then would pay the strong judge for an outage.
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        if len(stages) < 2:
            raise ValueError("a cascade needs at least two stages")
        super().__init__([stage.judge for stage in stages])
        self.stages = tuple(stages)
        last = {question.key for question in stages[-1].judge.questions}
        if last != {question.key for question in self.questions}:
            raise ValueError(
                f"the last stage of a cascade must answer every question, not only {sorted(last)}"
            )

    def fingerprint(self) -> str:
        parts = [[stage.name, stage.judge.fingerprint(), dict(stage.accept)] for stage in self.stages]
        return digest_of(["cascade", parts])

    def opening(self, subject: Subject) -> list[Request]:
        first = self.stages[0]
        return [
            replace(request, role=under(first.name, request.role)) for request in first.judge.opening(subject)
        ]

    def following(self, subject: Subject) -> list[Request]:
        """What the first stage may ask further, and all that the others may ask of an item that nobody settles."""
        first, *others = self.stages
        asked = [(first, following_of(first.judge, subject))]
        asked += [(one, [*one.judge.opening(subject), *following_of(one.judge, subject)]) for one in others]
        return [
            replace(request, role=under(stage.name, request.role))
            for stage, requests in asked
            for request in requests
        ]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        settled: dict[str, Answer] = {}
        trails: dict[str, list[dict[str, Any]]] = {question.key: [] for question in self.questions}
        calls: list[CallRecord] = []
        for stage in self.stages:
            found = await stage.judge.judge(subject, provider)
            calls += [replace(call, role=under(stage.name, call.role)) for call in found.calls]
            for answer in found.answers:
                key = answer.question
                if key in settled:
                    continue
                if stage is self.stages[-1] or answer.outcome.retryable or _stands(answer, stage):
                    settled[key] = _final(answer, stage, trails[key])
                trails[key].append(_passed_on(answer, stage))
            if len(settled) == len(self.questions):
                break
        answers = tuple(settled[question.key] for question in self.questions)
        return Judgement(subject.item_id, answers, tuple(calls))


def _stands(answer: Answer, stage: Stage) -> bool:
    asked = stage.accept.get(answer.question)
    sure = answer.probability
    return answer.outcome is Outcome.SCORED and None not in (asked, sure) and (sure or 0) >= (asked or 0)


def _final(answer: Answer, stage: Stage, trail: Sequence[Mapping[str, Any]]) -> Answer:
    details = {**answer.details, "stage": stage.name, "passed_on": list(trail)}
    if answer.value is not None or not trail:
        return replace(answer, details=details)
    before = "; ".join(f"{one['stage']}: {one['why']}" for one in trail)
    return replace(answer, details=details, reason=f"{answer.reason} ({before})")


def _passed_on(answer: Answer, stage: Stage) -> dict[str, Any]:
    return {
        "stage": stage.name,
        "value": answer.value,
        "probability": answer.probability,
        "why": _why(answer, stage.accept.get(answer.question)),
    }


def _why(answer: Answer, asked: float | None) -> str:
    if answer.outcome is not Outcome.SCORED:
        return f"{answer.outcome} ({answer.reason})"
    if asked is None:
        return f"{answer.value}, never left to this stage"
    if answer.probability is None:
        return f"{answer.value} without a confidence"
    return f"{answer.value} with {answer.probability:.2f}, below {asked:g}"
