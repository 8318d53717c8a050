"""What changed between two contents: structured, and readable."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from auditing.core import yaml_text

Kind = Literal["added", "removed", "changed", "moved"]
_IDENTITIES = ("key", "value")


@dataclass(frozen=True)
class Change:
    """One difference. `path` names list entries by what identifies them: `criteria[correct].scale.good`."""

    kind: Kind
    path: str
    before: Any = None
    after: Any = None

    @property
    def old_text(self) -> str:
        return "" if self.before is None else _text(self.before)

    @property
    def new_text(self) -> str:
        return "" if self.after is None else _text(self.after)


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The changes from old to new, in the order of the new content. The order of keys does not count."""
    return list(_mapping(old, new, ""))


def _any(old: Any, new: Any, path: str) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _mapping(old, new, path)
    elif isinstance(old, list) and isinstance(new, list) and _named(old) and _named(new):
        yield from _list(_named(old), _named(new), path)
    elif old != new:
        yield Change("changed", path, old, new)


def _mapping(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
    for key in [*new, *(key for key in old if key not in new)]:
        yield from _entry(old, new, key, f"{path}.{key}" if path else key)


def _list(old: dict[str, Any], new: dict[str, Any], path: str) -> Iterator[Change]:
    for name in [*new, *(name for name in old if name not in new)]:
        yield from _entry(old, new, name, f"{path}[{name}]")
    yield from _moves(list(old), list(new), path)


def _entry(old: dict[str, Any], new: dict[str, Any], key: str, path: str) -> Iterator[Change]:
    if key not in old:
        yield Change("added", path, after=new[key])
    elif key not in new:
        yield Change("removed", path, before=old[key])
    else:
        yield from _any(old[key], new[key], path)


def _moves(old: list[str], new: list[str], path: str) -> Iterator[Change]:
    """One change when the entries that stayed are in another order."""
    stayed = [name for name in new if name in old]
    if any(old.index(first) > old.index(second) for first, second in pairwise(stayed)):
        yield Change("moved", path, [name for name in old if name in new], stayed)


def _named(entries: list[Any]) -> dict[str, Any]:
    """The entries by what identifies them; empty where they have no identity."""
    named = {name: entry for entry in entries if (name := _identity(entry)) is not None}
    return named if len(named) == len(entries) else {}


def _identity(entry: Any) -> str | None:
    if isinstance(entry, dict):
        return next((str(entry[name]) for name in _IDENTITIES if name in entry), None)
    return None if isinstance(entry, list) else str(entry)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return yaml_text.write(value).strip()
    if isinstance(value, list):
        return "\n".join(_text(entry) for entry in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
