"""A decision model: all questions in one call, each typed, each answered with probabilities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from judges import prompting
from judges.asking import CallFailed, ask
from judges.contracts import (
    PROMPT_VERSION,
    Judgement,
    Message,
    Provider,
    Question,
    Request,
    Subject,
    digest_of,
)
from judges.deciding import read_decisions, typed_questions
from judges.parsing import unscored

_REMINDER = "The item ends here. Answer the questions about it as you were told."


@dataclass(frozen=True, slots=True)
class DecisionSpec:
    """Everything that decides what a decision model answers; it has no temperature, seed or form of reply."""

    model: str
    questions: Sequence[Question]
    endpoint: str = ""
    task: str = ""
    instructions: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        return {
            "architecture": "decision",
            "model": self.model,
            "endpoint": self.endpoint,
            "questions": [question.to_dict() for question in self.questions],
            "task": self.task,
            "instructions": self.instructions,
            "parameters": dict(self.parameters),
        }


class Decision:
    """One call an item. Raises ValueError for questions that a decision model cannot be asked."""

    def __init__(self, spec: DecisionSpec) -> None:
        self.spec = spec
        self._setting = prompting.setting_text(spec.task, spec.instructions)
        self._parameters = {"questions": typed_questions(spec.questions), **spec.parameters}

    @property
    def questions(self) -> tuple[Question, ...]:
        """All of the judge's questions, asked together."""
        return tuple(self.spec.questions)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of all that can change an answer."""
        return digest_of(self.spec.to_dict() | {"prompt_version": PROMPT_VERSION})

    def opening(self, subject: Subject) -> list[Request]:
        """The one call, as it will be sent."""
        chat = prompting.messages(self._setting, subject, closing=_REMINDER)
        messages = [_as_input(message) for message in chat]
        return [
            Request(self.spec.model, messages, self._parameters, self.spec.endpoint, resource="decisions")
        ]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge one item. A failed call becomes an outcome of every question, never an exception."""
        (request,) = self.opening(subject)
        try:
            completion, record = await ask(request, provider)
        except CallFailed as failure:
            answers = unscored(self.questions, failure.outcome, failure.reason)
            return Judgement(subject.item_id, answers, (failure.record,))
        return Judgement(subject.item_id, read_decisions(completion.text, self.questions), (record,))


def _as_input(message: Message) -> Message:
    """A chat message as the decisions resource has it."""
    if isinstance(message["content"], str):
        return message
    return message | {"content": [_as_input_part(part) for part in message["content"]]}


def _as_input_part(part: Mapping[str, Any]) -> dict[str, str]:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    return {"type": "input_image", "image_url": part["image_url"]["url"]}
