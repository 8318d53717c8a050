"""Finding the smallest sample that reaches a goal."""

from collections.abc import Callable

MOST = 10_000_000  # units; a plan that needs more is not a plan


def least_integer(
    enough: Callable[[int], bool], first: int = 1, most: int | None = None, waver: int = 0
) -> int:
    """The smallest integer from `first` on for which `enough` holds, none above `most` (ten million).

    `enough` turns true once, or wavers near the goal, as it does where a whole number of errors is expected
    of a growing sample; `waver` is the longest run of misses between two sizes that reach it. Raises
    ValueError where no size does.
    """
    limit = MOST if most is None else most
    low, high = first - 1, max(first, 1)
    while high < limit and not enough(high):
        low, high = high, high * 2
    high = min(high, limit)
    if low >= high or not enough(high):
        raise ValueError(f"no sample of at most {limit} units is large enough")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    found = high
    for size in range(high - 1, first - 1, -1):
        if found - size > waver:
            break
        found = size if enough(size) else found
    return found
