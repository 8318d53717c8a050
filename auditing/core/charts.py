"""Charts as inline SVG: plain data in, a `Chart` out, with the numbers behind it as a table.

The colours are CSS variables, so that one drawing serves both themes, or fixed ones where there is no style sheet
(`palette="print"`).
"""

import copy
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.safestring import SafeString, mark_safe

from auditing.core.drawing import AXIS, CONFIG, FIRST, SERIES, TARGET, Palette, Spec, draw

WIDTH = 520
NARROW = {
    "width": 200,
    "label": 96,
    "left": 6,
    "right": 14,
    "ticks": 4,
}  # fits a telephone in full-size letters


@dataclass(frozen=True)
class Chart:
    """A drawing, what it shows in words, and the numbers behind it. `narrow`: the same for a narrow screen; empty on
    paper.
    """

    svg: SafeString
    narrow: SafeString
    title: str
    description: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Interval(NamedTuple):
    """One estimate. `series` tells apart several estimates of one label (two methods, say)."""

    label: str
    estimate: float | None
    low: float | None
    high: float | None
    series: str = ""


class Bar(NamedTuple):
    label: str
    value: float
    series: str = ""


class Point(NamedTuple):
    """One value at `x` (an ISO date, or a number), with a band when low and high are known."""

    x: str | float
    y: float
    low: float | None = None
    high: float | None = None
    series: str = ""


class Bin(NamedTuple):
    """Of `n` cases predicted at about `predicted`, the share `observed` came true."""

    predicted: float
    observed: float
    low: float | None
    high: float | None
    n: int


def interval_chart(
    rows: Sequence[Interval],
    *,
    title: str,
    description: str = "",
    target: float | None = None,
    domain: tuple[float, float] | None = None,
    percent: bool = True,
    palette: Palette = "page",
) -> Chart:
    """A dot with a whisker per row; `target` is a dashed line. Rows without an estimate stand in the table only."""
    drawn = [row for row in rows if row.estimate is not None]
    scale: Spec = {"domain": list(domain)} if domain else {"zero": False, "nice": True}
    across: Spec = {
        "type": "quantitative",
        "scale": scale,
        "axis": {"title": None, "format": _format(percent), "tickCount": 6},
    }
    shared = {
        "y": {"field": "label", "type": "nominal", "sort": None, "axis": _label_axis()},
        **_colour(drawn),
    }
    if len({row.label for row in drawn}) < len(drawn):
        shared["yOffset"] = {"field": "series", "sort": None}
    whisker = {
        "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.45, "strokeCap": "round"},
        "encoding": {**shared, "x": {**across, "field": "low"}, "x2": {"field": "high"}},
    }
    dot = {
        "mark": {"type": "circle", "size": 80, "opacity": 1},
        "encoding": {**shared, "x": {**across, "field": "estimate"}},
    }
    spec = _layers(_records(drawn), [whisker, dot, *_target_line("x", target)], height={"step": 30})
    table = [
        (row.label, row.series, *(_written(v, percent) for v in (row.estimate, row.low, row.high)))
        for row in rows
    ]
    return _chart(spec, title, description, ("", "series", "estimate", "low", "high"), table, palette)


def bar_chart(
    rows: Sequence[Bar],
    *,
    title: str,
    description: str = "",
    percent: bool = False,
    palette: Palette = "page",
) -> Chart:
    """A horizontal bar per row, its value written at its end; bars of one label and several series are stacked."""
    across: Spec = {
        "field": "value",
        "type": "quantitative",
        "axis": {"title": None, "format": _format(percent), "tickCount": 5},
    }
    down: Spec = {"field": "label", "type": "nominal", "sort": None, "axis": _label_axis()}
    bars = {
        "mark": {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.62}},
        "encoding": {"x": across, "y": down, **_colour(rows)},
    }
    ends = {
        "mark": {"type": "text", "align": "left", "dx": 5},
        "encoding": {"x": across, "y": down, "text": {"field": "value", "format": _format(percent)}},
    }
    layers: list[Spec] = [bars] if any(row.series for row in rows) else [bars, ends]
    spec = _layers(_records(rows), layers, height={"step": 28})
    table = [(row.label, row.series, _written(row.value, percent)) for row in rows]
    return _chart(spec, title, description, ("", "series", "value"), table, palette)


def line_chart(
    points: Sequence[Point],
    *,
    title: str,
    description: str = "",
    x_title: str = "",
    y_title: str = "",
    target: float | None = None,
    percent: bool = True,
    palette: Palette = "page",
) -> Chart:
    """A line per series with its band, over dates (ISO text) or numbers."""
    kind = "temporal" if any(isinstance(point.x, str) for point in points) else "quantitative"
    across = {"field": "x", "type": kind, "axis": {"title": x_title or None, "grid": False}}
    up: Spec = {
        "type": "quantitative",
        "scale": {"zero": False},
        "axis": {"title": y_title or None, "format": _format(percent)},
    }
    shared = {"x": across, **_colour(points)}
    band = {
        "transform": [{"filter": "isValid(datum.low)"}],
        "mark": {"type": "area", "opacity": 0.16},
        "encoding": {**shared, "y": {**up, "field": "low"}, "y2": {"field": "high"}},
    }
    line = {
        "mark": {"type": "line", "strokeWidth": 2, "point": {"size": 36}},
        "encoding": {**shared, "y": {**up, "field": "y"}},
    }
    spec = _layers(_records(points), [band, line, *_target_line("y", target)], height=240)
    banded = any(point.low is not None for point in points)
    table = [
        (
            p.x if isinstance(p.x, str) else f"{p.x:,.6g}",
            p.series,
            *(_written(v, percent) for v in ((p.y, p.low, p.high) if banded else (p.y,))),
        )
        for p in points
    ]
    columns = (x_title or "x", "series", y_title or "value", *(("low", "high") if banded else ()))
    return _chart(spec, title, description, columns, table, palette)


