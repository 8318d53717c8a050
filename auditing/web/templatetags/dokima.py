"""Tags and filters that every page may use: the components of templates/_components, and how values are written."""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField, CheckboxInput, Form
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from lucide.templatetags.lucide import lucide

from auditing.web.charts import Chart, Matrix
from auditing.web.documents import percent_text
from auditing.web.forms import FilterForm
from auditing.web.places import address_of
from auditing.web.tables import TableState
from auditing.web.toasts import UNDO
from auditing.web.tones import tone_of

register = template.Library()
NOTHING = "–"
Number = int | float
ALERT_ICONS = {
    "good": "circle-check",
    "warn": "triangle-alert",
    "bad": "circle-x",
    "note": "info",
    "pretend": "flask-conical",
}


def part(component: str, /, **context: Any) -> SafeString:
    return mark_safe(render_to_string(f"_components/{component}.html", context).strip())  # noqa: S308 templates escape


# How values are written


@register.filter
def percent(value: Number | None, places: int = 1) -> str:
    """0.9412 as 94.1%; a dash where there is no number."""
    return NOTHING if value is None or math.isnan(value) else f"{100 * value:.{places}f}%"


@register.filter
def per_cent(value: Any) -> Any:
    """A share as a form has it: 0.125 as 12.5%, exactly; what is no share stays as it is."""
    return percent_text(value)


@register.filter
def points(value: Number | None) -> str:
    """A difference of two shares: 0.034 as +3.4 points."""
    return NOTHING if value is None else f"{100 * value:+z.1f} points".replace("-", "\N{MINUS SIGN}")


@register.filter
def number(value: Any, places: int = 2) -> str:
    """12345.678 as 12,345.68; a dash where there is no number, a text as it is."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return NOTHING
    try:
        return f"{float(value):z,.{places}f}"  # z: a rounded -0 is 0
    except (TypeError, ValueError):
        return str(value)


@register.filter
def humanise(state: str) -> str:
    """A stored word as people write it: `in_progress` as `in progress`."""
    return str(state).replace("_", " ")


@register.filter
def first_line(text: str) -> str:
    """A text's first line, without the full stop that may end it."""
    return text.partition("\n")[0].removesuffix(".")


@register.filter
def below_first_line(text: str) -> str:
    return text.partition("\n")[2]


@register.filter
def undo_url(message: Any) -> str:
    """Where a toast's Undo button posts to; empty for a toast that cannot be undone."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""


@register.filter
def is_here(address: str, path: str) -> bool:
    """Is the page at `path` inside the place at `address`?"""
    return path == address if address == "/" else path.startswith(address)


@register.simple_tag
def when(moment: datetime | None, absent: str = NOTHING) -> SafeString:
    """A time as people say it, with the exact one on hover."""
    return part("when", moment=moment, words=_ago(moment) if moment else absent)


def _ago(moment: datetime) -> str:
    now = timezone.now()
    seconds = abs((now - moment).total_seconds())
    if seconds < 60:
        return "just now"
    if seconds > 7 * 24 * 3600:
        return timezone.localtime(moment).strftime("%-d %b %Y")
    words = timesince(min(moment, now), max(moment, now), depth=1)
    return f"{words} ago" if moment < now else f"in {words}"


# Links


@register.simple_tag
def place_url(name: str, *args: Any) -> str:
    """A page's address; empty when the product has no such page."""
    return address_of(name, *args)


@register.simple_tag
def crumb(name: str, url: str) -> SafeString:
    return part("crumb", name=name, url=url)


