"""Fitting a cascade in the browser: what it would have cost and got wrong, from what was recorded."""

import math
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from auditing.accounts.roles import Permission
from auditing.core import yaml_text
from auditing.core.errors import BadInput, Missing
from auditing.metaaudit.cascades import Asked, Fitted, fit_for_budget, fit_for_risk
from auditing.metaaudit.selectors import Evidence
from auditing.rubrics.schema import ITEM_PASSES
from auditing.web.charts import Chart, Point, line_chart
from auditing.web.forms import FilterForm
from auditing.web.metaaudit.evidence import seen_by
from auditing.web.metaaudit.forms import choices
from auditing.web.metaaudit.subjects import TRUST, Subject, audit_subject, batch_subject
from auditing.web.policy import page

USUAL_RISK = 0.05


class CascadeFilter(FilterForm):
    """Which judges in which order, what they cost, and how many errors may stand."""

    criterion = forms.ChoiceField()
    first = forms.ChoiceField(label="First asked")
    first_cost = forms.FloatField(min_value=0, label="Its cost an item ($)")
    second = forms.ChoiceField(label="Then")
    second_cost = forms.FloatField(min_value=0, label="Its cost an item ($)")
    human_cost = forms.FloatField(min_value=0, label="A person's cost an item ($)")
    risk = forms.FloatField(min_value=0.001, max_value=0.999, label="Most errors among what stands")
    budget = forms.FloatField(min_value=0, label="Or: most it may cost an item ($)")
    rubric = forms.CharField(widget=forms.HiddenInput)  # a batch's scales stay chosen

    def __init__(self, *args: object, seen: Evidence, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        criteria = [key for key in seen.criteria() if key != ITEM_PASSES]
        judges = dict.fromkeys(name for key in criteria for name, kind in seen.raters(key) if kind == "judge")
        self.fields["criterion"].choices = choices(criteria)  # type: ignore[attr-defined]
        self.fields["first"].choices = choices(judges, "Choose a judge")  # type: ignore[attr-defined]
        self.fields["second"].choices = choices(judges, "nobody")  # type: ignore[attr-defined]

    @property
    def asked(self) -> Asked:
        judges = [name for name in (self.value("first"), self.value("second")) if name]
        given = {self.value(place): self._cost(place) for place in ("first", "second")}
        costs = {name: cost for name, cost in given.items() if name and cost is not None}
        return Asked(list(dict.fromkeys(judges)), costs, self._cost("human"))

    def _cost(self, place: str) -> float | None:
        """None where nothing was said; nothing to pay is a cost too."""
        cost: float | None = self.cleaned_data.get(f"{place}_cost")
        return cost


@page(Permission.SEE_VERDICTS)
def audit_cascade(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, audit_subject(request, pk, TRUST, Permission.SEE_VERDICTS))


@page(Permission.SEE_VERDICTS)
def batch_cascade(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, batch_subject(request, pk, TRUST))


def _page(request: HttpRequest, subject: Subject) -> HttpResponse:
    context: dict[str, Any] = {**subject.frame, "hidden": subject.hidden, "batch": subject.batch}
    if not subject.hidden:
        seen = seen_by(request, subject)
        filters = CascadeFilter.of(request, seen=seen)
        context |= {"filters": filters, "trust_url": subject.url(TRUST), **_fitted(seen, filters)}
    return render(request, "metaaudit/cascade.html", context)


def _fitted(seen: Evidence, filters: CascadeFilter) -> dict[str, Any]:
    """The curve and the choice, or what stands in the way."""
    if not filters.value("first"):
        return {}
    risk, budget = filters.value("risk") or USUAL_RISK, filters.cleaned_data.get("budget")
    criteria = [key for key in seen.criteria() if key != ITEM_PASSES]
    criterion = filters.value("criterion") or criteria[0]
    try:
        if budget is None:
            found = fit_for_risk(seen, criterion, filters.asked, risk)
        else:
            found = fit_for_budget(seen, criterion, filters.asked, budget)
    except (BadInput, Missing) as error:
        return {"problem": str(error)}
    said = {"risk": risk, "budget": budget, "accept": accept_text(found)}
    return {"found": found, "chart": curve_chart(found), **said}


def curve_chart(found: Fitted) -> Chart:
    """Held-out error over mean cost; what was asked for and each judge alone are points beside the line."""
    points = [Point(point.cost, point.error, point.low, point.high, "cascade") for point in found.trade_off]
    chosen = found.chosen
    if chosen is not None and not math.isnan(chosen.error):
        points.append(Point(chosen.cost, chosen.error, chosen.low, chosen.high, "this one"))
    alone = [
        Point(cost, error, None, None, f"{name} alone")
        for name, cost, error in found.alone
        if not math.isnan(error)
    ]
    return line_chart(
        [*points, *alone],
        title=f"Cost against error on {found.criterion}",
        description=f"{' then '.join(found.stages)}, replayed on {found.n:,} items",
        x_title="cost an item ($)",
        y_title="error",
    )


def accept_text(found: Fitted) -> str:
    """The choice as the stages of a cascade's content have it."""
    stages = [
        {"name": name, "accept": {found.criterion: threshold}} for name, threshold in found.accept().items()
    ]
    return yaml_text.write({"stages": stages})
