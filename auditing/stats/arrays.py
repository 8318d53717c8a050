"""The array types that statistics speak in."""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

LARGEST = 1e100  # the squares of numbers up to here, and their sums, are numbers still


def measured(values: npt.ArrayLike) -> FloatArray:
    """As floats. Raises ValueError where one is not finite, or too large to be squared."""
    numbers = np.asarray(values, dtype=float)
    if not (np.abs(numbers) <= LARGEST).all():
        raise ValueError(f"every value must be a number, and none beyond {LARGEST:g}")
    return numbers
