"""How probable each value of a scale was, from the log-probabilities of a reply's tokens.

A value may span several tokens, and a token may hold more than the value. Along the tokens of the value that was
said, each alternative is followed as far as its own text goes: it counts for the only value that it spells in full
or begins. What may become several values (1, which may go on to 10), or none, counts for none; `covered` says how much
probability was read, and the probabilities are shares of it. Where less than half was read there are none.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from judges.contracts import Token
from judges.spans import Span

_ENDS_A_VALUE = " \t\r\n,}]"
_LEAST_COVERED = 0.5


@dataclass(frozen=True, slots=True)
class Weights:
    """Probabilities of the values, which sum to 1, and the share of all probability that they stand for."""

    probabilities: Mapping[str, float]
    covered: float


def joined(tokens: Iterable[Token]) -> str:
    return "".join(token.text for token in tokens)


def weigh(tokens: Sequence[Token], span: Span, written: Mapping[str, str]) -> Weights | None:
    """The probability of each value of `written` (value -> its JSON text) at the place of the one that was said.

    `span` counts characters of the joined tokens. None where what stands there is no value of the scale, and where too
    little of the probability could be read.
    """
    text, (start, end) = joined(tokens), span
    said = next((value for value, json_text in written.items() if _same(json_text, text[start:end])), None)
    if said is None:
        return None
    masses, path = dict.fromkeys(written, 0.0), 0.0
    for token, at in _within(tokens, start, end + (text[start] != '"')):
        for other, logprob in token.alternatives.items():
            value = None if other == token.text else _spelled(other, text, at, start, written)
            if value is not None:
                masses[value] += math.exp(path + logprob)
        path += token.logprob
    masses[said] += math.exp(path)
    covered = sum(masses.values())
    if covered < _LEAST_COVERED:
        return None
    return Weights({value: mass / covered for value, mass in masses.items()}, min(1.0, covered))


def _within(tokens: Sequence[Token], start: int, end: int) -> Iterator[tuple[Token, int]]:
    """The tokens that touch the span, each with its position; a number ends only with what follows it."""
    at = 0
    for token in tokens:
        if at < end and at + len(token.text) > start:
            yield token, at
        at += len(token.text)


def _spelled(other: str, text: str, at: int, start: int, written: Mapping[str, str]) -> str | None:
    """The value that stands there if this token does; None where that cannot be told."""
    lead = text[at:start]
    if lead.strip():
        if not other.startswith(lead):
            return None
        other = other[len(lead) :]
    produced = text[start:at] + (other if at >= start else other.lstrip())
    if not produced:
        return None
    fits = [value for value, text in written.items() if _completes(produced, text) or _begins(produced, text)]
    return fits[0] if len(fits) == 1 else None


def _completes(produced: str, json_text: str) -> bool:
    rest = produced[len(json_text) :]
    return _same(produced[: len(json_text)], json_text) and (not rest or rest[0] in _ENDS_A_VALUE)


def _begins(produced: str, json_text: str) -> bool:
    return len(produced) < len(json_text) and _same(json_text[: len(produced)], produced)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
