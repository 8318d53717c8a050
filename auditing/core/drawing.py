"""From a Vega-Lite specification to an inline SVG in the product's colours."""

import xml.etree.ElementTree as ET
from functools import lru_cache
from typing import Any, Literal

import vl_convert

Palette = Literal["page", "print"]
Spec = dict[str, Any]

# what the drawing says -> (on a page, on paper)
SERIES = {
    "#d0c1a1": ("var(--chart-1)", "#0b6b85"),
    "#d0c1a2": ("var(--chart-2)", "#b8690f"),
    "#d0c1a3": ("var(--chart-3)", "#86489b"),
    "#d0c1a4": ("var(--chart-4)", "#61762a"),
    "#d0c1a5": ("var(--chart-5)", "#ad4034"),
    "#d0c1a6": ("var(--chart-6)", "#54658a"),
}
GRID, AXIS, TEXT, TARGET = "#d0c1b1", "#d0c1b2", "#d0c1b3", "#d0c1b4"
COLOURS = SERIES | {
    GRID: ("var(--chart-grid)", "#e4e1d9"),
    AXIS: ("var(--chart-axis)", "#6b6f75"),
    TEXT: ("var(--chart-text)", "#474d55"),
    TARGET: ("var(--chart-target)", "#1c2126"),
}
FIRST = next(iter(SERIES))
CONFIG: Spec = {
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelColor": TEXT,
        "titleColor": TEXT,
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 220,
        "labelOverlap": "greedy",
        "labelFlush": False,
        "titlePadding": 8,
    },
    "legend": {
        "labelColor": TEXT,
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "symbolSize": 90,
        "symbolOpacity": 1,  # also where the band, which is pale, comes first
        "columnPadding": 28,  # the reader's font may be wider than the one it was measured with
    },
    "text": {"color": TEXT, "fontSize": 12},
}
SVG = "http://www.w3.org/2000/svg"
ET.register_namespace("", SVG)


@lru_cache(maxsize=256)
def draw(spec: str, title: str, palette: Palette) -> str:
    """The SVG of a specification (JSON), named by `title`; drawing takes a fifth of a second, so it is remembered."""
    root = ET.fromstring(vl_convert.vegalite_to_svg(spec, vl_version="5.20"))  # noqa: S314 our own drawing
    for element in root.iter():
        _recolour(element, palette)
    root.set("role", "img")
    root.set("aria-label", title)
    return ET.tostring(root, encoding="unicode")


def _recolour(element: ET.Element, palette: Palette) -> None:
    """Our colours for the placeholders; none of Vega's own roles, styles and fonts, which page and policy forbid."""
    for name, value in list(element.attrib.items()):
        if value in COLOURS:
            element.set(name, COLOURS[value][0 if palette == "page" else 1])
        elif (
            name in ("role", "style")
            or name.startswith("aria-")
            or (name == "font-family" and palette == "page")
        ):
            del element.attrib[name]
