"""One byte form per value, so that equal things have equal hashes on every machine."""

import hashlib
import json
from typing import Any


def canonical_json(value: Any) -> str:
    """Sorted keys, no spaces, UTF-8 kept; raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def checksum(value: Any) -> str:
    """SHA-256 (hex) of the canonical JSON of a value."""
    # surrogates can come out of escaped JSON in deliveries: hash them rather than fail
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()
