"""What may come in through any door: text and times that every database stores and gives back."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from auditing.core.errors import BadInput

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
DEEPEST = 50
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200  # beyond them a date is a slip, and near the ends of the calendar
LARGEST_WHOLE_NUMBER = 2**63 - 1  # what an id can be


def require_storable(text: str, field: str = "") -> str:
    """The text itself. Raises BadInput for null bytes and lone surrogates, which no text column takes."""
    found = UNSTORABLE.search(text)
    if found:
        what = "a null byte" if found[0] == "\x00" else "half of a surrogate pair, which is not text"
        raise BadInput(f"holds {what} at character {found.start() + 1}", field=field)
    return text


def require_moment(moment: datetime, field: str = "") -> datetime:
    """The same moment in UTC. Raises BadInput outside the years 1900 to 2200, in which databases agree."""
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        moment = moment.replace(tzinfo=UTC)  # at the end of the calendar: refused below
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise BadInput(
            f"the year {moment.year} is not between {EARLIEST_YEAR} and {LATEST_YEAR}", field=field
        )
    return moment


def whole_number(text: object) -> int | None:
    """An id or a count as an address or a form says it; None for anything else, such as `abc`, `²` or `-1`."""
    written = str(text)
    if not (written.isascii() and written.isdigit() and len(written) < 20):
        return None
    number = int(written)
    return number if number <= LARGEST_WHOLE_NUMBER else None


def clean(value: Any, path: str) -> Any:
    """The value itself, once it is sure that it can be stored and shown. Raises BadInput."""
    for part, depth in _parts(value):
        if depth > DEEPEST:
            raise BadInput("nested too deeply", field=path)
        if isinstance(part, str):
            require_storable(part, path)
        elif isinstance(part, float) and not math.isfinite(part):
            raise BadInput("holds a number that is not finite (NaN or infinity)", field=path)
        elif not isinstance(part, int | float | None):
            raise BadInput(
                f"holds {type(part).__name__}, which is not text, a number, a list or an object", field=path
            )
    return value


def _parts(value: Any) -> Iterator[tuple[Any, int]]:
    """Every key and every plain value inside a value, with its depth."""
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        if depth > DEEPEST or not isinstance(part, dict | list):
            yield part if not isinstance(part, dict | list) else "", depth
        elif isinstance(part, dict):
            waiting += [(inner, depth + 1) for pair in part.items() for inner in pair]
        else:
            waiting += [(inner, depth + 1) for inner in part]
