"""Where in a reply each value stands: positions by the structure of its JSON, never by searching for digits."""

import json
from collections.abc import Iterator

from judges.parsing import locate_last_object

Span = tuple[int, int]
_DECODER = json.JSONDecoder()


def value_spans(text: str) -> dict[str, Span]:
    """Question key -> start and end of its value in the last complete JSON object of a reply."""
    found = locate_last_object(text)
    spans = {}
    for key, start, _ in _members(text, found[1]) if found else ():
        inner = _members(text, start) if text[start] == "{" else ()
        for name, at, end in inner:
            if name == "value":
                spans[key] = at, end
    return spans


def _members(text: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Key, start and end of each member of the valid JSON object that starts there."""
    position = _skip(text, start + 1)
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        position = _skip(text, _skip(text, position) + 1)  # over the colon
        _, end = _DECODER.raw_decode(text, position)
        yield key, position, end
        position = _skip(text, end)
        position = _skip(text, position + 1) if text[position] == "," else position


def _skip(text: str, position: int) -> int:
    while text[position] in " \t\r\n":
        position += 1
    return position
