"""Several opinions of one question made into one answer, and nothing dropped on the way.

An opinion counts when it is scored. Fewer than `needs` that count make no answer: the worst that can be mended
(the endpoint failed, no money) is what the whole becomes; else, where every one abstained, an abstention; else
the first failure. A tie is an abstention that says so.

majority   the value most have
all_agree  the value, if all that count have it
weighted   the value that is most probable when each errs as often as `skill` says, independently, all values
           being as likely beforehand; on scales with numbers the mean with those weights (log-odds over chance)
mean       on scales with numbers; on ordinal ones the nearest level, the lower of two as near
median     the same of the middle
minimum    the lowest number; `no` before `yes`

On a scale without order mean, median and minimum are the majority.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median
from typing import Any, Literal

from judges.contracts import Answer, Outcome, Question
from judges.scales import BinaryScale, NumericScale, OrdinalScale, TaxonomyScale, number_text

Combine = Literal["majority", "all_agree", "weighted", "mean", "median", "minimum"]
_SURE = 0.99  # a measured skill of 0 or 1 is one of few items; no vote may outweigh all others


@dataclass(frozen=True, slots=True)
class Vote:
    """One opinion under a name. `skill` is the measured share of right answers, from 0 to 1."""

    name: str
    answer: Answer
    skill: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """The vote as the details of the whole show it."""
        answer = self.answer
        fields = {
            "name": self.name,
            "outcome": answer.outcome.value,
            "value": answer.value,
            "probability": answer.probability,
            "reason": answer.reason,
            "skill": self.skill,
        }
        return {key: value for key, value in fields.items() if value not in (None, "")}


def combine(question: Question, votes: Sequence[Vote], how: Combine, needs: int) -> Answer:
    """The answer that the votes make together."""
    counted = [vote for vote in votes if vote.answer.outcome is Outcome.SCORED]
    answer = _RULES[how](question, counted) if len(counted) >= needs else _too_few(question, votes, needs)
    details = {"combined_by": how, "needs": needs, "votes": [vote.to_dict() for vote in votes]}
    return replace(answer, details={**details, **answer.details})


def _too_few(question: Question, votes: Sequence[Vote], needs: int) -> Answer:
    failed = [vote for vote in votes if vote.answer.outcome is not Outcome.SCORED]
    said = "; ".join(f"{vote.name}: {vote.answer.outcome} ({vote.answer.reason})" for vote in failed)
    reason = f"{len(votes) - len(failed)} of {len(votes)} scored it and {needs} are needed: {said}"
    return Answer(question.key, _worst([vote.answer.outcome for vote in failed]), reason=reason)


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    retryable = [outcome for outcome in outcomes if outcome.retryable]
    failures = [outcome for outcome in outcomes if not outcome.settled]
    return next(iter([*retryable, *failures, *outcomes]))


def _majority(question: Question, votes: Sequence[Vote]) -> Answer:
    counts = Counter(_meaning(question, vote) for vote in votes)
    shares = {meaning: count / len(votes) for meaning, count in counts.items()}
    (first, most), *others = counts.most_common()
    if others and others[0][1] == most:
        return _tie(question, votes, shares)
    return _chosen(question, votes, first, shares)


def _all_agree(question: Question, votes: Sequence[Vote]) -> Answer:
    if len({_meaning(question, vote) for vote in votes}) == 1:
        return _majority(question, votes)
    said = ", ".join(f"{vote.name} {vote.answer.value}" for vote in votes)
    return Answer(question.key, Outcome.ABSTAINED, reason=f"they do not all agree: {said}")


def _weighted(question: Question, votes: Sequence[Vote]) -> Answer:
    weights = [_weight(question, vote) for vote in votes]
    if has_numbers(question):
        positive = [max(weight, 0.0) for weight in weights]
        return _mean(question, votes, positive if any(positive) else [1.0] * len(votes))
    scores: dict[str, float] = {}
    for vote, weight in zip(votes, weights, strict=True):
        meaning = _meaning(question, vote)
        scores[meaning] = scores.get(meaning, 0.0) + weight
    shares = _posterior(scores, _choices(question))
    first, *others = sorted(shares, key=lambda meaning: -shares[meaning])
    if others and math.isclose(shares[others[0]], shares[first]):
        return _tie(question, votes, shares)
    return _chosen(question, votes, first, shares)


def _mean(question: Question, votes: Sequence[Vote], weights: Sequence[float] | None = None) -> Answer:
    if not has_numbers(question):
        return _majority(question, votes)
    return _from_number(question, votes, fmean(_numbers(votes), weights), "mean")


def _median(question: Question, votes: Sequence[Vote]) -> Answer:
    if not has_numbers(question):
        return _majority(question, votes)
    return _from_number(question, votes, median(_numbers(votes)), "median")


def _minimum(question: Question, votes: Sequence[Vote]) -> Answer:
    if has_numbers(question):
        return _from_number(question, votes, min(_numbers(votes)), "minimum")
    if isinstance(question.scale, BinaryScale):
        lowest = min(vote.answer.value or "" for vote in votes)  # `no` comes before `yes`
        return Answer(question.key, Outcome.SCORED, lowest, rationale=_reasons(question, votes, lowest))
    return _majority(question, votes)


_RULES = {
    "majority": _majority,
    "all_agree": _all_agree,
    "weighted": _weighted,
    "mean": _mean,
    "median": _median,
    "minimum": _minimum,
}


def has_numbers(question: Question) -> bool:
    return isinstance(question.scale, OrdinalScale | NumericScale)


def _numbers(votes: Sequence[Vote]) -> list[float]:
    return [float(vote.answer.value or "nan") for vote in votes]


def _from_number(question: Question, votes: Sequence[Vote], number: float, name: str) -> Answer:
    value = _on_scale(question, number)
    details = {name: round(number, 6)}
    return Answer(
        question.key,
        Outcome.SCORED,
        value,
        rationale=_reasons(question, votes, value),
        details=details,
    )


def _on_scale(question: Question, number: float) -> str:
    if isinstance(question.scale, OrdinalScale):
        levels = sorted(level.value for level in question.scale.levels)
        number = min(levels, key=lambda level: (round(abs(level - number), 9), level))
    return number_text(round(number, 6))


def _weight(question: Question, vote: Vote) -> float:
    if vote.skill is None:
        raise ValueError(f"the skill of {vote.name!r} on {question.key!r} is not known")
    skill = min(max(vote.skill, 1 - _SURE), _SURE)
    return math.log((_choices(question) - 1) * skill / (1 - skill))


def _choices(question: Question) -> int:
    """How many answers the scale has; 2 where they cannot be counted."""
    return max(2, len(question.scale.json_schema().get("enum", ())))


def _posterior(scores: Mapping[str, float], choices: int) -> dict[str, float]:
    """Of the values somebody has; the rest of the probability is spread over those nobody has."""
    highest = max(0.0, *scores.values())
    odds = {meaning: math.exp(score - highest) for meaning, score in scores.items()}
    total = sum(odds.values()) + max(0, choices - len(odds)) * math.exp(-highest)
    return {meaning: value / total for meaning, value in odds.items()}


def _chosen(question: Question, votes: Sequence[Vote], meaning: str, shares: Mapping[str, float]) -> Answer:
    values = {_meaning(question, vote): vote.answer.value or "" for vote in reversed(votes)}
    value = values[meaning]
    return Answer(
        question.key,
        Outcome.SCORED,
        value,
        probability=shares[meaning],
        rationale=_reasons(question, votes, value),
        probabilities={values[one]: share for one, share in shares.items()},
    )


def _tie(question: Question, votes: Sequence[Vote], shares: Mapping[str, float]) -> Answer:
    values = {_meaning(question, vote): vote.answer.value or "" for vote in votes}
    said = ", ".join(f"{values[meaning]} {share:.0%}" for meaning, share in sorted(shares.items()))
    probabilities = {values[meaning]: share for meaning, share in shares.items()}
    return Answer(question.key, Outcome.ABSTAINED, reason=f"they tie: {said}", probabilities=probabilities)


def _reasons(question: Question, votes: Sequence[Vote], value: str) -> str:
    """What those say who have this value."""
    meaning = _sense(question, value)
    with_it = [vote for vote in votes if _meaning(question, vote) == meaning and vote.answer.rationale]
    return "\n".join(f"{vote.name}: {vote.answer.rationale}" for vote in with_it)


def _meaning(question: Question, vote: Vote) -> str:
    return _sense(question, vote.answer.value or "")


def _sense(question: Question, value: str) -> str:
    """What two values must share to be the same: of marked errors not their order nor their notes."""
    if not isinstance(question.scale, TaxonomyScale):
        return value
    return json.dumps(sorted((error["category"], error["severity"]) for error in json.loads(value)))
