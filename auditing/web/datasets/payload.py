"""An item's payload as HTML. Every word of it is untrusted; nothing but the payload is ever shown here."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from auditing.web.datasets.markup import LONG, PREVIEW, looks_like_markdown, markdown_html, plain_html

HEADINGS = {
    "messages": "Conversation",
    "input": "Input",
    "images": "Images",
    "output": "Output",
    "candidates": "Candidates",
    "reference": "Reference",
}
SHOWN_IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
MOST_TREE_NODES = 400
DEEPEST_TREE = 12
Html = SafeString
NOTHING = SafeString('<span class="muted">(empty)</span>')


@dataclass(frozen=True)
class Part:
    """One payload word as it is shown."""

    word: str
    heading: str
    html: Html


def parts(payload: Mapping[str, Any]) -> list[Part]:
    """The payload's parts in reading order: what was asked, what came, what it should be."""
    known = [word for word in HEADINGS if word in payload]
    others = [word for word in payload if word not in HEADINGS]
    return [
        Part(word, HEADINGS.get(word, word), _part_html(word, payload[word])) for word in (*known, *others)
    ]


def _part_html(word: str, value: Any) -> Html:
    shapes = {"messages": _turns, "candidates": _sides, "images": _images}
    return shapes[word](value) if word in shapes and isinstance(value, list | dict) else value_html(value)


def value_html(value: Any, depth: int = 0) -> Html:
    """Text as text or markdown, an object or a list as a tree, anything else as its JSON."""
    if isinstance(value, str):
        return text_html(value)
    if not isinstance(value, dict | list):
        return _scalar(value)
    if depth > DEEPEST_TREE or _nodes(value) > MOST_TREE_NODES:
        return _folded(json.dumps(value, ensure_ascii=False, indent=2), "payload-json")
    if isinstance(value, dict):
        rows = format_html_join(
            "",
            "<dt>{}</dt><dd>{}</dd>",
            ((plain_html(str(key)), value_html(inner, depth + 1)) for key, inner in value.items()),
        )
        return format_html('<dl class="payload-tree">{}</dl>', rows or NOTHING)
    rows = format_html_join("", "<li>{}</li>", ((value_html(inner, depth + 1),) for inner in value))
    return format_html('<ul class="payload-list">{}</ul>', rows) if rows else NOTHING


def text_html(text: str) -> Html:
    """A text: markdown rendered, with the source behind it; a long one folded away behind its beginning."""
    if not text.strip():
        return NOTHING
    if not looks_like_markdown(text):
        return _folded(text, "payload-text")
    rendered = format_html(
        '<div class="payload-markdown prose" dir="auto">{}</div>'
        '<details class="payload-source"><summary>As written</summary>'
        '<div class="payload-json" dir="auto">{}</div></details>',
        markdown_html(text),
        plain_html(text),
    )
    return rendered if len(text) <= LONG else _behind(text, rendered)


def _folded(text: str, css: str) -> Html:
    whole = format_html('<div class="{}" dir="auto">{}</div>', css, plain_html(text))
    return whole if len(text) <= LONG else _behind(text, whole)


def _behind(text: str, whole: Html) -> Html:
    return format_html(
        '<div class="payload-fold"><div class="payload-text payload-beginning" dir="auto">{}…</div>'
        "<details><summary>Show all {} characters</summary>{}</details></div>",
        plain_html(text[:PREVIEW]),
        f"{len(text):,}",
        whole,
    )


def _scalar(value: Any) -> Html:
    return format_html('<span class="mono">{}</span>', "–" if value is None else json.dumps(value))


def _nodes(value: Any) -> int:
    """How many values there are inside, counted no further than matters."""
    waiting, count = [value], 0
    while waiting and count <= MOST_TREE_NODES:
        part = waiting.pop()
        count += 1
        if isinstance(part, dict):
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
    return count


def _turns(turns: Any) -> Html:
    if not isinstance(turns, list):
        return value_html(turns)
    return format_html(
        '<ol class="payload-turns">{}</ol>', format_html_join("", "{}", ((_turn(turn),) for turn in turns))
    )


def _turn(turn: Any) -> Html:
    if not isinstance(turn, Mapping):
        return format_html("<li>{}</li>", value_html(turn))
    role = str(turn.get("role", ""))
    rest = {
        key: value
        for key, value in turn.items()
        if key not in ("role", "content") and value not in (None, [], "")
    }
    return format_html(
        '<li class="payload-turn payload-turn-{}"><div class="payload-role">{}</div>{}{}</li>',
        role if role in ("user", "assistant", "system", "tool") else "other",
        plain_html(role),
        _content(turn.get("content")),
        value_html(rest) if rest else "",
    )


def _content(content: Any) -> Html:
    """A turn's content: text, or the list of text and image parts that chat formats use."""
    if content is None:
        return SafeString("")
    if not isinstance(content, list):
        return value_html(content)
    return format_html_join("", "{}", ((_content_part(part),) for part in content))


def _content_part(part: Any) -> Html:
    if isinstance(part, Mapping) and isinstance(part.get("text"), str):
        return text_html(part["text"])
    address = part.get("image_url") if isinstance(part, Mapping) else None
    address = address.get("url") if isinstance(address, Mapping) else address
    return _image(address, 1) if isinstance(address, str) else value_html(part)


def _sides(candidates: Any) -> Html:
    if not isinstance(candidates, Mapping):
        return value_html(candidates)
    columns = format_html_join(
        "",
        '<div class="payload-side"><div class="payload-role">{}</div>{}</div>',
        ((str(side).upper(), value_html(value)) for side, value in candidates.items()),
    )
    return format_html('<div class="payload-sides">{}</div>', columns)


def _images(images: Any) -> Html:
    if not isinstance(images, list):
        return value_html(images)
    shown = (
        (_image(address, number) if isinstance(address, str) else value_html(address),)
        for number, address in enumerate(images, start=1)
    )
    return format_html('<div class="payload-images">{}</div>', format_html_join("", "{}", shown))


def _image(address: str, number: int) -> Html:
    """A picture that came with the item; one from elsewhere is a link, so that looking tells nobody."""
    if SHOWN_IMAGE.fullmatch(address):
        return format_html('<img src="{}" alt="Image {} of the item">', address, number)
    if address.startswith(("http://", "https://")):
        return format_html('<a href="{0}" rel="noopener noreferrer nofollow">{0}</a>', address)
    return _folded(address, "payload-text")
