"""Reading a hand-written document key by key, with one clear complaint that names the path."""

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditing.core.errors import BadInput

MAX_TEXT = 20_000


class Fields:
    """One mapping of a document, at a path such as `criteria[2].scale`; keys it does not know are refused."""

    def __init__(self, data: Any, path: str, known: Sequence[str]) -> None:
        if not isinstance(data, Mapping):
            raise BadInput(f"expected `key: value` lines, found {shown(data)}", field=path)
        self.data, self.path = data, path
        for key in data:
            if key not in known:
                raise BadInput(unknown("key", key, known), field=path)

    def __contains__(self, key: str) -> bool:
        return self.data.get(key) is not None

    def at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def complain(self, key: str, message: str) -> BadInput:
        return BadInput(message, field=self.at(key))

    def need(self, key: str) -> Any:
        if key not in self:
            raise self.complain(key, "is missing")
        return self.data[key]

    def text(self, key: str, default: str | None = None) -> str:
        """Text, trimmed; required unless there is a default."""
        value = self.need(key) if default is None else self.data.get(key)
        if value is None:
            return default or ""
        text = read_text(value, self.at(key)).strip()
        if default is None and not text:
            raise self.complain(key, "is empty")
        return text

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise self.complain(key, unknown("choice", value, choices))
        return value

    def flag(self, key: str) -> bool:
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        raise self.complain(key, f"must be true or false, not {shown(value)}")

    def number(self, key: str, default: float | None = None) -> float:
        value = self.need(key) if default is None else self.data.get(key)
        return float(default or 0) if value is None else read_number(value, self.at(key))

    def rows(self, key: str) -> Iterator[tuple[str, Any]]:
        """Path and value of each entry of a list; absent is empty."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, list):
            raise self.complain(key, f"must be a list, not {shown(value)}")
        for index, row in enumerate(value or []):
            yield f"{self.at(key)}[{index}]", row

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of different texts."""
        texts: list[str] = []
        for path, row in self.rows(key):
            text = read_text(row, path).strip()
            if not text or text in texts:
                raise BadInput(f"{text!r} is there twice" if text else "is empty", field=path)
            texts.append(text)
        return tuple(texts)

    def pairs(self, key: str) -> Iterator[tuple[str, str, Any]]:
        """Path, key and value of each entry of a mapping; absent is empty."""
        value = self.data.get(key)
        if value is not None and not isinstance(value, Mapping):
            raise self.complain(key, f"must be `key: value` lines, not {shown(value)}")
        for name, entry in (value or {}).items():
            yield f"{self.at(key)}.{name}", str(name), entry


def read_text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise BadInput(f'must be text, not {shown(value)}; put it in "quotes"', field=path)
    if len(value) > MAX_TEXT:
        raise BadInput(f"is longer than {MAX_TEXT:,} characters", field=path)
    return value


def read_number(value: Any, path: str) -> float:
    """A finite number that is written as one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"must be a number, not {shown(value)}", field=path)
    if abs(value) > 1e15 or not math.isfinite(value):
        raise BadInput("is too large a number", field=path)
    return float(value)


def unknown(what: str, name: object, known: Sequence[str]) -> str:
    """A complaint about a name, with what was probably meant."""
    close = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    return f"unknown {what} {shown(name)}; {hint}"


def shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