# Components


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A Lucide icon; decoration only, so the text beside it must say the same."""
    return mark_safe(lucide(str(name), size=size, **{"class": "icon", "aria-hidden": "true"}))  # noqa: S308 the icon set\'s own drawing


@register.simple_tag
def button(
    label: str,
    *,
    kind: str = "",
    icon: str = "",
    type: str = "submit",
    name: str = "",
    value: str = "",
    key: str = "",
    form: str = "",
    small: bool = False,
    disabled: bool = False,
) -> SafeString:
    return part("button", **locals())


@register.simple_tag
def link_button(
    label: str, url: str, *, kind: str = "", icon: str = "", key: str = "", small: bool = False
) -> SafeString:
    return part("link_button", **locals())


@register.simple_tag(takes_context=True)
def post_button(
    context: Context,
    label: str,
    url: str,
    *,
    kind: str = "",
    icon: str = "",
    key: str = "",
    small: bool = False,
    **fields: Any,
) -> SafeString:
    """A form of one button: further keywords become hidden fields."""
    values = {"label": label, "url": url, "kind": kind, "icon": icon, "key": key, "small": small}
    return part("post_button", fields=fields.items(), csrf_token=context.get("csrf_token"), **values)


@register.simple_tag
def badge(label: str, tone: str = "", *, icon: str = "", title: str = "", dot: bool = False) -> SafeString:
    return part("badge", **locals())


@register.simple_tag
def status(state: str, label: str = "") -> SafeString:
    """A state as a pill: its words, and its tone from `auditing.web.tones`."""
    return part("badge", label=label or humanise(state), tone=tone_of(state), dot=True)


@register.simple_tag
def simulated() -> SafeString:
    """The mark on everything that was made up for the demonstration."""
    return part(
        "badge",
        label="simulated",
        tone="pretend",
        icon="flask-conical",
        title="Made up for the demonstration",
    )


@register.simple_block_tag
def card(
    content: str,
    title: str = "",
    *,
    hint: str = "",
    link_text: str = "",
    link_url: str = "",
    flush: bool = False,
    id: str = "",
) -> SafeString:
    """A panel. `flush` lets a table reach its edges."""
    return part("card", **locals())


@register.simple_block_tag
def alert(content: str, tone: str = "note", *, title: str = "") -> SafeString:
    return part("alert", content=content, tone=tone, title=title, icon=ALERT_ICONS[tone])


@register.simple_tag
def stat(
    label: str,
    value: Any,
    *,
    interval: str = "",
    hint: str = "",
    tone: str = "",
    url: str = "",
    bar: str = "",
) -> SafeString:
    """A figure that stands for itself. `bar` is an `interval_bar` kept with `as`."""
    return part("stat", **locals())


@register.simple_tag
def empty_state(
    title: str, text: str = "", *, action: str = "", action_url: str = "", icon: str = "inbox"
) -> SafeString:
    """What stands where nothing is yet: what it would show, and what to do next."""
    return part("empty_state", **locals())


@register.simple_tag
def tabs(items: Iterable[Any]) -> SafeString:
    """`auditing.web.tabs.Tab`s: label, url, current, count."""
    return part("tabs", tabs=items)


@register.simple_tag
def stepper(stations: Iterable[Any]) -> SafeString:
    """Stations with name, state (todo, now, done, waiting), detail and url."""
    return part("stepper", stations=stations)


@register.simple_tag
def progress_bar(done: int, total: int, label: str, *, detail: str = "") -> SafeString:
    return part("progress_bar", **locals())


def _share(value: Number | None, start: Number, end: Number) -> str | None:
    """Where a value lies between start and end, as a percentage that CSS and SVG read."""
    if value is None or math.isnan(value):
        return None
    return f"{100 * min(max((value - start) / (end - start), 0), 1):.2f}"


@register.simple_tag
def meter(value: Number, label: str, *, most: Number = 1, tone: str = "") -> SafeString:
    return part("meter", width=_share(value, 0, most), label=label, tone=tone)


@register.simple_tag
def interval_bar(
    estimate: Number | None,
    low: Number | None,
    high: Number | None,
    *,
    target: Number | None = None,
    start: Number = 0,
    end: Number = 1,
) -> SafeString:
    """An estimate with its interval on the scale from start to end, and the target as a dashed line."""
    shares = {
        name: _share(value, start, end)
        for name, value in {"estimate": estimate, "low": low, "high": high, "target": target}.items()
    }
    label = f"{number(estimate, 3)}, interval {number(low, 3)} to {number(high, 3)}"
    return part(
        "interval_bar", label=label if target is None else f"{label}, target {number(target, 3)}", **shares
    )


@register.simple_tag
def code_block(text: str, label: str = "Text", *, copy: bool = True) -> SafeString:
    """Preformatted text, shown as it is; `copy` adds a button that copies it."""
    return part("code_block", text=text, label=label, copy=copy, id=f"code-{next(_numbers)}")


_numbers = count(1)


@register.simple_tag
def diff_view(lines: Iterable[Any]) -> SafeString:
    """Lines with kind (same, added, removed) and text: `auditing.web.diffs.diff_lines` makes them."""
    return part("diff_view", lines=lines)


@register.simple_tag
def tag_list(tags: Sequence[str]) -> SafeString:
    return part("tag_list", tags=tags)


@register.simple_tag
def key(name: str) -> SafeString:
    return part("key", name=name)


@register.simple_tag
def chart(chart: Chart) -> SafeString:
    """A chart of `auditing.web.charts` as a figure with its numbers behind it."""
    return part("chart", chart=chart)


@register.simple_tag
def matrix(matrix: Matrix) -> SafeString:
    """A confusion matrix of `auditing.web.charts.confusion_matrix`."""
    return part("matrix", matrix=matrix)


# Forms


@register.simple_tag(name="field")
def form_field(field: BoundField) -> SafeString:
    """Label, widget, help and errors of one field."""
    is_check = isinstance(field.field.widget, CheckboxInput)
    marks = getattr(field.form, "marks_optional", not isinstance(field.form, FilterForm))
    needed = field.name in getattr(field.form, "needed", ())
    optional = marks and not (field.field.required or needed)
    return part("field", field=field, is_check=is_check, is_hidden=field.is_hidden, optional=optional)


@register.simple_tag
def form_fields(form: Form) -> SafeString:
    return part("form_fields", form=form)


@register.simple_tag
def filter_bar(form: Form) -> SafeString:
    """A GET form of a `auditing.web.forms.FilterForm`: the filters stand in the URL."""
    return part("filter_bar", form=form)


# Tables


@register.simple_tag
def sort_header(table: TableState, column: str, label: str, css: str = "") -> SafeString:
    """A column header that sorts by that column, and back."""
    return part(
        "sort_header", url=table.sort_url(column), label=label, direction=table.direction_of(column), css=css
    )


@register.simple_tag
def table_foot(table: TableState, page: Page[Any], table_id: str = "") -> SafeString:
    """Which rows these are, the way to the others, and with `table_id` a column picker."""
    previous_url = table.page_url(page.number - 1) if page.has_previous() else ""
    next_url = table.page_url(page.number + 1) if page.has_next() else ""
    return part("table_foot", page=page, previous_url=previous_url, next_url=next_url, table_id=table_id)
