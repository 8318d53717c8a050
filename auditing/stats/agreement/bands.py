"""A name for an agreement coefficient that its own uncertainty supports."""

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from auditing.stats.arrays import LARGEST
from auditing.stats.results import Result

LANDIS_KOCH = (
    (0.8, "almost perfect"),
    (0.6, "substantial"),
    (0.4, "moderate"),
    (0.2, "fair"),
    (0.0, "slight"),
    (-1.0, "poor"),
)


@dataclass(frozen=True)
class AgreementBand(Result):
    """The best band that the coefficient reaches with enough confidence.

    reached: for each band from the best down, (lower end, name, probability of lying in it or above).
    """

    name: str
    probability: float
    reached: tuple[tuple[float, str, float], ...]


def agreement_band(
    value: float,
    error: float,
    confidence: float = 0.95,
    bands: Sequence[tuple[float, str]] = LANDIS_KOCH,
) -> AgreementBand:
    """Gwet's probabilistic benchmarking (2014, chapter 6): the best band reached with more than `confidence`.

    value: the coefficient; error: its standard error. Probabilities are those of a normal distribution
    between -1 and 1. bands: (lower end, name), from the best down to -1; Landis and Koch's (1977) unless told
    otherwise. Raises ValueError unless -1 <= value <= 1 and error > 0.

    >>> agreement_band(0.77544, 0.14295).name
    'moderate'
    """
    if not (-1 <= value <= 1 and 0 < error <= LARGEST):
        raise ValueError(
            f"need a coefficient between -1 and 1 and a positive standard error: {value}, {error}"
        )
    whole = stats.norm.cdf(1, value, error) - stats.norm.cdf(-1, value, error)
    reached = tuple(
        (low, name, float((stats.norm.cdf(1, value, error) - stats.norm.cdf(low, value, error)) / whole))
        for low, name in bands
    )
    _, name, probability = next((band for band in reached if band[2] > confidence), reached[-1])
    return AgreementBand(name, probability, reached)
