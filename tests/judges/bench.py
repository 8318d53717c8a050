"""What the judge tests share: a rubric, items, and a way to judge them over real HTTP."""

import asyncio
from collections.abc import Iterable
from typing import Any, Protocol

from judges.architectures.single import Single
from judges.contracts import Architecture, Judgement, JudgeSpec, Question, Subject
from judges.fencing import fence
from judges.limits import LocalLimits
from judges.prompting import messages as chat_messages
from judges.prompting import rubric_text
from judges.providers.openai_compatible import OpenAICompatible
from judges.retrying import RetryPolicy
from judges.runner import run
from judges.scales import (
    BinaryScale,
    Level,
    NominalScale,
    NumericScale,
    Option,
    OrdinalScale,
    PreferenceScale,
    TaxonomyScale,
)

CORRECT = Question("correct", "Is every claim true?", BinaryScale())
HELPFUL = Question(
    "helpful",
    "How well does it do what was asked?",
    OrdinalScale([Level(1, "Useless"), Level(2.5, "Partial"), Level(4, "Complete")]),
    cannot_assess=True,
)
QUESTIONS = [
    CORRECT,
    HELPFUL,
    Question("tone", "Which tone has it?", NominalScale([Option("warm"), Option("cold")])),
    Question("length", "How many words would do?", NumericScale(0, 100, "words")),
    Question("errors", "Which errors?", TaxonomyScale(["accuracy/addition"], {"minor": 1, "major": 5})),
    Question("preferred", "Which is better?", PreferenceScale()),
]
FAST = RetryPolicy(attempts=6, first=0.01, longest=0.05)
ONCE = RetryPolicy(attempts=1)


def spec(**changes: Any) -> JudgeSpec:
    return JudgeSpec(**{"model": "simulated", "questions": [CORRECT, HELPFUL], "task": "Answers."} | changes)


def subjects(count: int) -> list[Subject]:
    return [Subject(f"item-{n}", {"input": f"question {n}", "output": f"answer {n}"}) for n in range(count)]


def user_message(subject: Subject) -> str:
    content = chat_messages(rubric_text(spec()), subject)[1]["content"]
    assert isinstance(content, str)
    assert fence(subject.payload) in content
    return content


class HasAddress(Protocol):
    """A simulator, or any other local endpoint."""

    @property
    def base_url(self) -> str: ...


def endpoint(simulator: HasAddress, **options: Any) -> OpenAICompatible:
    defaults = {"api_key": "secret", "retry": FAST, "timeout": 5.0, "limits": LocalLimits(64)}
    return OpenAICompatible(simulator.base_url, **defaults | options)


def judge_one(
    simulator: HasAddress, judge: JudgeSpec | None = None, subject: Subject | None = None, **options: Any
) -> Judgement:
    """One item through `Single`, over HTTP."""

    async def judged() -> Judgement:
        async with endpoint(simulator, **options) as provider:
            return await Single(judge or spec()).judge(subject or subjects(1)[0], provider)

    return asyncio.run(judged())


def put(
    simulator: HasAddress, judge: Architecture, subject: Subject | None = None, **options: Any
) -> Judgement:
    """One item through any architecture, over HTTP."""

    async def judged() -> Judgement:
        async with endpoint(simulator, **options) as provider:
            return await judge.judge(subject or subjects(1)[0], provider)

    return asyncio.run(judged())


def put_all(
    simulator: HasAddress, judge: Architecture, items: Iterable[Subject], **options: Any
) -> list[Judgement]:
    """Many items through any architecture and the runner, over HTTP."""
    judgements: list[Judgement] = []

    async def judged() -> None:
        async with endpoint(simulator, **options) as provider:
            await run(judge, items, provider, concurrency=32, on_judgement=judgements.append)

    asyncio.run(judged())
    return judgements


def judge_all(
    simulator: HasAddress,
    items: Iterable[Subject],
    judge: JudgeSpec | None = None,
    concurrency: int = 64,
    **options: Any,
) -> list[Judgement]:
    """Many items through the runner, over HTTP."""
    judgements: list[Judgement] = []

    async def judged() -> None:
        async with endpoint(simulator, **options) as provider:
            await run(
                Single(judge or spec()),
                items,
                provider,
                concurrency=concurrency,
                on_judgement=judgements.append,
            )

    asyncio.run(judged())
    return judgements
