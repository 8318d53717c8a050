"""How a report writes numbers, times and names."""

import json
import re
from datetime import datetime
from typing import Any

from auditing.rubrics.schema import ITEM_PASSES

DASH = "–"
LONGEST_CELL = 160
BASES = {"human": "Auditors only", "assisted": "Auditors and judges"}
TARGETS = {"batch": "this batch", "process": "the process behind this batch"}
SINCE_LATER = {
    "target": "batch",
    "side": "two-sided",
    "earlier_labels": 0,
    "beside": {},
}  # what older reports did not say
NOT_SHARES = ("mean", "mean_severity_points")
# control characters but for tab and newline, lone surrogates, and what XML does not know
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def printable(value: Any) -> Any:
    """Plain data whose texts any exporter can set, and any reader can read."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {printable(key): printable(part) for key, part in value.items()}
    return [printable(part) for part in value] if isinstance(value, list) else value


def complete(estimate: dict[str, Any]) -> dict[str, Any]:
    """An estimate of a report of any age, with every figure that is known today."""
    return SINCE_LATER | estimate


def cell(value: Any) -> str:
    """Any value as a short text; a dash for nothing."""
    text = DASH if value in (None, "") else f"{value:,}" if isinstance(value, int) else str(value)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def answer(value: str | None) -> str:
    """A canonical value as people say it: a list of errors by category and severity."""
    if value is None or not value.startswith("["):
        return cell(value)
    errors = json.loads(value)
    return cell(", ".join(f"{one['category']} ({one['severity']})" for one in errors) or "none")


def share(value: float | None) -> str:
    return DASH if value is None else f"{100 * value:.1f}%"


def decimal(value: float | None) -> str:
    return DASH if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def figure(estimate: dict[str, Any], key: str = "estimate") -> str:
    """A number of an estimate, as a share or on its scale."""
    return (share if is_share(estimate) else decimal)(estimate[key])


def difference(estimate: dict[str, Any], value: float) -> str:
    return f"{100 * value:+.1f} points" if is_share(estimate) else f"{value:+.2f}"


def interval(estimate: dict[str, Any]) -> str:
    if estimate["low"] is None:
        return DASH
    return f"{figure(estimate, 'low')} to {figure(estimate, 'high')}"


def coefficient(value: float | None, bounds: list[float] | None) -> str:
    """A coefficient with its interval, as in `.69 [.61, .77]`."""
    if value is None:
        return DASH
    return f"{value:.2f}" + (f" [{bounds[0]:.2f}, {bounds[1]:.2f}]" if bounds else "")


def is_share(estimate: dict[str, Any]) -> bool:
    return estimate["estimand"] not in NOT_SHARES


def confidence(value: float) -> str:
    return f"{100 * value:.4g}%"


def criterion(key: str) -> str:
    return "Whole item" if key == ITEM_PASSES else key


def measure(estimate: dict[str, Any]) -> str:
    return f"{criterion(estimate['criterion'])}, {estimate['estimand'].replace('_', ' ')}"


def day(moment: str | None) -> str:
    return _written(moment, "%-d %B %Y")


def minute(moment: str | None) -> str:
    return _written(moment, "%-d %B %Y, %H:%M UTC")


def _written(moment: str | None, style: str) -> str:
    return datetime.fromisoformat(moment).strftime(style) if moment else DASH


def amount(number: float | None) -> str:
    return DASH if number is None else f"{round(number):,}"


def count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
