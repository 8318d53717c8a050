"""Further waves as the estimate takes them: each label with its wave, and the weights that were fixed for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray


@dataclass(frozen=True)
class Waves:
    """numbers: the wave of each drawn unit; probabilities: its chance within it, among what no earlier one drew.
    weights: one for each wave that is there.
    """

    numbers: NDArray[np.int64]
    probabilities: NDArray[np.floating[Any]]
    weights: tuple[float, ...]

    def to_plain(self) -> dict[str, Any]:
        return {
            "numbers": self.numbers.tolist(),
            "probabilities": self.probabilities.tolist(),
            "weights": list(self.weights),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "Waves":
        return cls(
            np.array(plain["numbers"], dtype=np.int64),
            np.array(plain["probabilities"], dtype=float),
            tuple(plain["weights"]),
        )


def waves_of(items: pd.DataFrame, drawn: pd.DataFrame, weights: Sequence[float | None]) -> Waves | None:
    """The waves of these items; None without further ones, and where one drew nothing of a stratum that had items left
    (which happens in small parts of a batch): then all waves are taken for one draw.
    """
    if len(weights) < 2:
        return None
    numbers = drawn["wave"].to_numpy(dtype=np.int64)
    present = np.unique(numbers)
    if not all(_speaks_for_all_left(items, drawn, int(wave)) for wave in range(1, len(weights) + 1)):
        return None
    return Waves(
        numbers,
        drawn["wave_probability"].to_numpy(dtype=float),
        _shares([weights[wave - 1] for wave in present]),
    )


def _speaks_for_all_left(items: pd.DataFrame, drawn: pd.DataFrame, wave: int) -> bool:
    before = drawn.index[drawn["wave"] < wave]
    left = items.loc[~items.index.isin(before), "stratum"]
    return set(left) <= set(drawn.loc[drawn["wave"] == wave, "stratum"])


def _shares(weights: list[float | None]) -> tuple[float, ...]:
    """A wave that took all that was left knows the whole: its weight is all there is."""
    if None in weights:
        return tuple(float(weight is None) for weight in weights)
    return tuple(weight for weight in weights if weight is not None)
