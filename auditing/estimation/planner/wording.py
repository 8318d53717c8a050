"""The plan in plain words, a sentence for each thing that matters."""

from typing import TYPE_CHECKING

from auditing.estimation.planner.knowledge import Known
from auditing.estimation.planner.questions import Question
from auditing.estimation.planner.savings import FEWEST, Saving

if TYPE_CHECKING:
    from auditing.estimation.planner.answers import Plan

WHICH = {
    "simple": "Every item has the same chance.",
    "stratified": "Each stratum is drawn from by itself, so that none is missed.",
    "systematic": "Every so many items are taken in the order of their ids, from a random start.",
    "pps": "The chance of an item grows with its number, so that large ones are rarely missed.",
    "two-phase": "Judges look at everything first; people's sample is stratified by their scores.",
    "active": "Judges look at everything first; people see more of what earlier audits leave uncertain.",
}


def sentences(question: Question, known: Known, plan: "Plan", saving: Saving) -> tuple[str, ...]:
    """What to do, what it shows, and what it may get wrong."""
    how = {"precision": _precision, "sequential": _sequential}.get(question.goal, _counted)
    return tuple(how(question, plan, saving)) + tuple(_caveats(question, known, plan))


def _of(question: Question) -> str:
    return f" of {question.population:,} items" if question.population else " items"


def _share(value: float) -> str:
    return f"{100 * value:.3g}%"


def _precision(question: Question, plan: "Plan", saving: Saving) -> list[str]:
    said = [
        f"Label {plan.n:,}{_of(question)}. {WHICH[question.method]}",
        f"If {_share(question.pass_rate)} pass, the {_share(question.confidence)} interval is about "
        f"± {100 * plan.half_width:.1f} points, to either side.",
    ]
    if plan.n == FEWEST and plan.half_width < question.margin:
        said.append(
            f"{FEWEST} labels are the floor: with fewer, nobody can tell whether the judges help. So the interval is "
            f"narrower than the ± {100 * question.margin:.1f} points that were asked for."
        )
    if plan.n < plan.n_alone:
        said.append(f"Without judges the same interval takes {plan.n_alone:,} labels.")
    return said


def _counted(question: Question, plan: "Plan", saving: Saving) -> list[str]:
    few = f"at most {plan.accept} of them fail{'s' if plan.accept == 1 else ''}"
    few = few if plan.accept else "none of them fails"
    said = [
        f"Label {plan.n:,}{_of(question)}, drawn at random. Accept the batch if {few}; "
        f"reject it from {plan.reject} on."
    ]
    if question.goal == "aql":
        said[0] += f" (Code letter {plan.code}, {question.severity} inspection.)"
        said += _between(plan)
    assert plan.risks is not None
    good, bad = plan.risks
    if question.goal == "zero-failure":
        said.append(
            f"If none fails, you are {_share(question.confidence)} sure that fewer than "
            f"{_share(question.tolerable)} of the batch fail (one-sided)."
        )
        said.append(
            "A single failure rejects the batch, also a good one: this plan protects the receiver only."
        )
    elif question.goal == "two-point":
        said.append(
            f"A batch with {_share(question.acceptable)} failing is accepted {_share(good)} of the time, one with "
            f"{_share(question.tolerable)} failing {_share(bad)} of the time."
        )
    else:
        said.append(
            f"A batch right at the AQL of {question.aql:g}% is accepted {_share(good)} of the time, one five times "
            f"as bad {_share(bad)} of the time. An AQL is what a steady producer may deliver, not what is let through."
        )
    return said


def _between(plan: "Plan") -> list[str]:
    """What the numbers between acceptance and rejection mean, under reduced inspection."""
    assert plan.accept is not None
    assert plan.reject is not None
    between = [str(number) for number in range(plan.accept + 1, plan.reject)]
    if not between:
        return []
    return [f"With {' or '.join(between)} failing it is accepted too, and reduced inspection ends with it."]


def _sequential(question: Question, plan: "Plan", saving: Saving) -> list[str]:
    assert plan.stops is not None
    assert plan.risks is not None
    good, bad = (f"typically after {stop:,} labels" if stop else "but later than that" for stop in plan.stops)
    clear, line, twice = (
        _share(rate) for rate in (question.acceptable, question.tolerable, 2 * question.tolerable)
    )
    return [
        f"Label {plan.n:,}{_of(question)} first, then decide, or ask for {plan.n:,} more: looking as often as you like "
        "is allowed, because the interval holds at any time.",
        f"It accepts once it is {_share(question.confidence)} sure that at most {line} fail, and rejects once it is as "
        "sure that more do.",
        f"Tried on simulated batches, within {plan.n_alone:,} labels: with {clear} failing it accepts "
        f"{_share(plan.risks[0])} of them, {good}; with {line} failing it accepts {_share(plan.risks[1])} and leaves "
        f"most open, because they lie on the line itself; with twice that, {twice} failing, it rejects, {bad}.",
    ]


def _caveats(question: Question, known: Known, plan: "Plan") -> list[str]:
    said = []
    if question.population and plan.n >= question.population:
        said.append("That is the whole batch: its figure is counted, not estimated.")
    if question.method == "stratified" and question.allocation == "neyman" and not known.spreads:
        said.append(
            "No earlier audit tells how labels vary by stratum, so the sample is shared in proportion."
        )
    if question.method == "stratified" and not question.decides and len(known.strata) < 2:
        said.append(
            "No field is chosen that makes the strata, or the batch has one value of it: this is a plain random sample."
        )
    if question.method == "active" and known.r_squared is None:
        said.append(
            "The first active audit of a collection draws uniformly: there is nothing to learn from yet."
        )
    return said
