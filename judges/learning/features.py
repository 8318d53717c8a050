"""What a learned judge sees of an item: measures of its fields and of their pairs, and hashed words.

Everything is computed from the payload alone, in the same way when training and when judging.
"""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

from judges.programs.reading import TEXT_CAP, as_text, words

BUCKETS = 4096
MOST_GRAMS = 2000  # of one field
MOST_FIELDS = 8
_LEFT_OUT = frozenset({"images", "meta"})
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


def fields_of(payloads: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The fields that most items have, in a fixed order; pictures and the item's administration left out."""
    counts = Counter(name for payload in payloads for name in opened(payload) if name not in _LEFT_OUT)
    common = sorted(name for name, count in counts.items() if 2 * count >= len(payloads))
    return tuple(common[:MOST_FIELDS])


def opened(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """The payload with its candidates as fields of their own, so that they are compared with each other."""
    sides = payload.get("candidates")
    if not isinstance(sides, Mapping):
        return payload
    rest = {name: value for name, value in payload.items() if name != "candidates"}
    return {**rest, **{f"candidate {side}": value for side, value in sides.items()}}


def measures(payload: Mapping[str, Any], fields: Sequence[str]) -> dict[str, float]:
    """Named numbers; one that cannot be had of this item is NaN."""
    payload = opened(payload)
    texts = {name: text_of(payload.get(name)) for name in fields}
    said = {name: words(text) for name, text in texts.items()}
    found: dict[str, float] = {}
    for name in fields:
        found |= {f"{name}: {what}": value for what, value in _of_one(texts[name], said[name])}
    for first, second in combinations(fields, 2):
        pair = _of_pair(said[first], said[second], texts[first], texts[second])
        found |= {f"{first} and {second}: {what}": value for what, value in pair}
        found |= _of_parts(first, second, payload.get(first), payload.get(second))
    return found


def grams(payload: Mapping[str, Any], fields: Sequence[str]) -> dict[int, float]:
    """Bucket -> 1 + log(count), of the words and word pairs of each field."""
    counts: Counter[int] = Counter()
    payload = opened(payload)
    for name in fields:
        said = words(text_of(payload.get(name)))[:MOST_GRAMS]
        pairs = [f"{first} {second}" for first, second in pairwise(said)]
        counts.update(_bucket(name, gram) for gram in [*said, *pairs])
    return {bucket: 1 + math.log(count) for bucket, count in counts.items()}


def text_of(value: Any) -> str:
    """A field's text; of an object or list, that of its leaves."""
    if isinstance(value, Mapping | list):
        return " ".join(_leaves(value))[:TEXT_CAP]
    return "" if value is None else as_text(value)[:TEXT_CAP]


def _leaves(value: Any, depth: int = 0) -> Iterator[str]:
    inner = value.values() if isinstance(value, Mapping) else value
    for one in inner:
        if isinstance(one, Mapping | list):
            yield from _leaves(one, depth + 1) if depth < 20 else ()
        elif one is not None:
            yield as_text(one)


def _bucket(name: str, gram: str) -> int:
    return zlib.crc32(f"{name}\x1f{gram}".encode()) % BUCKETS


def _of_one(text: str, said: Sequence[str]) -> Iterator[tuple[str, float]]:
    characters = max(1, len(text))
    yield "characters (log)", math.log1p(len(text))
    yield "words (log)", math.log1p(len(said))
    yield "word length", sum(map(len, said)) / max(1, len(said))
    yield "share of distinct words", len(set(said)) / max(1, len(said))
    yield "share of digits", sum(map(str.isdigit, text)) / characters
    yield "share of capitals", sum(map(str.isupper, text)) / characters
    yield "share of marks", sum(not (one.isalnum() or one.isspace()) for one in text) / characters


def _of_pair(
    first: Sequence[str], second: Sequence[str], first_text: str, second_text: str
) -> Iterator[tuple[str, float]]:
    one, other = set(first), set(second)
    yield "shared words", _jaccard(one, other)
    yield "share of the first in the second", _share(one, other)
    yield "share of the second in the first", _share(other, one)
    numbers = set(_NUMBER.findall(first_text)), set(_NUMBER.findall(second_text))
    yield "shared numbers", _jaccard(*numbers)
    codes = {word for word in one if _is_code(word)}, {word for word in other if _is_code(word)}
    yield "shared codes", _jaccard(*codes)
    yield "difference of length", math.log1p(len(first)) - math.log1p(len(second))


def _of_parts(first: str, second: str, one: Any, other: Any) -> dict[str, float]:
    """Two objects with the same keys, such as two records, compared key by key."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return {}
    found = {}
    for key in sorted(set(one) & set(other))[:MOST_FIELDS]:
        left, right = text_of(one[key]), text_of(other[key])
        name = f"{first} and {second}, {key}"
        found[f"{name}: shared words"] = _jaccard(set(words(left)), set(words(right)))
        found[f"{name}: shared letters"] = _jaccard(_letters(left), _letters(right))
        found[f"{name}: distance of numbers"] = _distance(left, right)
    return found


def _letters(text: str) -> set[str]:
    plain = " ".join(words(text))
    return {plain[start : start + 3] for start in range(max(0, len(plain) - 2))}


def _distance(left: str, right: str) -> float:
    """Of two numbers, their difference as a share of the larger; NaN where there are not two."""
    try:
        one, other = float(left), float(right)
    except ValueError:
        return math.nan
    largest = max(abs(one), abs(other))
    if not math.isfinite(largest):
        return math.nan
    return abs(one / largest - other / largest) if largest else 0.0


def _is_code(word: str) -> bool:
    return len(word) > 2 and any(map(str.isdigit, word)) and any(map(str.isalpha, word))


def _jaccard(one: set[str], other: set[str]) -> float:
    """NaN where either has none: nothing can be shared."""
    return len(one & other) / len(one | other) if one and other else math.nan


def _share(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one) if one else math.nan
