"""Chance that can be repeated: numbers decided by a hash of what they are for."""

import hashlib
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TypeVar

Choice = TypeVar("Choice")


def digest(*parts: object) -> str:
    """A short hash of the parts."""
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=8).hexdigest()


def uniform(*parts: object) -> float:
    """A number above 0 and below 1 that depends on the parts only."""
    return (int(digest(*parts), 16) + 0.5) / 2.0**64


def normal(*parts: object) -> float:
    """A standard normal number that depends on the parts only."""
    return NormalDist().inv_cdf(min(uniform(*parts), 1.0 - 2.0**-53))


def pick(choices: Sequence[Choice], *parts: object) -> Choice:
    """One of the choices, each as likely."""
    return choices[min(int(uniform(*parts) * len(choices)), len(choices) - 1)]


def pick_weighted(weights: Mapping[Choice, float], draw: float) -> Choice | None:
    """The choice that `draw` (0 to 1) falls on when each takes its weight of the line; else None."""
    for choice, weight in weights.items():
        draw -= weight
        if draw < 0:
            return choice
    return None
