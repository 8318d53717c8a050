"""Every component on one page, to look at while building (DEBUG only)."""

from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from auditing.web import charts
from auditing.web.diffs import diff_lines
from auditing.web.forms import FilterForm
from auditing.web.policy import PUBLIC, page
from auditing.web.tabs import Tab

STATES = (
    "draft",
    "published",
    "queued",
    "running",
    "paused",
    "finished",
    "failed",
    "accept",
    "reject",
    "continue",
)


class SampleFilter(FilterForm):
    search = forms.CharField(widget=forms.TextInput(attrs={"type": "search", "data-key": "/"}))
    state = forms.ChoiceField(choices=[("", "any"), *((state, state) for state in STATES)])


class SampleForm(forms.Form):
    name = forms.CharField(help_text="Shown in lists.")
    kind = forms.ChoiceField(choices=[("a", "First kind"), ("b", "Second kind")], widget=forms.RadioSelect)
    note = forms.CharField(widget=forms.Textarea, required=False)
    file = forms.FileField(required=False)
    agreed = forms.BooleanField(label="Skip bad rows and keep them", help_text="They can be downloaded.")


def _stations() -> list[SimpleNamespace]:
    states = (
        ("First", "done", "2 Nov"),
        ("Second", "short", "0 judged, 20 failed"),
        ("Third", "now", "212 of 400"),
        ("Fourth", "waiting", "for 3 people"),
        ("Fifth", "todo", ""),
        ("Sixth", "todo", ""),
    )
    return [SimpleNamespace(name=name, state=state, detail=detail, url="#") for name, state, detail in states]


def _charts() -> list[charts.Chart]:
    Interval, Point, Bin, Bar = charts.Interval, charts.Point, charts.Bin, charts.Bar
    names = ("Northwind", "Brightside Data", "Larkspur")
    both = [
        Interval(n, 0.9 + i / 50, 0.86 + i / 50, 0.94 + i / 60, "human only") for i, n in enumerate(names)
    ]
    both += [
        Interval(n, 0.91 + i / 50, 0.89 + i / 50, 0.93 + i / 60, "judge-assisted")
        for i, n in enumerate(names)
    ]
    weeks = [
        Point(f"2026-{9 + i // 4:02}-{1 + 7 * (i % 4):02}", 0.9 + (i % 3) / 60, 0.87, 0.95) for i in range(9)
    ]
    bins = [
        Bin(p, p**1.4, max(0, p**1.4 - 0.1), min(1, p**1.4 + 0.1), int(200 * p))
        for p in (0.1, 0.3, 0.5, 0.7, 0.9)
    ]
    return [
        charts.interval_chart(
            both,
            title="Share that passes",
            description="Dots with 95% intervals; the dashed line is the target.",
            target=0.95,
        ),
        charts.line_chart(weeks, title="Share that passes, by week", target=0.9),
        charts.bar_chart(
            [Bar("accuracy/addition", 42), Bar("fluency/grammar", 17), Bar("style", 4)], title="Errors found"
        ),
        charts.reliability_chart(bins, title="Does a probability mean what it says?"),
    ]


@page(PUBLIC)
def gallery(request: HttpRequest) -> HttpResponse:
    context: dict[str, Any] = {
        "states": STATES,
        "now": timezone.now(),
        "tabs": [Tab("Overview", "#", True), Tab("Sample", "#", count=400), Tab("Reviews", "#", count=12)],
        "stations": _stations(),
        "filters": SampleFilter.of(request),
        "empty_form": SampleForm(),
        "wrong_form": SampleForm({"name": ""}),
        "diff": diff_lines("one\ntwo\nthree", "one\n2\nthree\nfour"),
        "charts": _charts(),
        "matrix": charts.confusion_matrix(
            [[160, 12], [9, 120]],
            labels=["yes", "no"],
            row_name="reference",
            column_name="rater",
            title="Reference against rater",
            url_of=lambda r, c: "#",
        ),
    }
    return render(request, "gallery/gallery.html", context)
