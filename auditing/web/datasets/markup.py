"""Untrusted text as HTML: as it is, or as markdown without anything that could run, load or pretend."""

from functools import cache
from html import escape

import nh3
import re2
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

LONG = 4_000  # characters; more is folded away behind its beginning
PREVIEW = 1_500
LONGEST_MARKDOWN = 20_000  # more than this takes the parser seconds where the text is hostile
TEXT_TAGS = {"p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a"}
TABLE_TAGS = {"table", "thead", "tbody", "tr", "th", "td"}
TAGS = TEXT_TAGS | TABLE_TAGS | {f"h{level}" for level in range(1, 7)}
# one of these at the start of a line, or a pair inside one, says that the text was written as markdown
MARKS = (
    r"(?m)^ {0,3}(#{1,6} \S|```|~~~|[-*+] \S|\d{1,3}[.)] \S|> |\|.+\|\s*$)"
    r"|\*\*\S.*\S\*\*|`[^`\n]+`|\[[^\]\n]+\]\(http"
)
LOOKS_LIKE_MARKDOWN = re2.compile(MARKS)  # RE2: no text, however hostile, makes it slow


@cache
def _markdown() -> MarkdownIt:
    # images would load from elsewhere; raw HTML is shown, not used
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def looks_like_markdown(text: str) -> bool:
    return len(text) <= LONGEST_MARKDOWN and bool(LOOKS_LIKE_MARKDOWN.search(text))


def markdown_html(text: str) -> SafeString:
    """Markdown rendered and sanitised: no images, no scripts, links only to http, https and mail."""
    html = nh3.clean(
        _markdown().render(text),
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(html)  # noqa: S308 sanitised on the line above


def plain_html(text: str) -> SafeString:
    """Text with every character shown: a null byte as a picture of one."""
    return mark_safe(escape(text.replace("\x00", "␀")))  # noqa: S308 escaped here
