"""The tokens of a reply with their log-probabilities, as chat completions give them."""

from collections.abc import Mapping
from typing import Any

from judges.contracts import Token
from judges.fencing import clean

LEAST = -9999.0  # as good as impossible, and yet a number


def tokens_of(body: Mapping[str, Any]) -> tuple[Token, ...]:
    """Of the first choice, in order; empty where the endpoint gave none, or not in the form of the protocol."""
    choices = body.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    logprobs = choice.get("logprobs") if isinstance(choice, dict) else None
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        return ()
    tokens = [_token(entry) for entry in content]
    return tuple(token for token in tokens if token) if all(tokens) else ()


def _token(entry: object) -> Token | None:
    pair = _pair(entry)
    if pair is None or not isinstance(entry, dict):
        return None
    others = entry.get("top_logprobs")
    alternatives = [_pair(other) for other in others] if isinstance(others, list) else []
    return Token(*pair, dict([*filter(None, alternatives), pair]))


def _pair(entry: object) -> tuple[str, float] | None:
    if not isinstance(entry, dict):
        return None
    text, logprob = entry.get("token"), entry.get("logprob")
    if not isinstance(text, str) or isinstance(logprob, bool) or not isinstance(logprob, int | float):
        return None
    if logprob != logprob:  # NaN
        return None
    return clean(text), float(max(LEAST, min(0.0, logprob)))
