"""A judge learnt from rulings: a calibrated probability of each value, at no cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from judges.contracts import Answer, Judgement, Outcome, Provider, Question, Request, Subject, digest_of
from judges.errors import OffScale
from judges.learning.model import LearnedModel, content_key

FEATURES_VERSION = "1"
"""Raise it when a feature is computed in another way."""


@dataclass(frozen=True)
class Learned:
    """One question's model, and what it said of its training items when it had not seen them (by content key)."""

    question: Question
    model: LearnedModel
    out_of_fold: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for value in self.model.classes:
            try:
                if self.question.scale.parse(value) != value:
                    raise ValueError(f"{self.question.key}: {value} is not how the scale writes it")
            except OffScale as error:
                raise ValueError(f"{self.question.key}: {error}") from error

    def answer(self, subject: Subject, opinions: Mapping[str, float]) -> Answer:
        unseen = self.out_of_fold.get(content_key(subject.payload))
        known = unseen or self.model.probabilities(subject, opinions)
        value = max(known, key=lambda one: known[one])
        reasons = self.model.reasons(subject, opinions, value)
        return Answer(
            self.question.key,
            Outcome.SCORED,
            value,
            probability=known[value],
            rationale="; ".join(reasons),
            probabilities={one: round(known[one], 6) for one in known},
            details={"trained_on_it": "out of fold" if unseen else "no"},
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question.to_dict(),
            "model": self.model.to_dict(),
            "out_of_fold": {key: dict(row) for key, row in self.out_of_fold.items()},
        }


class LearnedJudge:
    """Answers the questions it has learnt; asks no endpoint."""

    def __init__(self, learned: Sequence[Learned]) -> None:
        if not learned:
            raise ValueError("a learned judge needs a model for at least one criterion")
        self.learned = tuple(learned)
        self._opinions: Mapping[str, Mapping[str, float]] = {}

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that were learnt."""
        return tuple(one.question for one in self.learned)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the models and their predictions out of fold."""
        return digest_of({"learned": FEATURES_VERSION, "models": [one.to_dict() for one in self.learned]})

    def opening(self, subject: Subject) -> list[Request]:
        """Nothing is asked of anybody."""
        return []

    def inform(self, opinions: Mapping[str, Mapping[str, float]]) -> None:
        """What other judges said: item id -> feature name -> number."""
        self._opinions = opinions

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge one item; the provider is not used."""
        opinions = self._opinions.get(subject.item_id, {})
        answers = tuple(one.answer(subject, opinions) for one in self.learned)
        return Judgement(subject.item_id, answers, ())
