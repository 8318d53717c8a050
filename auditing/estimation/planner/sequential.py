"""What a plan that may stop early comes to: the rule itself, tried on simulated batches."""

from functools import lru_cache

import numpy as np

from auditing.estimation.planner.questions import Question
from auditing.sops.acceptance import WAVE
from auditing.stats.watching import Watching, watching

MOST_LABELS = 400  # looked ahead
POINTS = 26
RUNS, RUNS_OF_CURVE = 400, 150
Curve = tuple[tuple[float, float], ...]


def most_labels(question: Question) -> int:
    """How many labels are looked ahead: no more than the batch has."""
    return min(MOST_LABELS, question.population or MOST_LABELS)


def watched(rate: float, question: Question, runs: int = RUNS) -> Watching:
    """What the plan does to batches of which this share fails."""
    return _watched(
        min(rate, 1.0),
        question.tolerable,
        question.confidence,
        most_labels(question),
        question.population,
        runs,
    )


@lru_cache(maxsize=512)
def _watched(
    rate: float, tolerable: float, confidence: float, most: int, population: int | None, runs: int
) -> Watching:
    two_sided = max(0.02, 2 * confidence - 1)  # each end is then a one-sided bound, as the rule reads them
    return watching(rate, 1 - tolerable, two_sided, most, wave=WAVE, population=population, runs=runs)


def sequential_curves(question: Question) -> tuple[Curve, Curve]:
    """(rate, share accepted) and (rate, share rejected) within the labels that are looked ahead."""
    rates = np.linspace(0, min(1.0, 2.5 * question.tolerable), POINTS).tolist()
    found = [(rate, watched(rate, question, RUNS_OF_CURVE)) for rate in rates]
    return (
        tuple((rate, one.accepted) for rate, one in found),
        tuple((rate, one.rejected) for rate, one in found),
    )
