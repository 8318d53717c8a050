"""HTML: one file that needs nothing else, on screen and on paper."""

from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string

from auditing.reports.document.assembly import document_of
from auditing.reports.view import View

STYLE = "dokima/report.css"  # the same that the page about a report uses


def write(view: View) -> bytes:
    context = {"document": document_of(view), "style": _style()}
    return render_to_string("reports/document.html", context).encode()


def _style() -> str:
    found = finders.find(STYLE)
    assert isinstance(found, str)  # it ships with the product
    return Path(found).read_text(encoding="utf-8")
