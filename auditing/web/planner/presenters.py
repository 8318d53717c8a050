"""What the planner's page shows."""

from dataclasses import dataclass
from typing import Any

from auditing.core.errors import BadInput
from auditing.estimation.planner import Answer, Question, answer, known_of
from auditing.estimation.planner.answers import rates_of
from auditing.estimation.planner.questions import PRECISION
from auditing.web.charts import Chart, Point, line_chart
from auditing.web.planner.forms import PlannerForm


@dataclass(frozen=True)
class Tile:
    label: str
    value: str
    hint: str


def answered(form: PlannerForm) -> Answer:
    """The plan that the form asks for. Raises BadInput where it cannot be made."""
    if form.errors:
        name, problems = next(iter(form.errors.items()))
        raise BadInput(f"{form.fields[name].label or name}: {problems[0]}", field=name)
    batch = form.value("batch") or None
    by = form.value("by")
    known = known_of(collection=batch.collection if batch else None, batch=batch, by=by)
    asked = {name: value for name, value in form.cleaned_data.items() if value not in (None, "")}
    asked["population"] = known.population or asked.get("population")
    asked["pass_rate"] = asked.get("pass_rate") or known.pass_rate
    return answer(Question.of({**asked, "use_judges": form.value("judges") != "without"}), known)


def tiles(found: Answer) -> list[Tile]:
    """The figures of a plan, each with its meaning beside it."""
    plan, question = found.plan, found.question
    shown = [Tile("Labels", f"{plan.n:,}", _labels_hint(found))]
    if question.goal == PRECISION:
        shown.append(Tile("Interval, points", f"± {100 * plan.half_width:.1f}", _interval_hint(found)))
        shown.append(
            Tile("Labels saved", f"{plan.n_alone - plan.n:,}", f"of {plan.n_alone:,} without judges")
        )
    elif plan.accept is not None:
        hint = f"reject from {plan.reject} on" + (f"; code letter {plan.code}" if plan.code else "")
        shown.append(Tile("May fail", f"{plan.accept:,}", hint))
    if plan.stops:
        until = f"{plan.stops[0]:,}" if plan.stops[0] else f"over {plan.n_alone:,}"
        shown.append(
            Tile("Until clear", until, f"labels, typically, with {100 * question.acceptable:.3g}% failing")
        )
    if plan.risks:
        bad = rates_of(question)[1]
        shown.append(
            Tile("Bad batch accepted", f"{100 * plan.risks[1]:.1f}%", f"with {100 * bad:.3g}% failing")
        )
    shown.append(Tile("Work", f"{found.minutes / 60:.1f} h", _pace(found)))
    if found.money is not None:
        shown.append(Tile("Money", f"{found.money:,.0f}", f"at {question.hourly:g} an hour"))
    return shown


def _interval_hint(found: Answer) -> str:
    helped = found.plan.n < found.plan.n_alone
    return "to either side, if judges go on saving as they did" if helped else "to either side, expected"


def _labels_hint(found: Answer) -> str:
    if found.question.goal == "sequential":
        return "in the first wave"
    return (
        f"{found.plan.n / found.question.population:.1%} of the batch"
        if found.question.population
        else "to begin with"
    )


def _pace(found: Answer) -> str:
    if found.question.minutes:
        return f"{found.question.minutes:g} minutes a label"
    if found.known.minutes:
        return f"{found.known.minutes:.1f} minutes a label, as measured"
    return "2 minutes a label: none measured yet"


def curve_chart(found: Answer) -> Chart:
    """How the chance of acceptance falls as batches get worse; for a measurement, how its interval narrows."""
    points = [Point(round(x, 6), round(y, 6)) for x, y in found.plan.curve]
    if found.question.goal == PRECISION:
        return line_chart(
            points,
            title="How the interval narrows with labels",
            description=f"Half its width, in points; the plan is at {found.plan.n:,} labels.",
            x_title="labels",
            y_title="half width",
        )
    percents = [Point(round(100 * x, 4), y) for x, y in found.plan.curve]
    if found.plan.refused:
        both = [point._replace(series="accepted") for point in percents]
        both += [Point(round(100 * x, 4), y, series="rejected") for x, y in found.plan.refused]
        return line_chart(
            both,
            title="Operating characteristic",
            description=f"How often a batch is accepted, and how often rejected, within {found.plan.n_alone:,} labels, "
            "by how much of it fails; what neither line covers is still open by then. Simulated.",
            x_title="percent of the batch that fails",
            y_title="share of batches",
        )
    return line_chart(
        percents,
        title="Operating characteristic",
        description="How often a batch is accepted, by how much of it fails. Steeper tells good from bad better.",
        x_title="percent of the batch that fails",
        y_title="accepted",
    )


def merged(content: dict[str, Any], found: Answer) -> dict[str, Any]:
    """An SOP's content with this plan's sampling and rule; overlap, opinions and criterion stay."""
    old = content.get("sampling") or {}
    kept = {key: old[key] for key in ("overlap", "opinions") if key in old}
    changed = content | {"sampling": {**found.sampling, **kept}}
    if found.acceptance:
        criterion = (content.get("acceptance") or {}).get("criterion")
        own = {"criterion": criterion} if criterion else {}
        changed["acceptance"] = {**found.acceptance, **own}
    return changed
