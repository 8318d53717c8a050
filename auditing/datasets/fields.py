"""Reading one field of a delivered row: dotted paths, and the few plain types an item is made of.

Every reader raises BadInput with the field it read; the importer adds file and line.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from auditing.core.boundary import clean, require_moment
from auditing.core.errors import BadInput

LONGEST_NAME = 200
LONGEST_ID = 300
LATEST_SECONDS = 4_102_444_800  # the year 2100: beyond it the number counts something else


def lookup(row: Mapping[str, Any], path: str) -> Any:
    """The value at `path` (a field's name, or steps into objects parted by dots); None where there is none."""
    if path in row:
        return row[path]
    value: Any = row
    for step in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value if value is not None else _columns_under(row, path)


def _columns_under(row: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    """Flat files write an object as several columns: `candidates.a`, `candidates.b`."""
    prefix = f"{path}."
    found = {key.removeprefix(prefix): value for key, value in row.items() if key.startswith(prefix)}
    return found or None


def paths_of(row: Mapping[str, Any], prefix: str = "", depth: int = 3) -> Iterator[str]:
    """Every path that leads to a value in a row, objects opened up to `depth` levels."""
    for key, value in row.items():
        path = f"{prefix}{key}"
        yield path
        if isinstance(value, Mapping) and depth > 1:
            yield from paths_of(value, f"{path}.", depth - 1)


def as_name(value: Any, path: str, *, longest: int = LONGEST_NAME) -> str:
    """A short text: a number or a yes/no is written out, a list is joined by commas, nothing is ""."""
    if isinstance(value, list):
        return _short(", ".join(as_name(part, path) for part in value), path, longest)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int | float):
        raise BadInput("must be text, not an object", field=path)
    return _short(str(clean(value, path)).strip(), path, longest)


def _short(text: str, path: str, longest: int) -> str:
    if len(text) > longest:
        raise BadInput(f"is longer than {longest} characters", field=path)
    return text


def as_time(value: Any, path: str) -> datetime | None:
    """ISO 8601 (in the site's time zone unless it says one), or seconds since 1970. Empty is None."""
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadInput("is neither an ISO time nor seconds since 1970", field=path)
    text = str(value).strip()
    seconds = _seconds(text)
    if seconds is not None:
        return _since_1970(seconds, path)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"{text[:40]!r} is neither an ISO time nor seconds since 1970", field=path) from error
    return require_moment(timezone.make_aware(moment) if timezone.is_naive(moment) else moment, path)


def _seconds(text: str) -> float | None:
    if len(text) == 8 and text.isdigit():
        return None  # a date such as 20260302
    try:
        return float(text)
    except ValueError:
        return None


def _since_1970(seconds: float, path: str) -> datetime:
    if not 0 <= seconds <= LATEST_SECONDS:
        raise BadInput(f"{seconds:g} is not seconds since 1970 (are they milliseconds?)", field=path)
    return datetime.fromtimestamp(seconds, UTC)
