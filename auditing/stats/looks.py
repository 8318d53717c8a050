"""Looking again with more labels: the error that each look at a fixed-size interval spends, and how many labels to add.

An interval of 95 % that is looked at twice, with more labels the second time because the first did not decide, errs
more often than in 5 %. So each look has an error of its own, and the errors add up (Bonferroni's inequality).
"""

import math

from scipy import special

CHANCE_TO_DECIDE = 0.8


def error_of_look(error: float, planned: int, look: int) -> float:
    """What look number `look` (from 1) may err, where `planned` looks were to share `error`.

    The planned looks share it equally, so that together they err in at most `error`. A look that nobody planned finds
    it spent, so it adds to it: half of `error`, the next a quarter and so on, never as much again in all. Raises
    ValueError for an error outside 0 to 1, and for fewer than one look.

    >>> [error_of_look(0.06, 2, look) for look in (1, 2, 3, 4)]
    [0.03, 0.03, 0.03, 0.015]
    """
    if not 0 < error < 1:
        raise ValueError(f"an error lies above 0 and below 1, not {error}")
    if planned < 1 or look < 1:
        raise ValueError("there is at least one look")
    return error / planned if look <= planned else error / 2 ** (look - planned)


def labels_to_decide(
    distance: float, half_width: float, tails: tuple[float, float], labels: int, population: int | None = None
) -> int | None:
    """Labels in all after which a bound is likely (in 80 %) to clear a bar, if the truth is where the estimate is.

    distance: of the estimate from the bar. half_width: of the interval on that side, from so many `labels`. tails:
    error in one tail of that interval, and of the one to come. population: items in the batch, None for a process. The
    variance is taken to go with 1 / n - 1 / N. None where no number can tell: the estimate is on the bar. Raises
    ValueError for fewer than one label.

    >>> labels_to_decide(0.05, 0.1, (0.05, 0.025), 100)
    1161
    """
    if labels < 1:
        raise ValueError("labels are needed to say how many more are")
    beyond = 0.0 if population is None else 1 / population
    per_label = 1 / labels - beyond
    if distance <= 0:
        return None
    if half_width <= 0 or per_label <= 0:
        return labels  # nothing is in doubt
    now, then = (float(-special.ndtri(tail)) for tail in tails)
    spread = (half_width / now) ** 2 / per_label
    wanted = (distance / (then + float(special.ndtri(CHANCE_TO_DECIDE)))) ** 2 / spread
    return math.ceil(1 / (wanted + beyond) - 1e-9)
