"""The base of every result object: frozen, and plain data on request."""

import dataclasses
import math
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Result:
    """A frozen result that turns into JSON-ready data with `to_dict()`."""

    def to_dict(self) -> dict[str, Any]:
        """Every field as plain data; numbers that are undefined (NaN) or infinite become None."""
        return {field.name: plain(getattr(self, field.name)) for field in dataclasses.fields(self)}


def plain(value: Any) -> Any:
    """`value` as JSON-ready data: arrays become lists, NaN and infinities None, other objects (an id) their text."""
    if isinstance(value, Result):
        return value.to_dict()
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)
