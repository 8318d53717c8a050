"""Plans in stages: look at a first sample, and at a further one only if it did not decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditing.stats.arrays import LARGEST, FloatArray
from auditing.stats.results import Result
from auditing.stats.searching import least_integer

StageLikelihood = Literal["binomial", "poisson"]


@dataclass(frozen=True)
class Stage(Result):
    """Inspect n more; with `accept` errors or fewer so far accept, from `reject` on reject, between them go on.

    Numbers count the errors of all stages so far. accept None: too early to accept. Between the two numbers of
    the last stage (reduced inspection has such a gap) the lot is accepted.
    """

    n: int
    accept: int | None
    reject: int


@dataclass(frozen=True)
class StagedCurve(Result):
    """For each error rate: the probability of acceptance, and the units inspected on average."""

    accepted: FloatArray
    inspected: FloatArray


def staged_curve(
    stages: Sequence[Stage], p: npt.ArrayLike, likelihood: StageLikelihood = "binomial"
) -> StagedCurve:
    """Operating characteristic and average sample number of a double, multiple or any staged plan.

    p: error rates (errors per unit for poisson), of any shape; so are both results. Raises ValueError for a
    plan without a stage, an accept number at or above the reject number, or a rate outside 0 to 1 (below 0 for
    poisson).

    >>> double = [Stage(125, 3, 7), Stage(125, 8, 9)]
    >>> round(float(staged_curve(double, 0.05).accepted), 4)
    0.1809
    """
    _check_stages(stages)
    rates = np.asarray(p, dtype=float)
    if not ((rates >= 0) & (rates <= (1 if likelihood == "binomial" else LARGEST))).all():
        raise ValueError("every error rate must lie between 0 and 1")
    going = {0: np.ones_like(rates)}  # errors so far -> probability of having got here with them
    accepted, inspected = np.zeros_like(rates), np.zeros_like(rates)
    for place, stage in enumerate(stages):
        inspected = inspected + stage.n * sum(going.values())
        last = place == len(stages) - 1
        most = stage.reject - 1 if last or stage.accept is None else stage.accept
        if last or stage.accept is not None:
            for errors, chance in going.items():
                accepted = accepted + chance * _at_most(most - errors, stage.n, rates, likelihood)
        going = {
            total: _arriving(going, total, stage.n, rates, likelihood)
            for total in range(0 if stage.accept is None else stage.accept + 1, stage.reject)
        }
    return StagedCurve(np.asarray(accepted), np.asarray(inspected))


def _arriving(
    going: dict[int, FloatArray], total: int, n: int, rates: FloatArray, likelihood: StageLikelihood
) -> FloatArray:
    """Probability that n more units bring the errors so far to `total`."""
    arriving = np.zeros_like(rates)
    for errors, chance in going.items():
        if errors <= total:
            arriving = arriving + chance * _exactly(total - errors, n, rates, likelihood)
    return arriving


def multistage_sample_size(
    materiality: float,
    expected: Sequence[int],
    confidence: float = 0.95,
    likelihood: StageLikelihood = "binomial",
) -> int:
    """Smallest number of units per stage for a plan of equal stages that approves an error rate at
    `materiality` with probability at most 1 - confidence.

    expected: whole errors per stage. A stage with fewer errors approves, with exactly so many calls for the
    next, with more rejects; the last stage approves with at most its number. (1, 0) is the audit's "extend
    after one error, approve without": jfa 0.7, planning().

    >>> multistage_sample_size(0.05, (1, 0))
    61
    """
    if not (0 < materiality < 1 and 0 < confidence < 1):
        raise ValueError("materiality and confidence must lie between 0 and 1")
    if not expected or any(errors < 0 or errors != int(errors) for errors in expected):
        raise ValueError(f"expected holds a whole number of errors, 0 or more, for each stage: {expected}")
    *earlier, final = (int(errors) for errors in expected)

    def safe(n: int) -> bool:
        going, approved = 1.0, 0.0
        for errors in earlier:
            approved += going * float(_at_most(errors - 1, n, materiality, likelihood))
            going *= float(_exactly(errors, n, materiality, likelihood))
        return approved + going * float(_at_most(final, n, materiality, likelihood)) <= 1 - confidence

    return least_integer(safe, max(1, *expected))


def _check_stages(stages: Sequence[Stage]) -> None:
    if not stages:
        raise ValueError("a plan has at least one stage")
    for stage in stages:
        if stage.n < 1 or (stage.accept is not None and not 0 <= stage.accept < stage.reject):
            raise ValueError(f"a stage inspects units and accepts below its reject number: {stage}")


def _at_most(errors: int, n: int, rates: Any, likelihood: StageLikelihood) -> FloatArray:
    return np.asarray(_errors(n, rates, likelihood).cdf(errors))


def _exactly(errors: int, n: int, rates: Any, likelihood: StageLikelihood) -> FloatArray:
    return np.asarray(_errors(n, rates, likelihood).pmf(errors))


def _errors(n: int, rates: Any, likelihood: StageLikelihood) -> Any:
    from scipy import stats  # imported when it is needed: it would cost every process a second at its start

    if likelihood == "binomial":
        return stats.binom(n, rates)
    if likelihood != "poisson":
        raise ValueError(f"unknown likelihood {likelihood!r}: use binomial or poisson")
    return stats.poisson(n * np.asarray(rates))
