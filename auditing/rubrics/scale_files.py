"""Scales as rubric files write them: reading with complaints that name the path, and writing back."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, read_number, unknown
from auditing.rubrics.scales import (
    CANNOT_ASSESS,
    Binary,
    Level,
    Nominal,
    Numeric,
    Option,
    Ordinal,
    Preference,
    Scale,
    Taxonomy,
    number_text,
)

_COMMON = ("type", "cannot_assess", "aliases")
_KEYS = {
    "binary": ("good",),
    "ordinal": ("levels",),
    "nominal": ("options", "good"),
    "numeric": ("low", "high", "unit"),
    "taxonomy": ("categories", "severities"),
    "preference": ("options",),
}
TYPES = tuple(_KEYS)


def read_scale(data: Any, path: str) -> Scale:
    """A scale from its mapping. Raises BadInput naming the path."""
    kind = data.get("type") if isinstance(data, dict) else None
    if isinstance(data, dict) and "type" in data and kind not in TYPES:
        raise BadInput(unknown("scale type", kind, TYPES), field=f"{path}.type")
    fields = Fields(data, path, (*_COMMON, *_KEYS.get(str(kind), ())))
    fields.need("type")
    own = _READERS[str(kind)](fields)
    scale = own(cannot_assess=fields.flag("cannot_assess"))
    return own(cannot_assess=scale.cannot_assess, aliases=_aliases(fields, scale))


Make = Callable[..., Scale]


def _binary(fields: Fields) -> Make:
    good = fields.choice("good", ("yes", "no"), "yes")
    return lambda **common: Binary(good=good, **common)


def _ordinal(fields: Fields) -> Make:
    levels = tuple(_level(row, path) for path, row in fields.rows("levels"))
    _refuse_repeats(fields, "levels", "value", [level.key for level in levels])
    return lambda **common: Ordinal(levels=levels, **common)


def _level(row: Any, path: str) -> Level:
    fields = Fields(row, path, ("value", "label", "anchor"))
    return Level(fields.number("value"), fields.text("label", ""), fields.text("anchor", ""))


def _nominal(fields: Fields) -> Make:
    options = tuple(_option(row, path) for path, row in fields.rows("options"))
    keys = [option.key for option in options]
    _refuse_repeats(fields, "options", "key", keys)
    good = fields.texts("good") if isinstance(fields.data.get("good"), list) else (fields.text("good", ""),)
    for key in filter(None, good):
        if key not in keys:
            raise fields.complain("good", unknown("option", key, keys))
    return lambda **common: Nominal(options=options, good=tuple(filter(None, good)), **common)


def _option(row: Any, path: str) -> Option:
    if isinstance(row, str) and row.strip():
        return Option(row.strip())
    fields = Fields(row, path, ("key", "label", "description"))
    return Option(fields.text("key"), fields.text("label", ""), fields.text("description", ""))


def _numeric(fields: Fields) -> Make:
    low, high, unit = fields.number("low"), fields.number("high"), fields.text("unit", "")
    if not low < high:
        raise fields.complain("high", f"must be above low, which is {number_text(low)}")
    return lambda **common: Numeric(low=low, high=high, unit=unit, **common)


def _taxonomy(fields: Fields) -> Make:
    categories = fields.texts("categories")
    if not categories:
        raise fields.complain("categories", "needs at least one category")
    severities: dict[str, float] = {}
    for path, name, points in fields.pairs("severities"):
        severities[name.strip()] = read_number(points, path)
        if severities[name.strip()] < 0 or not name.strip():
            raise BadInput("a severity needs a name and points that are not negative", field=path)
    if not severities:
        raise fields.complain("severities", "needs at least one `name: points` line")
    return lambda **common: Taxonomy(categories=categories, severities=severities, **common)


def _preference(fields: Fields) -> Make:
    options = fields.texts("options") or Preference().options
    _refuse_repeats(fields, "options", "", list(options))
    return lambda **common: Preference(options=options, **common)


_READERS: dict[str, Callable[[Fields], Make]] = {
    "binary": _binary,
    "ordinal": _ordinal,
    "nominal": _nominal,
    "numeric": _numeric,
    "taxonomy": _taxonomy,
    "preference": _preference,
}


def _refuse_repeats(fields: Fields, key: str, part: str, values: list[str]) -> None:
    if len(values) < 2:
        raise fields.complain(key, "needs at least two entries")
    seen: set[str] = set()
    for index, value in enumerate(values):
        where = f"{key}[{index}]" + (f".{part}" if part else "")
        if value.casefold() in seen:
            raise fields.complain(where, f"{value!r} is there twice")
        if value.casefold() == CANNOT_ASSESS:
            raise fields.complain(where, f"{CANNOT_ASSESS} is reserved; write `cannot_assess: true`")
        seen.add(value.casefold())


def _aliases(fields: Fields, scale: Scale) -> dict[str, str]:
    aliases: dict[str, str] = {}
    for path, name, target in fields.pairs("aliases"):
        try:
            aliases[name.strip().casefold()] = scale.canonical(target)
        except BadInput as error:
            raise BadInput(error.message, field=path) from error
    return aliases


def write_scale(scale: Scale) -> dict[str, Any]:
    """The mapping that `read_scale` reads back as the same scale."""
    content: dict[str, Any] = {"type": scale.type, **_own(scale)}
    if scale.cannot_assess:
        content["cannot_assess"] = True
    if scale.aliases:
        content["aliases"] = dict(scale.aliases)
    return content


def _own(scale: Scale) -> dict[str, Any]:
    match scale:
        case Binary():
            return {"good": scale.good}
        case Ordinal():
            return {"levels": [_filled(level) | {"value": plain(level.value)} for level in scale.levels]}
        case Nominal():
            good = {"good": list(scale.good)} if scale.good else {}
            return {"options": [_filled(option) for option in scale.options], **good}
        case Numeric():
            return {"low": plain(scale.low), "high": plain(scale.high)} | (
                {"unit": scale.unit} if scale.unit else {}
            )
        case Taxonomy():
            points = {name: plain(value) for name, value in scale.severities.items()}
            return {"categories": list(scale.categories), "severities": points}
        case Preference():
            return {"options": list(scale.options)}
    raise TypeError(f"not a scale: {scale!r}")


def _filled(part: Level | Option) -> dict[str, Any]:
    return {key: value for key, value in asdict(part).items() if value != ""}


def plain(value: float) -> int | float:
    """A whole number as an int, so that files say 4 and not 4.0."""
    return int(value) if float(value).is_integer() else value
