"""What an SOP will do, in plain words."""

from auditing.rubrics.scales import number_text
from auditing.rubrics.schema import ITEM_PASSES
from auditing.sops.acceptance import Acceptance
from auditing.sops.sampling import MINIMUM_PER_STRATUM, Sampling
from auditing.sops.schema import ADJUDICATED, SopSpec

_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}


def in_plain_words(spec: SopSpec) -> list[str]:
    """One sentence for each thing that happens to a batch, in order."""
    return [
        f"Ask of each item what the rubric {_rubric(spec)} asks.",
        *_people(spec),
        _judges(spec),
        _reference(spec),
        _decision(spec.acceptance),
        _report(spec),
    ]


def _rubric(spec: SopSpec) -> str:
    version = (
        f"version {spec.rubric_number}" if spec.rubric_number else "newest version when this is published"
    )
    return f"{spec.rubric_name} ({version})"


def _people(spec: SopSpec) -> list[str]:
    sampling = spec.sampling
    if spec.labels.source == "imported":
        return ["People's labels come from an imported ratings file; nobody reviews here."]
    draw = f"Draw {_items(sampling.human)} of each batch for people to review, {_strata(sampling)}."
    share = f"{number_text(round(100 * sampling.overlap, 6))}% of them"
    opinions = f"{_NUMBERS.get(sampling.opinions, str(sampling.opinions))} independent opinions"
    if sampling.overlap >= 1:
        return [draw, f"Each of them gets {opinions}."]
    return [
        draw,
        f"{share} get {opinions}, the others one." if sampling.overlap else "Each gets one opinion.",
    ]


def _strata(sampling: Sampling) -> str:
    """How the draw chooses."""
    match sampling.method:
        case "stratified":
            return f"stratified by {sampling.by} ({_SHARES[sampling.allocation]}{_at_least(sampling)})"
        case "systematic":
            return "every so many in the order of their ids, from a random start"
        case "pps":
            return f"with chances that grow with {sampling.by}"
        case "two-phase":
            shares = f"{_SHARES[sampling.allocation]}{_at_least(sampling)}"
            return f"once the judges are done, from up to {sampling.strata} strata of their scores ({shares})"
        case "active":
            share = number_text(round(100 * sampling.tau, 6))
            return (
                "once the judges are done, with chances that grow with how uncertain earlier audits leave each label "
                f"({share}% of it uniformly, all of it where there are no earlier audits)"
            )
        case _:
            return "every item with the same chance"


_SHARES = {
    "proportional": "in proportion",
    "equal": "the same number of each",
    "neyman": "more where labels vary more, as earlier audits show",
}


def _at_least(sampling: Sampling) -> str:
    return f", at least {sampling.minimum} of each" if sampling.minimum != MINIMUM_PER_STRATUM else ""


def _judges(spec: SopSpec) -> str:
    if not spec.judges:
        return "No judge takes part."
    amount = "all items" if spec.sampling.judge == "all" else _items(int(spec.sampling.judge))
    names = _joined(spec.judges)
    return f"Let {names} judge {amount}, {'each ' if len(spec.judges) > 1 else ''}blind to people's opinions."


def _reference(spec: SopSpec) -> str:
    if spec.labels.reference == ADJUDICATED:
        return "Where people differ a lead rules; rulings are the reference."
    return f"The opinions of {spec.labels.reference} are the reference, after rulings."


def _decision(rule: Acceptance | None) -> str:
    if rule is None:
        return "Measure only: no batch is accepted or rejected."
    if rule.rule == "count":
        few = f"at most {rule.accept}" if rule.accept else "none"
        what = rule.criterion.replace("_", " ")
        return f"Accept a batch when {few} of the labelled items fails on {what}, else reject it."
    if rule.rule == "aql":
        return (
            f"Let the MIL-STD-105E / Z1.4 tables at an AQL of {number_text(rule.aql)}%, level {rule.level}, say "
            "how many items people label and how many of them may fail, by how the producer's earlier batches did."
        )
    confidence = f"{number_text(round(100 * rule.confidence, 6))}%"
    bound = (
        f"one-sided {confidence} lower bound" if rule.side == "lower" else f"two-sided {confidence} interval"
    )
    if rule.rule == "sequential":
        bound += f" that holds at any time, asking for {rule.wave} more labels as long as it is not clear"
    if rule.looks > 1:
        bound += f" that {rule.looks} looks at more and more labels share,"
    basis = (
        "people's labels alone" if rule.basis == "human" else "judges' scores, corrected by people's labels"
    )
    return f"Accept a batch when {_target(rule)}, by the {bound} from {basis}{_named_bound(rule)}."


def _named_bound(rule: Acceptance) -> str:
    """Which bound decides on a share. A mean of grades has Student's, which the decision names."""
    if rule.rule != "interval" or rule.criterion != ITEM_PASSES:
        return ""
    if rule.basis == "human":
        return " (hypergeometric for this batch, Clopper-Pearson for the process behind it)"
    return " (Clopper-Pearson on the effective number of labels)"


def _target(rule: Acceptance) -> str:
    if rule.criterion == ITEM_PASSES:
        return f"at least {number_text(round(100 * rule.at_least, 6))}% of its items pass"
    return f"its mean of {rule.criterion} is at least {number_text(rule.at_least)}"


def _report(spec: SopSpec) -> str:
    if spec.estimates.target == "process":
        what = "Report what is to be expected of the process behind the batch, not of this batch alone"
        return f"{what}{_slices(spec.report.slices)}."
    return f"Report the whole batch{_slices(spec.report.slices)}."


def _slices(slices: tuple[str, ...]) -> str:
    return f", and each {_joined(slices)}" if slices else ""


def _items(count: int) -> str:
    return f"{count:,} item{'' if count == 1 else 's'}"


def _joined(names: tuple[str, ...]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
