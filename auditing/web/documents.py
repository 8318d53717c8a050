"""Editing a structured document with plain form fields.

A field's name is the path of its value, such as `criteria[0].scale.levels[1].label`: the same paths that complaints
name. A button named `do` carries an operation on a list: `add:PATH`, `remove:PATH[2]`, `up:PATH[2]`, `down:PATH[2]`.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.http import QueryDict

from auditing.core.errors import BadInput

_STEP = re.compile(r"([a-z_]+)|\[([0-9]{1,4})\]")
_PATH = re.compile(r"[a-z_]+(?:\.[a-z_]+|\[[0-9]{1,4}\])*")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?) ?%")
Path = list[str | int]
LEAF, LEAVES = "leaf", "leaves"
Shape = Any  # LEAF, LEAVES (a mapping of leaves), {key: Shape}, [Shape], or a tuple of alternatives


def steps_of(path: str) -> Path:
    """`a[0].b` as ["a", 0, "b"]. Raises BadInput for anything else."""
    if not _PATH.fullmatch(path):
        raise BadInput(f"{path!r} is not the path of a field")
    return [name or int(index) for name, index in _STEP.findall(path)]


def from_fields(post: QueryDict, shape: dict[str, Shape]) -> dict[str, Any]:
    """The nested document in a form, every leaf a text; only fields under one of the shape's names are read.

    Raises BadInput for fields that no form of this shape sends.
    """
    root: dict[Any, Any] = {}
    for name in post:
        if re.split(r"[.\[]", name)[0] in shape:
            *parents, last = steps_of(name)
            place = root
            for step in parents:
                place = place.setdefault(step, {})
                if not isinstance(place, dict):
                    raise BadInput(f"{name!r} is both a value and a group of values")
            place[last] = str(post[name]).replace("\r\n", "\n")
    result = _with_lists(root)
    if not conforms(result, shape):
        raise BadInput("The form's fields do not fit together; load the page anew.")
    return dict(result)


def _with_lists(node: Any) -> Any:
    """Groups numbered by position become lists, in order."""
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(step, int) for step in node):
        return [_with_lists(node[step]) for step in sorted(node)]
    return {step: _with_lists(child) for step, child in node.items()}


def edited(content: dict[str, Any], operation: str, starter: Callable[[str], Any]) -> dict[str, Any]:
    """The content after an operation of a button; `starter` gives what a list at a path is added to with."""
    verb, _, path = operation.partition(":")
    *parents, last = steps_of(path)
    place: Any = content
    try:
        for step in parents:
            place = place[step]
        if verb == "add":
            place.setdefault(last, []).append(starter(path))
        else:
            _LIST_VERBS[verb](place, last)
    except (KeyError, IndexError, TypeError, AttributeError):
        raise BadInput(f"{operation!r} does not fit this document") from None
    return content


def _move(entries: list[Any], place: int, step: int) -> None:
    target = min(max(place + step, 0), len(entries) - 1)
    entries.insert(target, entries.pop(place))


_LIST_VERBS: dict[str, Callable[[Any, Any], Any]] = {
    "remove": lambda entries, place: entries.pop(place),
    "up": lambda entries, place: _move(entries, place, -1),
    "down": lambda entries, place: _move(entries, place, +1),
}


def conforms(value: Any, shape: Shape) -> bool:
    """Is every part of a document of the kind that a form's fields can hold?"""
    if shape == LEAF:
        return not isinstance(value, dict | list)
    if shape == LEAVES:
        return isinstance(value, dict) and all(conforms(part, LEAF) for part in value.values())
    if isinstance(shape, tuple):
        return any(conforms(value, alternative) for alternative in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(conforms(part, shape[0]) for part in value)
    return isinstance(value, dict) and all(
        name in shape and conforms(part, shape[name]) for name, part in value.items()
    )


def number_or_text(text: str) -> int | float | str:
    """A number where the text is one, else the text, for the schema to complain of."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return text.strip()
    return float(text) if found[2] else int(text)


def share_or_text(text: str) -> int | float | str:
    """A share from its per cents, `95%` or `12.5 %`; else as `number_or_text`."""
    found = _PERCENT.fullmatch(text.strip())
    if not found:
        return number_or_text(text)
    share = Decimal(found[1]) / 100
    return int(share) if share == share.to_integral_value() else float(share)


def percent_text(value: Any) -> Any:
    """What `share_or_text` reads back: 0.125 as 12.5%; what is no share, such as a score, as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return value
    return f"{(Decimal(str(value)) * 100).normalize():f}%"


def filled(**parts: Any) -> dict[str, Any]:
    """The parts that say something."""
    return {name: value for name, value in parts.items() if value not in ("", None, [], {})}


def lines(text: str) -> list[str]:
    """One entry a line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def pairs(text: str) -> dict[str, str]:
    """One `name: value` a line; a line without a colon is a name without a value."""
    split = [line.rpartition(":") if ":" in line else (line, "", "") for line in lines(text)]
    return {name.strip(): value.strip() for name, _, value in split}


def pair_lines(mapping: Any) -> str:
    """What `pairs` reads back."""
    return (
        "\n".join(f"{name}: {value}" for name, value in mapping.items()) if isinstance(mapping, dict) else ""
    )


def text_lines(entries: Any) -> str:
    """What `lines` reads back."""
    return "\n".join(str(entry) for entry in entries) if isinstance(entries, list) else ""
