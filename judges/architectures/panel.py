"""Several judges of one item, whose opinions are made into one answer a question."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from judges.architectures.asker import under
from judges.architectures.composed import Composed
from judges.combining import Combine, Vote, combine
from judges.contracts import (
    Answer,
    Architecture,
    Judgement,
    Provider,
    Question,
    Request,
    Subject,
    digest_of,
    following_of,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A judge of the panel. `skill` is its measured share of right answers, by question."""

    name: str
    judge: Architecture
    skill: Mapping[str, float] = field(default_factory=dict)


class Panel(Composed):
    """Asks every member; one that fails is shown among the votes, and at least `needs` must not.

    A question that fewer members are asked needs all of those.
    """

    def __init__(self, members: Sequence[Member], how: Combine, needs: int) -> None:
        if not 1 <= needs <= len(members):
            raise ValueError(f"a panel of {len(members)} cannot need {needs} members")
        super().__init__([member.judge for member in members])
        self.members, self.how, self.needs = tuple(members), how, needs
        missing = [key for member in members for key in self._unmeasured(member)]
        if missing:
            raise ValueError(f"a weighted panel needs every member's skill: {', '.join(missing)} is missing")

    def fingerprint(self) -> str:
        parts = [[one.name, one.judge.fingerprint(), dict(one.skill)] for one in self.members]
        return digest_of(["panel", self.how, self.needs, parts])

    def opening(self, subject: Subject) -> list[Request]:
        return [
            replace(request, role=under(member.name, request.role))
            for member in self.members
            for request in member.judge.opening(subject)
        ]

    def following(self, subject: Subject) -> list[Request]:
        return [
            replace(request, role=under(member.name, request.role))
            for member in self.members
            for request in following_of(member.judge, subject)
        ]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        found = await asyncio.gather(*(one.judge.judge(subject, provider) for one in self.members))
        answers = tuple(self._combined(question, found) for question in self.questions)
        pairs = zip(self.members, found, strict=True)
        calls = [
            replace(call, role=under(member.name, call.role)) for member, one in pairs for call in one.calls
        ]
        return Judgement(subject.item_id, answers, tuple(calls))

    def _combined(self, question: Question, found: Sequence[Judgement]) -> Answer:
        key = question.key
        votes = [
            Vote(member.name, answer, member.skill.get(key))
            for member, judgement in zip(self.members, found, strict=True)
            for answer in judgement.answers
            if answer.question == key
        ]
        return combine(question, votes, self.how, min(self.needs, len(votes)))

    def _unmeasured(self, member: Member) -> list[str]:
        keys = [question.key for question in member.judge.questions] if self.how == "weighted" else []
        return [f"{member.name} on {key}" for key in keys if key not in member.skill]
