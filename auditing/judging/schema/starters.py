"""A first content for an architecture, made of what a draft already says."""

from collections.abc import Callable
from typing import Any

from auditing.judging.schema.registry import DEFAULT_ARCHITECTURE, kind_named

NOT_WRITTEN = ("learned",)  # made by a command, not by hand
SAYS_SOMETHING = {"check": "length", "field": "output", "least": 1, "fails": "no"}


def starter(architecture: str, draft: dict[str, Any]) -> dict[str, Any]:
    """Content of that architecture; the model, and what it shares with the draft, are kept. Raises BadInput."""
    kind = kind_named(architecture)
    model = _model_of(draft)
    content = {} if architecture == DEFAULT_ARCHITECTURE else {"architecture": architecture}
    if "model" in kind.keys:
        content |= model | {key: draft[key] for key in kind.keys if key in draft}
    return content | (_FIRST[architecture](model) if architecture in _FIRST else {})


def _panel(model: dict[str, Any]) -> dict[str, Any]:
    members = [{"name": name, **model} for name in ("first", "second", "third")]
    return {"combine": "majority", "needs": 2, "members": members}


def _cascade(model: dict[str, Any]) -> dict[str, Any]:
    cheap = {"name": "cheap", "architecture": "probability_weighted", **model, "accept": 0.9}
    return {"stages": [cheap, {"name": "strong", **model}]}


def _debate(model: dict[str, Any]) -> dict[str, Any]:
    return {"rounds": 1, **{side: dict(model) for side in ("first", "second", "third")}}


def _program(model: dict[str, Any]) -> dict[str, Any]:
    return {"criteria": {"correct": {"checks": [SAYS_SOMETHING], "otherwise": "yes"}}}


_FIRST: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "panel": _panel,
    "cascade": _cascade,
    "debate": _debate,
    "program": _program,
    "self_consistency": lambda model: {"samples": 5, "temperature": 0.7},
    "critique_and_revise": lambda model: {"rounds": 1},
}


def _model_of(draft: dict[str, Any]) -> dict[str, Any]:
    """The first model that a content names, with its endpoint."""
    if isinstance(draft.get("model"), str):
        return {key: draft[key] for key in ("endpoint", "model") if draft.get(key)}
    inner = [value for value in draft.values() if isinstance(value, dict)]
    inner += [
        row for value in draft.values() if isinstance(value, list) for row in value if isinstance(row, dict)
    ]
    for one in inner:
        found = _model_of(one)
        if found:
            return found
    return {}
