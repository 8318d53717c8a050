"""Severity-weighted scores of counted errors, as in Multidimensional Quality Metrics (MQM)."""

from collections.abc import Mapping
from dataclasses import dataclass

from auditing.stats.arrays import LARGEST
from auditing.stats.results import Result

MQM_WEIGHTS = {"neutral": 0.0, "minor": 1.0, "major": 5.0, "critical": 25.0}


@dataclass(frozen=True)
class SeverityScore(Result):
    """penalty: weighted errors in all; per_word: penalty / words looked at; normed: the same per `reference` words;
    score: (1 - per_word) * the best score, below 0 where errors outweigh words.
    """

    penalty: float
    per_word: float
    normed: float
    score: float


def severity_score(
    counts: Mapping[str, float],
    words: float,
    weights: Mapping[str, float] = MQM_WEIGHTS,
    *,
    reference: float = 1000.0,
    best: float = 100.0,
) -> SeverityScore:
    """MQM's raw quality score from errors counted by severity.

    counts: errors per severity; words: the evaluation word count (or units of another length). Absolute
    penalty total = sum of count * weight; per-word penalty = that / words; overall score = (1 - per-word
    penalty) * best (themqm.org, raw scoring model). A critical fail is a rule of its own, never only a weight.
    Raises ValueError for a severity without a weight, negative counts, or no words.

    >>> severity_score({"minor": 6, "major": 2}, words=1000).score
    98.4
    """
    if unknown := [name for name in counts if name not in weights]:
        raise ValueError(f"no weight for severity {unknown[0]!r}: use one of {', '.join(weights)}")
    if not (0 < words <= LARGEST and 0 < reference <= LARGEST):
        raise ValueError(f"words and reference are positive numbers, not {words} and {reference}")
    if not all(0 <= count <= LARGEST for count in counts.values()):
        raise ValueError("every count is a number, and none is negative")
    penalty = float(sum(count * weights[name] for name, count in counts.items()))
    per_word = penalty / words
    return SeverityScore(penalty, per_word, per_word * reference, (1 - per_word) * best)
