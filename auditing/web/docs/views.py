"""The product's own pages on its statistics: Markdown kept beside the code, its examples run by the tests."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString

from auditing import stats
from auditing.web.datasets.markup import markdown_html
from auditing.web.policy import SIGNED_IN, page

FOLDER = Path(stats.__path__[0]) / "docs"
TOPICS = (  # how to read them, and then in the order of an audit
    "reading",
    "planning",
    "design",
    "acceptance",
    "intervals",
    "estimation",
    "agreement",
    "raters",
    "quality",
)


class Topic(NamedTuple):
    """One page: its heading, and the rest as HTML."""

    slug: str
    title: str
    body: SafeString


@cache
def read_topic(slug: str) -> Topic:
    """The page of this name; the first line of its file is the heading."""
    heading, _, rest = (FOLDER / f"{slug}.md").read_text(encoding="utf-8").partition("\n")
    return Topic(slug, heading.removeprefix("# "), markdown_html(rest))


@page(SIGNED_IN)
def statistics(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/statistics.html", {"topics": [read_topic(slug) for slug in TOPICS]})


@page(SIGNED_IN)
def statistics_topic(request: HttpRequest, topic: str) -> HttpResponse:
    if topic not in TOPICS:
        raise Http404
    return render(request, "docs/topic.html", {"topic": read_topic(topic)})
