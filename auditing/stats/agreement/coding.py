"""From opinions to integer codes: categories, missing values, confusion tables and counts per item."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.results import Result

MISSING = -1
EXACT = 2.0**53  # whole numbers below it are told apart
FEW = 1000  # whole numbers spread over less are counted instead of sorted


@dataclass(frozen=True)
class Coded:
    """Values as positions in `categories`; a missing value is -1. `values`: the categories as
    numbers, if they are.
    """

    codes: IntArray
    categories: tuple[Hashable, ...]
    values: FloatArray | None

    def numbers(self) -> FloatArray:
        """The categories as numbers: their own values if numeric, else their positions."""
        return self.values if self.values is not None else np.arange(len(self.categories), dtype=float)


@dataclass(frozen=True)
class Confusion(Result):
    """Counts of pairs: row = category by the first rater, column = category by the second."""

    categories: tuple[Hashable, ...]
    counts: IntArray


def is_number(value: Any) -> bool:
    """Whether the value is a real number (booleans are categories, not numbers)."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def is_missing(value: Any) -> bool:
    """Whether the value stands for no opinion: None or NaN."""
    return value is None or (isinstance(value, float | np.floating) and math.isnan(value))


def encode(values: Any, categories: Sequence[Hashable] | None = None) -> Coded:
    """Code an array of any shape. None and NaN are missing.

    Categories default to those seen: numbers in numeric order, anything else in order of its text. Raises
    ValueError for a value outside the given categories.
    """
    array = np.asarray(values) if isinstance(values, np.ndarray) else _object_array(values)
    numeric = _as_numbers(array)
    if numeric is not None and categories is None:
        return _encode_numbers(numeric)
    flat = array.ravel().tolist()
    distinct = set(flat)  # what follows looks at each value once, however many there are
    known = tuple(categories) if categories is not None else _seen(distinct)
    positions = {category: position for position, category in enumerate(known)}
    code_of = {value: MISSING if is_missing(value) else _position(value, positions) for value in distinct}
    codes = [code_of[value] for value in flat]
    numbers = np.array(known, dtype=float) if all(is_number(category) for category in known) else None
    return Coded(np.array(codes, dtype=np.int64).reshape(array.shape), known, numbers)


def encode_pairs(a: Any, b: Any, categories: Sequence[Hashable] | None = None) -> Coded:
    """Code two equally long sequences over common categories; shape (2, n)."""
    if len(a) != len(b):
        raise ValueError(f"the two raters have different lengths: {len(a)} and {len(b)}")
    if all(isinstance(one, np.ndarray) and one.dtype.kind in "iuf" for one in (a, b)):
        return encode(np.stack([a, b]), categories)
    return encode([list(a), list(b)], categories)


def confusion(a: Any, b: Any, categories: Sequence[Hashable] | None = None) -> Confusion:
    """Cross-table of two raters' categories over the items that both rated (a pair with None or NaN
    is left out).
    """
    coded = encode_pairs(a, b, categories)
    return Confusion(coded.categories, pair_counts(coded))


def pair_counts(coded: Coded) -> IntArray:
    """Categories x categories counts of the complete pairs in codes of shape (2, n)."""
    size = len(coded.categories)
    first, second = coded.codes[:, (coded.codes != MISSING).all(axis=0)]
    return np.bincount(first * size + second, minlength=size * size).reshape(size, size).astype(np.int64)


def item_counts(coded: Coded) -> FloatArray:
    """Items x categories counts of ratings, from codes of shape (raters, items)."""
    size, items = len(coded.categories), coded.codes.shape[1]
    seen = coded.codes != MISSING
    cells = (np.arange(items) * size + coded.codes)[seen]
    return np.bincount(cells, minlength=items * size).reshape(items, size).astype(float)


def _object_array(values: Any) -> npt.NDArray[Any]:
    rows = [list(row) for row in values] if _is_nested(values) else list(values)
    if rows and isinstance(rows[0], list) and len({len(row) for row in rows}) > 1:
        raise ValueError("every rater needs one rating per item: use None where it is missing")
    return np.array(rows, dtype=object)


def _is_nested(values: Any) -> bool:
    return len(values) > 0 and isinstance(next(iter(values)), list | tuple | np.ndarray)


def _as_numbers(array: npt.NDArray[Any]) -> FloatArray | None:
    if array.dtype.kind in "iuf":
        return array.astype(float)
    if array.dtype != object:
        return None
    flat = array.ravel().tolist()
    numeric = all(
        kind is type(None) or issubclass(kind, int | float | np.number) for kind in set(map(type, flat))
    )
    return array.astype(float) if numeric and bool not in set(map(type, flat)) else None


def _encode_numbers(numbers: FloatArray) -> Coded:
    seen = ~np.isnan(numbers)
    values, codes_seen = _distinct(numbers[seen])
    codes = np.full(numbers.shape, MISSING, dtype=np.int64)
    codes[seen] = codes_seen
    whole = bool(np.all((values == np.round(values)) & (np.abs(values) < EXACT)))
    return Coded(codes, tuple(values.astype(int).tolist() if whole else values.tolist()), values)


def _distinct(numbers: FloatArray) -> tuple[FloatArray, IntArray]:
    """The distinct numbers in order, and the position of each; without sorting where they are few whole ones."""
    if len(numbers) and np.isfinite(numbers).all() and np.ptp(numbers) < FEW:
        low = numbers.min()
        offsets = (numbers - low).astype(np.int64)
        if (offsets + low == numbers).all():
            used = np.flatnonzero(np.bincount(offsets))
            position = np.zeros(used[-1] + 1, dtype=np.int64)
            position[used] = np.arange(len(used))
            return used + low, position[offsets]
    values, codes = np.unique(numbers, return_inverse=True)
    return values, codes.ravel()


def _seen(distinct: set[Any]) -> tuple[Hashable, ...]:
    present = (value for value in distinct if not is_missing(value))
    return tuple(sorted(present, key=lambda value: (str(value), repr(value))))


def _position(value: Any, positions: dict[Hashable, int]) -> int:
    if value not in positions:
        raise ValueError(f"{value!r} is not among the categories {list(positions)}")
    return positions[value]
