"""Between a rubric's content and the fields of its editor."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from auditing.core.errors import BadInput
from auditing.rubrics.scale_files import TYPES
from auditing.web import documents
from auditing.web.documents import LEAF, LEAVES, filled, number_or_text

_STARTERS: dict[str, dict[str, Any]] = {
    "binary": {"good": "yes"},
    "ordinal": {"levels": [{"value": value, "label": ""} for value in range(1, 6)]},
    "nominal": {"options": [{"key": "first"}, {"key": "second"}]},
    "numeric": {"low": 0, "high": 100},
    "taxonomy": {
        "categories": ["accuracy", "fluency"],
        "severities": {"minor": 1, "major": 5, "critical": 25},
    },
    "preference": {"options": ["a", "b", "tie"]},
}
_TEXT_ROW = tuple[str, str, str]
_SCALE_SHAPE = {
    "type": LEAF,
    "cannot_assess": LEAF,
    "aliases": LEAVES,
    "good": (LEAF, [LEAF]),
    "levels": [{"value": LEAF, "label": LEAF, "anchor": LEAF}],
    "options": [(LEAF, {"key": LEAF, "label": LEAF, "description": LEAF})],
    "low": LEAF,
    "high": LEAF,
    "unit": LEAF,
    "categories": [LEAF],
    "severities": LEAVES,
}
_CRITERION_SHAPE = {
    "key": LEAF,
    "question": LEAF,
    "guidance": LEAF,
    "scale": _SCALE_SHAPE,
    "weight": LEAF,
    "critical": LEAF,
}
_FORM_SCALE = {
    "levels": [{"value": LEAF, "label": LEAF, "anchor": LEAF}],
    "options": (LEAF, [{"key": LEAF, "label": LEAF, "description": LEAF, "good": LEAF}]),
    **dict.fromkeys(("type", "cannot_assess", "aliases", "good", "low", "high", "unit"), LEAF),
    **dict.fromkeys(("categories", "severities"), LEAF),  # a text of lines each
}
_SHAPE = {"rubric": LEAF, "description": LEAF, "criteria": [_CRITERION_SHAPE], "item_passes_when": LEAF}
_FORM = _SHAPE | {"criteria": [_CRITERION_SHAPE | {"scale": _FORM_SCALE}]}


@dataclass(frozen=True)
class ScaleFields:
    """What the editor shows of a scale, each part as the text of its field."""

    path: str
    type: str
    cannot_assess: bool = False
    aliases: str = ""
    good: str = ""
    rows: list[_TEXT_ROW] = field(default_factory=list)
    good_rows: list[bool] = field(default_factory=list)
    low: str = ""
    high: str = ""
    unit: str = ""
    categories: str = ""
    severities: str = ""
    options: str = ""

    @property
    def types(self) -> tuple[str, ...]:
        return TYPES

    @property
    def marked_rows(self) -> list[tuple[_TEXT_ROW, bool]]:
        return list(zip(self.rows, self.good_rows or [False] * len(self.rows), strict=True))


@dataclass(frozen=True)
class CriterionFields:
    path: str
    key: str
    question: str
    guidance: str
    weight: str
    critical: bool
    scale: ScaleFields


def starter(path: str) -> Any:
    """What a new entry of the list at a path starts as."""
    if path == "criteria":
        return {"key": "", "question": "", "scale": {"type": "binary"} | _STARTERS["binary"]}
    return {"value": "", "label": ""} if path.endswith(".levels") else {"key": "", "label": ""}


def starter_scale(kind: str) -> dict[str, Any]:
    """A scale of that type to start from."""
    if kind not in _STARTERS:
        raise BadInput(f"There is no scale type {kind!r}.")
    return {"type": kind, **_STARTERS[kind]}


def new_content(name: str, description: str = "") -> dict[str, Any]:
    """A rubric to start from: one question with yes or no."""
    criterion = {"key": "correct", "question": "Is it correct?", "scale": starter_scale("binary")}
    return {**filled(rubric=name, description=description), "criteria": [criterion | {"critical": True}]}


def read_fields(post: QueryDict) -> dict[str, Any]:
    """The rubric's content as the form has it, right or not yet."""
    form = documents.from_fields(post, _FORM)
    content = filled(rubric=form.get("rubric", ""), description=form.get("description", "").strip())
    content["criteria"] = [_read_criterion(row) for row in _list(form.get("criteria"))]
    return content | filled(item_passes_when=form.get("item_passes_when", "").strip())


def operate(content: dict[str, Any], operation: str) -> dict[str, Any]:
    """The content after one of the editor's buttons; `retype:PATH` gives a scale what its new type needs."""
    verb, _, path = operation.partition(":")
    if verb != "retype":
        return documents.edited(content, operation, starter)
    for index, criterion in enumerate(content["criteria"]):
        if path == f"criteria[{index}].scale":
            kept = {name: value for name, value in criterion["scale"].items() if name == "cannot_assess"}
            criterion["scale"] = starter_scale(criterion["scale"].get("type", "")) | kept
            return content
    raise BadInput(f"{operation!r} does not fit this rubric")


