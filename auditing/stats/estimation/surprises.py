"""How skewed the error of a corrected share is: a few surprises, each of some weight, rather than a bell.

An item that was predicted to pass and fails moves the estimate by its whole weight, and items that seem sure are drawn
seldom, so they weigh most. Until one of them turns up the estimate is too good and the labels look too much alike;
when one does, the estimate falls by a jump. An interval that knows the variance alone is then too short on the unsafe
side. So the third moment is modelled too, and the error is taken for a number of jumps (Poisson) that has both. The
third moment that the drawn labels show is no help: it is small just when no surprise was drawn.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from auditing.stats.arrays import FloatArray
from auditing.stats.estimation.models import logistic
from auditing.stats.estimation.sample import Sample, weighted_mean

SUREST = 1e-3  # predictions nearer to 0 or 1 than this are no surer
NO_SKEW = 1e-6  # jump, in standard errors, below which the error is a bell


@dataclass(frozen=True)
class Moments:
    """Second and third central moment of an estimate's error."""

    variance: float
    third: float


def recalibrated(sample: Sample, prior: float) -> FloatArray:
    """The chance of a 1 of every label, as the labels at hand say that a learned proxy should be read.

    Logistic regression of the labels on the logit of the proxy (Cox 1958): predictions that are too bold get a slope
    below 1. prior: labels more that are taken to have come out as predicted.
    """
    assert sample.proxy is not None
    known = np.where(np.isnan(sample.proxy), weighted_mean(sample.labels, sample), sample.proxy)
    predicted = np.clip(known, SUREST, 1 - SUREST)
    design = np.column_stack([np.ones(sample.n), special.logit(predicted)])
    soft = (sample.n * sample.labels + prior * predicted) / (sample.n + prior)
    return np.asarray(special.expit(design @ logistic(design, soft, 1e-6)))


def kept_open(chances: FloatArray, n: int) -> FloatArray:
    """Nothing is certain by n labels: Jeffreys's half a label in n + 1 says otherwise."""
    least = 0.5 / (n + 1)
    return np.asarray(np.clip(chances, least, 1 - least))


def modelled(sample: Sample, if_one: FloatArray, chances: FloatArray) -> Moments:
    """Moments of the estimate if each label were 1 with its chance; if_one: its residual if it were."""
    if_zero = if_one - 1
    second = chances * if_one**2 + (1 - chances) * if_zero**2
    third = chances * if_one**3 + (1 - chances) * if_zero**3
    weights = sample.shares
    return Moments(
        float((sample.unseen * weights**2 * second).sum()),
        float((sample.unseen_cubed * weights**3 * third).sum()),
    )


def reach_of_jumps(moments: Moments, tail: float, exact: bool) -> float:
    """How far the bound lies from an estimate with these moments, on the side where its jumps go.

    The error is taken for h (K - lambda), K Poisson, with h = |third| / variance and lambda = variance / h^2: the same
    variance and third moment. The bound of lambda is Garwood's exact one (1936), or the score one, which without
    skewness is the normal one. For a simple share, h is (1 - 2 p) / n: Wilson's interval, nearly.
    """
    error, z = math.sqrt(moments.variance), float(-special.ndtri(tail))
    jump = 0.0 if error == 0 else abs(moments.third) / moments.variance
    if jump <= NO_SKEW * error:
        return z * error
    count = moments.variance / jump**2
    if exact:
        return jump * (float(special.gammainccinv(count + 1, tail)) - count)
    return jump * (z * math.sqrt(count + z * z / 4) + z * z / 2)
