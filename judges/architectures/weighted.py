"""Scores weighted by probability: what the model was about to say counts, not only what it said.

The reply is not constrained: under constrained decoding endpoints give the log-probabilities of the unconstrained
model, which are no confidence in what was let through.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from judges.architectures.asker import Answers, Asker
from judges.combining import has_numbers
from judges.contracts import (
    Answer,
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
from judges.logprobs import Weights, joined, weigh
from judges.parsing import read_completion
from judges.prompting import json_value
from judges.scales import CANNOT_ASSESS
from judges.spans import Span, value_spans

MOST_ALTERNATIVES = 20


class Weighted:
    """Asks once and answers with the most probable value of each scale that can be listed.

    Where no log-probabilities came, or the scale is numeric or a taxonomy, the reply's own value stands without a
    probability, and the reason says so.
    """

    def __init__(self, spec: JudgeSpec, alternatives: int = MOST_ALTERNATIVES) -> None:
        asked = {**spec.parameters, "logprobs": True, "top_logprobs": alternatives}
        self._spec = replace(spec, structured="none", parameters=asked)
        self._asker = Asker(self._spec, read_weighted)

    @property
    def questions(self) -> tuple[Question, ...]:
        return self._asker.questions

    def fingerprint(self) -> str:
        return digest_of(["weighted", self._spec.fingerprint()])

    def opening(self, subject: Subject) -> list[Request]:
        return [self._asker.request(subject)]

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        answers, calls = await self._asker.answer(self._asker.request(subject), provider)
        return Judgement(subject.item_id, answers, tuple(calls))


def read_weighted(completion: Completion, questions: Sequence[Question]) -> Answers:
    """What a reply says, with the probabilities of its tokens."""
    spans = value_spans(joined(completion.tokens))
    answers = zip(questions, read_completion(completion, questions), strict=True)
    return tuple(_weighed(question, answer, completion, spans) for question, answer in answers)


def _weighed(question: Question, answer: Answer, completion: Completion, spans: Mapping[str, Span]) -> Answer:
    if not answer.outcome.settled:
        return answer
    if not completion.tokens:
        return _plain(answer, "the endpoint gave no log-probabilities")
    written = _written(question)
    if not written:
        return _plain(answer, "the values of this scale cannot be listed")
    span = spans.get(question.key)
    weights = weigh(completion.tokens, span, written) if span else None
    if weights is None:
        return _plain(answer, "the value could not be read from the tokens")
    return _most_probable(question, answer, weights)


def _plain(answer: Answer, why: str) -> Answer:
    """The reply's own value, and why it has no probability."""
    reason = f"{answer.reason}; " if answer.reason else ""
    return replace(answer, reason=f"{reason}no probability: {why}")


def _written(question: Question) -> dict[str, str]:
    """Each value as the reply writes it; empty for a scale whose values cannot be listed."""
    schema = question.scale.json_schema()
    values = [question.scale.parse(value) for value in schema.get("enum", ())]
    values += [CANNOT_ASSESS] if values and question.cannot_assess else []
    return {value: json.dumps(json_value(question, value), ensure_ascii=False) for value in values}


def _most_probable(question: Question, answer: Answer, weights: Weights) -> Answer:
    shares = weights.probabilities
    value = max(shares, key=lambda one: shares[one])
    details = {"said": answer.value or CANNOT_ASSESS, "covered": round(weights.covered, 6)}
    levels = {one: share for one, share in shares.items() if one != CANNOT_ASSESS}
    if has_numbers(question) and any(levels.values()):
        details["expected"] = round(_expected(levels), 6)
    if value == CANNOT_ASSESS:
        reason = answer.reason or "most probably the judge cannot tell"
        return replace(
            answer,
            outcome=Outcome.ABSTAINED,
            value=None,
            reason=reason,
            probabilities=shares,
            details=details,
        )
    return replace(
        answer,
        outcome=Outcome.SCORED,
        value=value,
        reason="",
        probability=shares[value],
        probabilities=shares,
        details=details,
    )


def _expected(levels: Mapping[str, float]) -> float:
    """The mean level."""
    return sum(float(level) * share for level, share in levels.items()) / sum(levels.values())