def fits_fields(content: Any) -> bool:
    """Can the form show all of it? What the form does not know would otherwise be lost by it."""
    return documents.conforms(content, _SHAPE)


def criterion_fields(content: dict[str, Any]) -> list[CriterionFields]:
    """The criteria as texts of fields."""
    return [
        CriterionFields(
            path=f"criteria[{index}]",
            key=_text(row.get("key")),
            question=_text(row.get("question")),
            guidance=_text(row.get("guidance")),
            weight=_text(row.get("weight")),
            critical=row.get("critical") is True,
            scale=_scale_fields(row.get("scale") or {}, f"criteria[{index}].scale"),
        )
        for index, row in enumerate(content.get("criteria") or [])
    ]


def _scale_fields(scale: dict[str, Any], path: str) -> ScaleFields:
    kind = _text(scale.get("type"))
    good = scale.get("good", [])
    rows = _levels(scale) if kind == "ordinal" else _options(scale) if kind == "nominal" else []
    return ScaleFields(
        path=path,
        type=kind,
        cannot_assess=scale.get("cannot_assess") is True,
        aliases=documents.pair_lines(scale.get("aliases")),
        good=good if isinstance(good, str) else "",
        rows=rows,
        good_rows=[row[0] in ([good] if isinstance(good, str) else good) for row in rows],
        low=_text(scale.get("low")),
        high=_text(scale.get("high")),
        unit=_text(scale.get("unit")),
        categories=documents.text_lines(scale.get("categories")),
        severities=documents.pair_lines(scale.get("severities")),
        options=documents.text_lines(scale.get("options")) if kind == "preference" else "",
    )


def _levels(scale: dict[str, Any]) -> list[_TEXT_ROW]:
    names = ("value", "label", "anchor")
    return [_row(level, names) for level in scale.get("levels") or []]


def _options(scale: dict[str, Any]) -> list[_TEXT_ROW]:
    names = ("key", "label", "description")
    options = (
        {"key": option} if isinstance(option, str) else option for option in scale.get("options") or []
    )
    return [_row(option, names) for option in options]


def _row(entry: dict[str, Any], names: tuple[str, str, str]) -> _TEXT_ROW:
    first, second, third = (_text(entry.get(name)) for name in names)
    return first, second, third


def _read_criterion(row: Any) -> dict[str, Any]:
    row = row if isinstance(row, dict) else {}
    criterion = {"key": row.get("key", "").strip()}
    criterion |= filled(question=row.get("question", "").strip(), guidance=row.get("guidance", "").strip())
    criterion["scale"] = _read_scale(row.get("scale") or {})
    weight = number_or_text(row.get("weight", ""))
    return criterion | filled(weight=weight, critical=True if "critical" in row else None)


def _read_scale(row: dict[str, Any]) -> dict[str, Any]:
    kind = row.get("type", "")
    scale = {"type": kind, **(_SCALE_READERS[kind](row) if kind in _SCALE_READERS else {})}
    if "cannot_assess" in row:
        scale["cannot_assess"] = True
    return scale | filled(aliases=documents.pairs(row.get("aliases", "")))


def _read_levels(row: dict[str, Any]) -> dict[str, Any]:
    levels = [
        {
            "value": number_or_text(level.get("value", "")),
            **filled(label=level.get("label", "").strip(), anchor=level.get("anchor", "").strip()),
        }
        for level in _list(row.get("levels"))
    ]
    return {"levels": levels}


def _read_options(row: dict[str, Any]) -> dict[str, Any]:
    options: list[Any] = []
    good: list[str] = []
    for option in _list(row.get("options")):
        key = option.get("key", "").strip()
        words = filled(
            label=option.get("label", "").strip(), description=option.get("description", "").strip()
        )
        options.append({"key": key, **words})
        good += [key] if "good" in option else []
    return {"options": options, **filled(good=good)}


def _read_numeric(row: dict[str, Any]) -> dict[str, Any]:
    low, high = (number_or_text(row.get(name, "")) for name in ("low", "high"))
    return {"low": low, "high": high, **filled(unit=row.get("unit", "").strip())}


def _read_taxonomy(row: dict[str, Any]) -> dict[str, Any]:
    severities = documents.pairs(row.get("severities", ""))
    return {
        "categories": documents.lines(row.get("categories", "")),
        "severities": {name: number_or_text(points) for name, points in severities.items()},
    }


def _read_preference(row: dict[str, Any]) -> dict[str, Any]:
    options = row.get("options", "")  # rows where the scale has just been nominal
    return {"options": documents.lines(options) if isinstance(options, str) else []}


_SCALE_READERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "binary": lambda row: {"good": row.get("good", "yes")},
    "ordinal": _read_levels,
    "nominal": _read_options,
    "numeric": _read_numeric,
    "taxonomy": _read_taxonomy,
    "preference": _read_preference,
}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return "" if value is None else str(value)
