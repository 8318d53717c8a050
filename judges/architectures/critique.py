"""Critique and revise: a first answer, what is wrong with it, and the answer that takes this into account."""

from dataclasses import replace

from judges import prompting
from judges.architectures.asker import Answers, Asker, parameters_of
from judges.arguing import CRITIQUE_FORM, CRITIQUE_SCHEMA, for_critique, for_revision
from judges.asking import CallFailed, ask
from judges.contracts import (
    CallRecord,
    Completion,
    Judgement,
    JudgeSpec,
    Outcome,
    Provider,
    Question,
    Request,
    Subject,
    digest_of,
)
from judges.parsing import last_object, unscored
from judges.scales import shown

FIRST = "first answer"


class CritiqueAndRevise:
    """A judge answers, a critic examines, the judge answers again, `rounds` times.

    Without a first answer there is nothing to examine, and the judgement ends so. Without a usable critique every
    question ends as the critique did: a first answer that nobody examined is another judge's.
    """

    def __init__(self, judge: JudgeSpec, critic: JudgeSpec, rounds: int = 1) -> None:
        if rounds < 1:
            raise ValueError(f"critique and revise takes at least 1 round, not {rounds}")
        self._judge, self._critic, self._rounds = judge, critic, rounds
        self._asker = Asker(judge)
        self._rubric = prompting.rubric_text(critic, CRITIQUE_FORM)

    @property
    def questions(self) -> tuple[Question, ...]:
        return self._asker.questions

    def fingerprint(self) -> str:
        parts = [self._judge.fingerprint(), self._critic.fingerprint()]
        return digest_of(["critique_and_revise", self._rounds, parts])

    def opening(self, subject: Subject) -> list[Request]:
        return [self._asker.request(subject, role=FIRST)]

    def following(self, subject: Subject) -> list[Request]:
        """Every critique and revision."""
        return [
            request
            for number in range(1, self._rounds + 1)
            for request in (
                self._critique_request(subject, (), number),
                self._revision_request(subject, (), "", number),
            )
        ]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        answers, calls = await self._asker.answer(self.opening(subject)[0], provider)
        first = answers
        for number in range(1, self._rounds + 1):
            if not _is_usable(answers):
                break
            critique, call = await self._criticised(subject, answers, number, provider)
            calls.append(call)
            if isinstance(critique, str):
                request = self._revision_request(subject, answers, critique, number)
                answers, further = await self._asker.answer(request, provider)
                calls += further
            else:
                answers = critique
        return Judgement(subject.item_id, _with_first(answers, first), tuple(calls))

    async def _criticised(
        self, subject: Subject, answers: Answers, number: int, provider: Provider
    ) -> tuple[str | Answers, CallRecord]:
        """The critique, or what every question ends as without one."""
        try:
            completion, record = await ask(self._critique_request(subject, answers, number), provider)
        except CallFailed as failure:
            return unscored(self.questions, failure.outcome, f"critic: {failure.reason}"), failure.record
        return _critique_of(completion) or self._no_critique(completion), record

    def _critique_request(self, subject: Subject, answers: Answers, number: int) -> Request:
        item = Subject(subject.item_id, prompting.visible(self._critic, subject.payload))
        chat = prompting.messages(self._rubric, item, closing=for_critique(answers))
        parameters = parameters_of(self._critic, CRITIQUE_SCHEMA)
        return Request(self._critic.model, chat, parameters, self._critic.endpoint, role=f"critique {number}")

    def _revision_request(self, subject: Subject, answers: Answers, critique: str, number: int) -> Request:
        closing = for_revision(answers, critique)
        return self._asker.request(subject, role=f"revision {number}", closing=closing)

    def _no_critique(self, completion: Completion) -> Answers:
        if completion.refusal:
            return unscored(self.questions, Outcome.REFUSED, f"critic: {completion.refusal}")
        if completion.finish_reason == "length":
            reason = "critic: the reply reached the limit of output tokens"
            return unscored(self.questions, Outcome.TRUNCATED, reason)
        reason = f"critic: no critique in {shown(completion.text)}"
        return unscored(self.questions, Outcome.PARSE_FAILED, reason)


def _critique_of(completion: Completion) -> str:
    """The critique that a reply holds; empty where it holds none."""
    if completion.refusal or completion.finish_reason == "length":
        return ""
    critique = (last_object(completion.text) or {}).get("critique")
    return critique.strip() if isinstance(critique, str) else ""


def _is_usable(answers: Answers) -> bool:
    """Did the endpoint answer, and the judge say something that can be examined?"""
    return any(answer.outcome.settled for answer in answers) and not any(
        answer.outcome.retryable for answer in answers
    )


def _with_first(answers: Answers, first: Answers) -> Answers:
    """The answers, each with what was said first."""
    return tuple(
        replace(answer, details={"first": {"outcome": before.outcome.value, "value": before.value}})
        for answer, before in zip(answers, first, strict=True)
    )
