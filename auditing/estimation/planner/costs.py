"""Labels, minutes and money for each stratum."""

from dataclasses import dataclass

import numpy as np

from auditing.estimation.planner.knowledge import USUAL_MINUTES, Known
from auditing.estimation.planner.questions import Question
from auditing.stats.allocation import Allocation, allocate


@dataclass(frozen=True)
class Cost:
    """One stratum: items in it (None where the batch has no end), labels, minutes and money for them."""

    name: str
    size: int | None
    labels: int
    minutes: float
    money: float | None

    @property
    def hours(self) -> float:
        return self.minutes / 60


def costs_of(question: Question, known: Known, n: int) -> tuple[Cost, ...]:
    """One row for each stratum, or one for all."""
    minutes = question.minutes or known.minutes or USUAL_MINUTES
    if question.method != "stratified" or question.decides or len(known.strata) < 2 or n < len(known.strata):
        return (_cost("All items", question.population, n, minutes, question.hourly),)
    sizes = list(known.strata.values())
    shares = allocate(sizes, n, *_allocation(question, known))
    return tuple(
        _cost(name, size, int(labels), minutes, question.hourly)
        for (name, size), labels in zip(known.strata.items(), shares, strict=True)
    )


def _allocation(question: Question, known: Known) -> tuple[Allocation, int, "np.ndarray | None"]:
    """Neyman's where earlier audits say how labels spread, else in proportion."""
    if question.allocation == "neyman" and known.spreads:
        widest = max(known.spreads.values())
        return "neyman", 2, np.array([known.spreads.get(name, widest) for name in known.strata])
    return ("equal" if question.allocation == "equal" else "proportional"), 2, None


def _cost(name: str, size: int | None, labels: int, minutes: float, hourly: float | None) -> Cost:
    spent = labels * minutes
    return Cost(name, size, labels, spent, None if hourly is None else spent / 60 * hourly)