def reliability_chart(
    bins: Sequence[Bin], *, title: str, description: str = "", palette: Palette = "page"
) -> Chart:
    """Predicted against observed; on the dashed diagonal a probability means what it says. Dots grow with n."""
    axis: Spec = {"type": "quantitative", "scale": {"domain": [0, 1]}}
    across = {**axis, "field": "predicted", "axis": {"title": "predicted", "format": "%"}}
    up = {**axis, "axis": {"title": "observed", "format": "%"}}
    colour = {"color": {"value": FIRST}}
    diagonal = {
        "data": {"values": [{"predicted": 0, "observed": 0}, {"predicted": 1, "observed": 1}]},
        "mark": {"type": "line", "strokeDash": [4, 4], "strokeWidth": 1, "color": AXIS},
        "encoding": {"x": across, "y": {**up, "field": "observed"}},
    }
    whisker = {
        "mark": {"type": "rule", "strokeWidth": 2, "opacity": 0.45},
        "encoding": {"x": across, "y": {**up, "field": "low"}, "y2": {"field": "high"}, **colour},
    }
    size = {"field": "n", "type": "quantitative", "legend": None, "scale": {"range": [30, 260]}}
    dot = {
        "mark": {"type": "circle", "opacity": 1},
        "encoding": {"x": across, "y": {**up, "field": "observed"}, "size": size, **colour},
    }
    spec = _layers(_records(bins), [diagonal, whisker, dot], height=320, width=320)
    table = [(*(_written(v, True) for v in (b.predicted, b.observed, b.low, b.high)), str(b.n)) for b in bins]
    return _chart(spec, title, description, ("predicted", "observed", "low", "high", "n"), table, palette)


# Drawing


def _records(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [{name: _clean(value) for name, value in row._asdict().items()} for row in rows]


def _clean(value: Any) -> Any:
    """Text without the control characters that XML forbids, short enough for an axis."""
    if not isinstance(value, str):
        return value
    text = re.sub(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]", " ", value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _format(percent: bool) -> str:
    return ".1~%" if percent else ",.3~f"


def _written(value: float | None, percent: bool) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f}%" if percent else f"{value:,.4g}"


def _label_axis() -> Spec:
    return {"title": None, "ticks": False, "domain": False, "labelPadding": 8}


def _colour(rows: Sequence[Any]) -> Spec:
    """A colour per series, in order of appearance; one colour, and no legend, where there are no series."""
    series = list(dict.fromkeys(_clean(row.series) for row in rows))
    if series in ([], [""]):
        return {"color": {"value": FIRST}}
    palette = [list(SERIES)[place % len(SERIES)] for place in range(len(series))]
    return {"color": {"field": "series", "type": "nominal", "scale": {"domain": series, "range": palette}}}


def _target_line(channel: str, target: float | None) -> list[Spec]:
    if target is None:
        return []
    mark = {"type": "rule", "strokeDash": [4, 3], "strokeWidth": 1.5, "color": TARGET}
    return [{"data": {"values": [{}]}, "mark": mark, "encoding": {channel: {"datum": target}}}]


def _layers(records: list[dict[str, Any]], layers: list[Spec], *, height: Any, width: int = WIDTH) -> Spec:
    return {
        "data": {"values": records},
        "width": width,
        "height": height,
        "layer": layers,
        "config": CONFIG,
        "padding": {
            "left": 28,
            "top": 4,
            "right": 16,
            "bottom": 4,
        },  # the reader's font may be wider than the one measured
    }


def _chart(
    spec: Spec,
    title: str,
    description: str,
    columns: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    palette: Palette,
) -> Chart:
    """The drawing and its table, without a `series` column where there is no series."""
    if "series" in columns and not any(row[1] for row in rows):
        columns, rows = columns[:1] + columns[2:], [row[:1] + row[2:] for row in rows]
    narrow = _drawn(_narrow(spec), title, palette) if palette == "page" else mark_safe("")
    return Chart(_drawn(spec, title, palette), narrow, title, description, columns, tuple(rows))


def _drawn(spec: Spec, title: str, palette: Palette) -> SafeString:
    return mark_safe(draw(json.dumps(spec), _clean(title), palette))  # noqa: S308 serialised by ElementTree


def _narrow(spec: Spec) -> Spec:
    """Less wide, with shorter labels, fewer ticks and its legend in a column: letters keep their size."""
    narrow = copy.deepcopy(spec)
    narrow["width"] = NARROW["width"]
    narrow["padding"] |= {side: NARROW[side] for side in ("left", "right")}
    config = narrow["config"]
    config["axis"] |= {"labelLimit": NARROW["label"], "labelOverlap": True}
    config["legend"] |= {"columns": 1, "labelLimit": NARROW["width"]}
    for layer in narrow["layer"]:
        if axis := layer["encoding"].get("x", {}).get("axis"):
            axis["tickCount"] = NARROW["ticks"]
    return narrow
