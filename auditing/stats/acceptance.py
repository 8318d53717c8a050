"""Accept, reject or continue: decisions from an interval, and the acceptance plans of MIL-STD-105E / Z1.4.

The tables behind the plans are generated in `z14`; the switching rules between lots stand in `switching`, and are
offered here as well.
"""

from dataclasses import dataclass
from typing import Literal

from auditing.stats.results import Result
from auditing.stats.stages import Stage
from auditing.stats.switching import State, switch, switching_path
from auditing.stats.z14 import (
    Level,
    Severity,
    code_letter,
    double_for_code,
    multiple_for_code,
    plan_for_code,
)

__all__ = [
    "Level",
    "Severity",
    "SinglePlan",
    "StagedPlan",
    "State",
    "code_letter",
    "decide",
    "double_plan",
    "multiple_plan",
    "plan_for_code",
    "single_plan",
    "switch",
    "switching_path",
]

Verdict = Literal["accept", "reject", "continue"]


@dataclass(frozen=True)
class SinglePlan(Result):
    """Inspect n units; accept the lot with at most `accept` defective, reject it from `reject` on.

    code: the letter of the lot. Where the table's sample is as large as the lot, n is the lot and
    `full_inspection` says so. Under reduced inspection a number between `accept` and `reject` accepts the
    lot and ends reduced inspection.
    """

    code: str
    n: int
    accept: int
    reject: int
    full_inspection: bool


@dataclass(frozen=True)
class StagedPlan(Result):
    """Up to two or seven samples, one after the other; `kind` is single where the table has no other plan.

    n: units inspected if every stage is needed; where that is the whole lot or more, `full_inspection` is true.
    """

    code: str
    kind: Literal["single", "double", "multiple"]
    stages: tuple[Stage, ...]
    n: int
    full_inspection: bool


def decide(estimate_low: float, estimate_high: float, at_least: float) -> Verdict:
    """accept if the whole interval reaches `at_least`, reject if none of it does, else continue.

    Valid for one look at a planned sample, or at any time with the ends of a confidence sequence. Raises
    ValueError for an interval whose ends are not numbers in order.
    """
    if not estimate_low <= estimate_high:
        raise ValueError(f"not an interval: {estimate_low} to {estimate_high}")
    if estimate_low >= at_least:
        return "accept"
    return "reject" if estimate_high < at_least else "continue"


def single_plan(
    lot_size: int, aql: float | str, level: Level = "II", severity: Severity = "normal"
) -> SinglePlan:
    """Single-sampling plan of MIL-STD-105E / Z1.4 for a lot; aql is one of the standard's twenty-six, percent
    defective up to 10, defects per hundred units up to 1000.

    >>> single_plan(150, 1.5)
    SinglePlan(code='F', n=32, accept=1, reject=2, full_inspection=False)
    """
    code = code_letter(lot_size, level)
    n, accept, reject = plan_for_code(code, aql, severity)
    return SinglePlan(code, min(n, lot_size), accept, reject, n >= lot_size)


def double_plan(
    lot_size: int, aql: float | str, level: Level = "II", severity: Severity = "normal"
) -> StagedPlan:
    """Double-sampling plan of MIL-STD-105E / Z1.4 for a lot: a second sample only where the first does not decide.

    Where the table has none (accept number 0, the smallest samples) the single plan is returned as one stage.

    >>> [(stage.n, stage.accept, stage.reject) for stage in double_plan(5000, 1.5).stages]
    [(125, 3, 7), (125, 8, 9)]
    """
    code = code_letter(lot_size, level)
    found = double_for_code(code, aql, severity)
    return _staged(lot_size, code, "double", found) if found else _in_one(lot_size, code, aql, severity)


def multiple_plan(
    lot_size: int, aql: float | str, level: Level = "II", severity: Literal["normal", "tightened"] = "normal"
) -> StagedPlan:
    """Multiple-sampling plan of MIL-STD-105E / Z1.4 for a lot, up to seven samples.

    Where the table has none, the double plan, or the single plan as one stage. Raises ValueError for reduced
    inspection.

    >>> multiple_plan(5000, 1.5).stages[0]
    Stage(n=50, accept=0, reject=4)
    """
    code = code_letter(lot_size, level)
    found = multiple_for_code(code, aql, severity)
    if found:
        return _staged(lot_size, code, "multiple", found)
    return double_plan(lot_size, aql, level, severity)


def _staged(
    lot_size: int, code: str, kind: Literal["single", "double", "multiple"], stages: tuple[Stage, ...]
) -> StagedPlan:
    n = sum(stage.n for stage in stages)
    return StagedPlan(code, kind, stages, min(n, lot_size), n >= lot_size)


def _in_one(lot_size: int, code: str, aql: float | str, severity: Severity) -> StagedPlan:
    n, accept, reject = plan_for_code(code, aql, severity)
    return _staged(lot_size, code, "single", (Stage(n, accept, reject),))
