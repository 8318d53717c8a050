"""A first guess at a mapping, from the names and values of some rows; a person looks at it before it is used."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from auditing.datasets.fields import lookup, paths_of
from auditing.datasets.mapping import ROW_NUMBER, SINGLE, MappingSpec, Paths

NAMES = {
    "id": ("id", "item_id", "example_id", "sample_id", "uid", "uuid", "key"),
    "input": ("input", "question", "prompt", "instruction", "query", "source", "src", "text", "left"),
    "output": (
        "output",
        "answer",
        "response",
        "completion",
        "prediction",
        "translation",
        "tgt",
        "label",
        "right",
    ),
    "reference": ("reference", "gold_answers", "gold", "expected", "target", "ground_truth"),
    "messages": ("messages", "conversation", "turns", "context"),
    "images": ("images", "image"),
    "producer": ("producer", "produced_by", "vendor", "annotator", "worker", "model"),
    "produced_at": ("produced_at", "created_at", "timestamp", "time", "date"),
    "cluster": ("cluster", "question_id", "document_id", "group", "group_id"),
}
PAIRS = (
    ("candidates.a", "candidates.b"),
    ("response1", "response2"),
    ("response_a", "response_b"),
    ("output_1", "output_2"),
    ("answer_a", "answer_b"),
    ("a", "b"),
)
MOST_SLICE_VALUES = 12
LONGEST_SLICE_VALUE = 60


def found_paths(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every path of some rows, in the order of their first appearance."""
    return list(dict.fromkeys(path for row in rows for path in paths_of(row)))


def suggest(rows: Sequence[Mapping[str, Any]]) -> MappingSpec:
    """A mapping to start from; ids are the rows' numbers where no field looks like one."""
    paths = found_paths(rows)
    pair = next((pair for pair in PAIRS if set(pair) <= set(paths)), None)
    payload: dict[str, Paths] = {}
    for word in ("input", "output", "reference", "messages", "images"):
        found = _named(word, paths)
        if found and _fits(word, found, rows) and not (pair and word == "output"):
            payload[word] = found
    if pair:
        payload["candidates"] = dict(zip("ab", pair, strict=True))
    if "instruction" in paths and payload.get("input") == "input":
        payload["input"] = {"instruction": "instruction", "input": "input"}
    single = {role: _named(role, paths) for role in SINGLE}
    taken = {*_flat(payload), *single.values(), _named("id", paths)}
    slices = {_name_of(path): path for path in paths if path not in taken and _looks_like_slice(path, rows)}
    return MappingSpec(
        _named("id", paths) or ROW_NUMBER,
        payload,
        single["producer"],
        single["produced_at"],
        single["cluster"],
        slices,
    )


def _flat(payload: Mapping[str, Paths]) -> list[str]:
    return [
        path
        for paths in payload.values()
        for path in (paths.values() if isinstance(paths, dict) else [paths])
    ]


def _named(role: str, paths: Sequence[str]) -> str:
    """The path whose last step is the role's best name; "" when none is."""
    for name in NAMES[role]:
        for path in paths:
            if _name_of(path).lower() == name:
                return path
    return ""


def _name_of(path: str) -> str:
    return path.rsplit(".", 1)[-1]


def _fits(word: str, path: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    values = [value for row in rows if (value := lookup(row, path)) is not None]
    return word != "messages" or all(isinstance(value, list) for value in values)


def _looks_like_slice(path: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Few different short values, some of which repeat."""
    values = [value for row in rows if (value := lookup(row, path)) not in (None, "")]
    texts = {str(value) for value in values}
    is_plain = all(
        isinstance(value, str | int | bool) and len(str(value)) <= LONGEST_SLICE_VALUE for value in values
    )
    return is_plain and 2 <= len(texts) <= min(MOST_SLICE_VALUES, len(values) // 2)
