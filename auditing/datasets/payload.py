"""The payload: what of a row is shown and judged, each word in its one shape."""

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditing.core.boundary import clean
from auditing.core.errors import BadInput

PAYLOAD_WORDS = ("input", "output", "reference", "messages", "candidates", "images")
SIDES = ("a", "b")
LARGEST_IMAGE = 5 * 1024 * 1024  # bytes
SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
HAS_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def shaped(word: str, value: Any, path: str) -> Any:
    """The value in its word's shape: messages a list of turns, candidates {a, b}, images a list of addresses.

    Flat files write those as JSON text. Raises BadInput naming the field.
    """
    if word in SHAPES:
        value = SHAPES[word](_from_json_text(value, path), path)
    return clean(value, path)


def _from_json_text(value: Any, path: str) -> Any:
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise BadInput("looks like JSON but cannot be read as such", field=path) from error


def _messages(value: Any, path: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not value:
        raise BadInput("must be a list of {role, content} turns", field=path)
    for number, turn in enumerate(value, start=1):
        if not isinstance(turn, Mapping) or not isinstance(turn.get("role"), str) or "content" not in turn:
            raise BadInput(f"turn {number} must be an object with role and content", field=path)
    return value


def _candidates(value: Any, path: str) -> dict[str, Any]:
    if isinstance(value, list) and len(value) == len(SIDES):
        value = dict(zip(SIDES, value, strict=True))
    if not isinstance(value, Mapping) or set(value) != set(SIDES) or None in value.values():
        raise BadInput("must be an object with the two candidates a and b", field=path)
    return {side: value[side] for side in SIDES}


def _images(value: Any, path: str) -> list[str]:
    images = [value] if isinstance(value, str) else value
    if not isinstance(images, list) or not images or not all(isinstance(image, str) for image in images):
        raise BadInput("must be an image's address, or a list of them", field=path)
    return images


SHAPES = {"messages": _messages, "candidates": _candidates, "images": _images}


def with_image_files(payload: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """The payload with relative image paths read from `folder` into data URLs; other addresses stay as they are."""
    if "images" not in payload:
        return payload
    return payload | {"images": [_embedded(image, folder) for image in payload["images"]]}


def _embedded(address: str, folder: Path | None) -> str:
    if HAS_SCHEME.match(address):
        return address
    if folder is None:
        raise BadInput(
            f"{address[:80]!r} is a file: deliver it with the command, or as a data: URL", field="images"
        )
    root = folder.resolve()
    path = (root / address).resolve()
    if not path.is_relative_to(root):
        raise BadInput(f"{address[:80]!r} leads out of the delivered file's folder", field="images")
    return _data_url(path, address)


def _data_url(path: Path, address: str) -> str:
    try:
        if path.stat().st_size > LARGEST_IMAGE:
            raise BadInput(f"{address[:80]!r} is larger than {LARGEST_IMAGE // 1024**2} MB", field="images")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadInput(f"{address[:80]!r} cannot be read", field="images") from error
    for signature, media_type in SIGNATURES.items():
        if content.startswith(signature):
            return f"data:{media_type};base64,{base64.b64encode(content).decode()}"
    raise BadInput(f"{address[:80]!r} is not a PNG, JPEG, GIF or WebP image", field="images")
