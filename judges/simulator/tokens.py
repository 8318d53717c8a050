"""Log-probabilities of a simulated reply: at each token of a value, how likely the persona was to go on so."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from judges.spans import Span, value_spans

Chances = Mapping[str, Mapping[str, float]]
"""Question key -> JSON text of each value -> its probability."""

_TOKEN = re.compile(r" ?[^\W\d]+|\d|\s|.", re.DOTALL)
_IMPOSSIBLE = 1e-9


def logprobs(text: str, chances: Chances, top: int) -> dict[str, Any]:
    """The `logprobs` object of a choice. What is no value was certain."""
    starts = {span[0]: (key, span) for key, span in value_spans(text).items() if key in chances}
    content, inside, said = [], None, ""
    for match in _TOKEN.finditer(text):
        if match.start() in starts:
            key, span = starts[match.start()]
            inside, said = (chances[key], span), ""
        if inside is None or match.start() > inside[1][1]:
            content.append(_entry(match[0], {match[0]: 1.0}, 1))
            continue
        content.append(_entry(match[0], _next(inside[0], said, text, inside[1]), top))
        said += match[0]
    return {"content": content, "refusal": None}


def _next(values: Mapping[str, float], said: str, text: str, span: Span) -> dict[str, float]:
    """The probabilities of the next token, given what was said of the value."""
    after = text[span[1]]
    going = {
        f"{value}{after}": share for value, share in values.items() if f"{value}{after}".startswith(said)
    }
    total = sum(going.values()) or 1.0
    found: dict[str, float] = {}
    for value, share in going.items():
        match = _TOKEN.match(value, len(said))
        token = match[0] if match else after
        found[token] = found.get(token, 0.0) + share / total
    return found


def _entry(token: str, shares: Mapping[str, float], top: int) -> dict[str, Any]:
    ranked = sorted(shares, key=lambda one: -shares[one])[:top]
    return _pair(token, shares.get(token, 0.0)) | {
        "top_logprobs": [_pair(one, shares[one]) for one in ranked]
    }


def _pair(token: str, share: float) -> dict[str, Any]:
    return {"token": token, "logprob": math.log(max(share, _IMPOSSIBLE)), "bytes": list(token.encode())}


def written(values: Mapping[str, float], is_text: bool) -> dict[str, float]:
    """Canonical values as a reply has them in JSON."""
    return {
        json.dumps(value, ensure_ascii=False) if is_text else value: share for value, share in values.items()
    }
