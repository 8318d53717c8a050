"""When a plan that may stop early does stop."""

import math
from functools import lru_cache

import numpy as np

from auditing.estimation.planner.questions import Question
from auditing.stats.sequential import betting_sequence, sequential_plan

MOST_LABELS = 400  # looked ahead
Curve = tuple[tuple[float, float], ...]


def labels_until_clear(rate: float, question: Question) -> int | None:
    """Labels until the anytime-valid interval clears 1 - tolerable, if failures came evenly at this rate; None
    where that takes more than 400, or the whole batch.
    """
    return _until_clear(min(rate, 1.0), question.tolerable, question.confidence, question.population)


@lru_cache(maxsize=256)
def _until_clear(rate: float, tolerable: float, confidence: float, population: int | None) -> int | None:
    most = min(MOST_LABELS, population or MOST_LABELS)
    failed = np.diff(np.floor(np.arange(most + 1) * rate + 0.5))
    bar, two_sided = 1 - tolerable, max(0.02, 2 * confidence - 1)
    sequence = betting_sequence(1 - failed, two_sided, population=population)
    clear = np.flatnonzero((sequence.low >= bar) | (sequence.high < bar))
    return int(clear[0]) + 1 if len(clear) else None


def average_labels(question: Question) -> tuple[float, float]:
    """Average number of labels of Wald's test at the acceptable and at the tolerable rate (1947, section 3.5)."""
    p1, p2 = max(question.acceptable, 1e-4), question.tolerable
    good, bad = math.log(question.beta / (1 - question.alpha)), math.log((1 - question.beta) / question.alpha)

    def average(rate: float, accepted: float) -> float:
        step = rate * math.log(p2 / p1) + (1 - rate) * math.log((1 - p2) / (1 - p1))
        return (accepted * good + (1 - accepted) * bad) / step

    return average(p1, 1 - question.alpha), average(p2, question.beta)


def wald_curve(question: Question) -> Curve:
    """Operating characteristic of Wald's test, by his parametric form: (rate, probability of acceptance)."""
    p1, p2 = max(question.acceptable, 1e-4), question.tolerable
    plan = sequential_plan(p1, p2, question.alpha, question.beta)
    points = [(0.0, 1.0)]
    low, high = question.beta / (1 - question.alpha), (1 - question.beta) / question.alpha
    for power in np.linspace(4, -4, 40):
        up, down = (p2 / p1) ** power, ((1 - p2) / (1 - p1)) ** power
        points.append(
            (float((1 - down) / (up - down)), float((high**power - 1) / (high**power - low**power)))
        )
    assert plan.slope > 0
    return tuple(points)
