"""The fence around untrusted item text, and the way back.

Every key and value of a payload is data. It is cleaned (no null bytes, no lone surrogates), cut to `ITEM_CAP`
characters with a visible mark, and put between delimiters; what looks like a delimiter inside loses its `<`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

ITEM_CAP = 60_000
"""Characters of one item that a judge reads at most, shared fairly among its fields."""

NAME_CAP = 200
OPEN = "<untrusted-item>"
CLOSE = "</untrusted-item>"
FIELD_CLOSE = "</untrusted-field>"
ARGUMENT_CLOSE = "</untrusted-argument>"
ARGUMENT_CAP = 8_000
"""Characters of what another judge said that a judge reads at most."""

IMAGES = "images"
MOST_IMAGES = 16
"""Images of one item that a judge is shown at most."""

_LOOKS_LIKE_DELIMITER = re.compile(
    r"[<＜﹤](?=[\W_]{0,8}untrusted[\W_]{0,8}(?:item|field|argument))", re.IGNORECASE
)
_DEFUSED = re.compile(r"&lt;(?=[\W_]{0,8}untrusted[\W_]{0,8}(?:item|field|argument))", re.IGNORECASE)
_FIELD = re.compile(
    r'^<untrusted-field name=(?P<name>"(?:[^"\\]|\\.)*") type=(?P<type>text|json)>\n'
    r"(?P<value>.*?)\n</untrusted-field>$",
    re.DOTALL | re.MULTILINE,
)
_IMAGE = re.compile(r"(?:https://|data:image/[a-z0-9.+-]+;base64,)\S+", re.IGNORECASE)


def fence(payload: Mapping[str, Any]) -> str:
    """Render a payload as delimited text that its own content cannot close or reopen."""
    fields = {str(name): _as_text(name, value) for name, value in payload.items()}
    shares = _fair_shares([len(text) for _, text in fields.values()], ITEM_CAP)
    rendered = [
        _field(name, kind, _cut(text, share))
        for (name, (kind, text)), share in zip(fields.items(), shares, strict=True)
    ]
    return "\n".join([OPEN, *rendered, CLOSE])


def fence_argument(by: str, text: str) -> str:
    """Render what a judge said, which may quote the item, as delimited text that cannot close itself."""
    label = _label(clean(by)[:NAME_CAP])
    body = _defused(_cut(clean(text), ARGUMENT_CAP))
    return f"<untrusted-argument by={label}>\n{body}\n{ARGUMENT_CLOSE}"


def read_fence(text: str) -> dict[str, Any]:
    """Read back the payload of the last fence in `text`; raise ValueError if there is none.

    The inverse of `fence` for clean payloads within the cap; used by the simulated judges.
    """
    start, end = text.rfind(f"{OPEN}\n"), text.rfind(f"\n{CLOSE}")
    if start < 0 or end < start:
        raise ValueError("no fenced item")
    found = _FIELD.finditer(text, start, end)
    return {json.loads(_armed(match["name"])): _value(match["type"], match["value"]) for match in found}


def image_addresses(payload: Mapping[str, Any]) -> list[str]:
    """The payload's images that may be sent on: its first `https:` and base64 `data:image/` addresses, in order."""
    return [address for address in _listed(payload.get(IMAGES)) if _is_image(address)][:MOST_IMAGES]


def clean(text: str) -> str:
    """Remove null bytes and replace lone surrogates, which neither JSON over UTF-8 nor PostgreSQL takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _as_text(name: object, value: object) -> tuple[str, str]:
    if name == IMAGES:
        value = _image_notes(_listed(value))
    if isinstance(value, str):
        return "text", clean(value)
    return "json", clean(_as_json(value))


def _as_json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return '"not shown: nested too deeply"'


def _image_notes(addresses: Sequence[Any]) -> list[str]:
    notes, attached = [], 0
    for address in addresses:
        attached += _is_image(address)
        if not _is_image(address):
            notes.append("not attached: neither https nor a base64 image")
        elif attached <= MOST_IMAGES:
            notes.append("attached")
        else:
            notes.append(f"not attached: more than {MOST_IMAGES} images")
    return notes


def _is_image(address: object) -> bool:
    return isinstance(address, str) and _IMAGE.fullmatch(address) is not None


def _listed(images: object) -> Sequence[Any]:
    if isinstance(images, str):
        return [images]
    return images if isinstance(images, list | tuple) else []


def _field(name: str, kind: str, text: str) -> str:
    return f"<untrusted-field name={_label(clean(name)[:NAME_CAP])} type={kind}>\n{_defused(text)}\n{FIELD_CLOSE}"


@lru_cache(maxsize=256)  # most items have the same few names
def _label(name: str) -> str:
    return _defused(json.dumps(name, ensure_ascii=False))


def _defused(text: str) -> str:
    return _LOOKS_LIKE_DELIMITER.sub("&lt;", text)


def _armed(text: str) -> str:
    return _DEFUSED.sub("<", text)


def _cut(text: str, share: int) -> str:
    if len(text) <= share:
        return text
    return f"{text[:share]}\n[cut here: {share} of {len(text)} characters are shown]"


def _fair_shares(lengths: Sequence[int], cap: int) -> list[int]:
    """Split `cap` so that short fields are whole and long ones get equal parts of the rest."""
    shares = list(lengths)
    left = cap
    for done, index in enumerate(sorted(range(len(lengths)), key=lengths.__getitem__)):
        shares[index] = min(lengths[index], left // (len(lengths) - done))
        left -= shares[index]
    return shares


def _value(kind: str, text: str) -> Any:
    text = _armed(text)
    if kind == "text":
        return text
    try:
        return json.loads(text)
    except ValueError:  # cut in the middle
        return text
