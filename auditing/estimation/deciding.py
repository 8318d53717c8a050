"""From frozen inputs to what the acceptance rule says: a pure function, so that every decision can be made again."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditing.core.canonical import canonical_json
from auditing.estimation.calculation import Calculated, Target, calculated
from auditing.estimation.inputs import Evidence, Numbers, numbers_for
from auditing.estimation.measures import Measure, on_scale_number
from auditing.estimation.models import Outcome
from auditing.sops.acceptance import COUNTED, Acceptance
from auditing.stats.acceptance import decide
from auditing.stats.estimation import Use
from auditing.stats.sequential import betting_sequence

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Proposal:
    """What the rule says of its evidence. result: of an inspected lot, A, R or M (see `stats.switching`)."""

    outcome: Outcome
    reason: str
    evidence: dict[str, Any]
    result: str = ""


@dataclass(frozen=True)
class Case:
    """All that a rule looks at. order: when each label was asked for (wave, position), for rules that watch labels
    come in. tables: what the acceptance tables said when the sample was drawn, empty without them. target: whether the
    rule decides by what is known of this batch or of the process behind it; a count is of the batch either way.
    use: decisions rest on bounds that hold at every rate.
    errors: what each look by an interval may err, this one last; empty for other rules and in older decisions.
    """

    rule: Acceptance
    measure: Measure
    numbers: Numbers
    order: tuple[int, ...]
    assumption: str
    tables: Mapping[str, Any]
    target: Target = "batch"
    use: Use = "compliance"
    errors: tuple[float, ...] = ()

    def frozen(self) -> bytes:
        """The case as compressed JSON: the same case, the same bytes."""
        document = {
            "rule": asdict(self.rule),
            "criterion": self.measure.criterion,
            "estimand": self.measure.estimand,
            "bounds": [_finite(end) for end in self.measure.bounds] if self.measure.bounds else None,
            "numbers": self.numbers.to_plain(),
            "order": list(self.order),
            "assumption": self.assumption,
            "tables": dict(self.tables),
            "target": self.target,
            "use": self.use,
            "errors": list(self.errors),
        }
        return zlib.compress(canonical_json(document).encode(), 9)

    @classmethod
    def thawed(cls, frozen: bytes) -> "Case":
        document = json.loads(zlib.decompress(frozen))
        bounds = document["bounds"]
        ends = tuple(np.inf if end is None else float(end) for end in bounds) if bounds else None
        return cls(
            rule=Acceptance(**document["rule"]),
            measure=Measure(document["criterion"], document["estimand"], on_scale_number, ends),  # type: ignore[arg-type]
            numbers=Numbers.from_plain(document["numbers"]),
            order=tuple(document["order"]),
            assumption=document["assumption"],
            tables=document["tables"],
            target=document.get("target", "batch"),  # older decisions were all about the batch
            use=document.get("use", "display"),  # and read the intervals that are for display
            errors=tuple(document.get("errors", ())),
        )


def _finite(end: float) -> float | None:
    return float(end) if np.isfinite(end) else None


def case_of(
    seen: Evidence,
    rule: Acceptance,
    measure: Measure,
    tables: Mapping[str, Any],
    target: Target = "batch",
    errors: tuple[float, ...] = (),
) -> Case:
    """The case of an audit as it stands now. With a human basis, judges' scores are no part of it."""
    numbers = numbers_for(seen, measure)
    drawn = seen.drawn(measure.criterion)
    order = (
        np.argsort(np.lexsort((drawn["position"], drawn["wave"])))
        if "wave" in drawn
        else np.arange(len(drawn))
    )
    own = numbers if rule.basis == "assisted" else numbers.without_judges()
    return Case(
        rule,
        measure,
        own,
        tuple(int(place) for place in order),
        seen.assumption(measure.criterion),
        tables,
        target,
        errors=errors,
    )


def propose(case: Case) -> Proposal:
    """Accept, reject or continue, with the reason in words."""
    if case.rule.rule in COUNTED:
        return _by_count(case)
    if case.rule.rule == "sequential":
        return _in_sequence(case)
    return _by_interval(case)


def _by_interval(case: Case) -> Proposal:
    """Accept when the whole interval is at or above the bar, reject when all of it is below, else continue.

    The interval is one to decide by: it holds at every rate, not on the average, so that what passes agrees with the
    sample sizes that the planner gives. A one-sided rule at confidence c reads both ends of the two-sided interval at
    2c - 1: each end is then a one-sided bound at c. Of several looks each has a
    confidence of its own, so that their errors add up to what is stated of all together.
    """
    confidence = 1 - case.errors[-1] if case.errors else case.rule.confidence
    found = _estimate(case, confidence)
    evidence = found.to_dict() | {"inputs_hash": found.inputs_hash} | _looks(case)
    if found.result is None:
        return Proposal(Outcome.CONTINUE, f"No estimate: {found.refusal}.", evidence)
    shown = found.result
    outcome, reason = _verdict(
        shown.low, shown.high, case.rule, shown.method, confidence, is_share=_is_share(case)
    )
    return Proposal(outcome, f"{reason}{_looks_in_words(case)}", evidence)


def _looks(case: Case) -> dict[str, Any]:
    if len(case.errors) < 2 and case.rule.looks == 1:
        return {}
    return {"look": len(case.errors), "looks_planned": case.rule.looks, "errors": list(case.errors)}


def _looks_in_words(case: Case) -> str:
    if len(case.errors) < 2:
        return ""
    return (
        f" This is look {len(case.errors)}; all looks together err in at most {100 * sum(case.errors):.3g}%."
    )


def _estimate(case: Case, confidence: float) -> Calculated:
    asked = (_two_sided(case.rule, confidence), case.target, case.assumption)
    found = calculated(case.numbers, case.measure, case.rule.basis, *asked, use=case.use)
    if found.result is None and case.rule.basis == "assisted":
        return calculated(case.numbers, case.measure, "human", *asked, use=case.use)
    return found


def _two_sided(rule: Acceptance, confidence: float) -> float:
    return confidence if rule.side == "two-sided" else 2 * confidence - 1


def _verdict(
    low: float, high: float, rule: Acceptance, method: str, confidence: float, *, is_share: bool
) -> tuple[Outcome, str]:
    side = "" if rule.side == "two-sided" else "one-sided, "
    stated = f"({method}, {side}at {100 * confidence:.4g}% confidence)"
    if not low <= high:  # unknown, or a sequence whose intervals have nothing in common
        return Outcome.CONTINUE, f"No interval can be given {stated}: more labels are needed to tell."
    bar, lower, upper = (_written(number, is_share) for number in (rule.at_least, low, high))
    outcome = Outcome(decide(low, high, rule.at_least))
    reasons = {
        Outcome.ACCEPT: f"The lower bound {lower} {stated} reaches the bar of {bar}.",
        Outcome.REJECT: f"The upper bound {upper} {stated} stays below the bar of {bar}.",
        Outcome.CONTINUE: f"The bar of {bar} lies between the bounds {lower} and {upper} {stated}: "
        "more labels are needed to tell.",
    }
    return outcome, reasons[outcome]


def _is_share(case: Case) -> bool:
    return case.measure.bounds == (0.0, 1.0)


def _written(number: float, is_share: bool) -> str:
    """A share in percent, as everywhere else, with digits enough to tell it from a bar that is close by."""
    return f"{100 * number:.4g}%" if is_share else f"{number:.4g}"


def _by_count(case: Case) -> Proposal:
    """How many of the labelled items fail; what has no label is counted both ways, and decides nothing by itself."""
    labels = case.numbers.labels
    failing, missing = int((labels == 0).sum()), int(np.isnan(labels).sum())
    accept, reject = _limits(case)
    evidence = {
        "criterion": case.measure.criterion,
        "estimand": case.measure.estimand,
        "method": "count of failing items",
        "n_human": len(labels) - missing,
        "failing": failing,
        "missing": missing,
        "accept": accept,
        "reject": reject,
        "population": case.numbers.population,
        **case.tables,
        "inputs_hash": case.numbers.hash,
    }
    said = f"{failing} of {len(labels) - missing} labelled items fail"
    if failing + missing <= accept:
        return Proposal(Outcome.ACCEPT, f"{said}; up to {accept} are accepted.", evidence, "A")
    if failing >= reject:
        return Proposal(Outcome.REJECT, f"{said}; from {reject} on the batch is rejected.", evidence, "R")
    if failing + missing < reject:
        return Proposal(Outcome.ACCEPT, _between(said, accept, reject, missing), evidence, "M")
    reason = f"{said}, and {missing} drawn items have no label, which decide: up to {accept} are accepted."
    return Proposal(Outcome.CONTINUE, reason, evidence)


def _between(said: str, accept: int, reject: int, missing: int) -> str:
    """Why a batch passes and reduced inspection ends, for which what has no label counts as failing."""
    counted = f" with the {missing} that have no label" if missing else ""
    return f"{said}: more than {accept}{counted}, fewer than {reject}. The batch is accepted, reduced inspection ends."


def _limits(case: Case) -> tuple[int, int]:
    """(accept up to, reject from)."""
    if case.rule.rule == "aql":
        return int(case.tables["accept"]), int(case.tables["reject"])
    return case.rule.accept, case.rule.accept + 1


def _in_sequence(case: Case) -> Proposal:
    """By a confidence sequence, for the batch without replacement: looking often costs nothing.

    What has no label counts as the worst for the lower end and as the best for the upper.
    """
    if case.target == "process" and case.numbers.clusters is not None:
        reason = "Items that come in clusters say too little of the process behind them, one by one."
        return Proposal(Outcome.CONTINUE, reason, {"inputs_hash": case.numbers.hash})
    low, high = case.measure.bounds or (0.0, 1.0)
    asked = np.empty(len(case.numbers.labels))
    asked[np.asarray(case.order)] = case.numbers.labels
    population, confidence = case.numbers.population, _two_sided(case.rule, case.rule.confidence)
    drawn_from = population if case.target == "batch" else None
    ends = [
        betting_sequence(np.where(np.isnan(asked), end, asked).tolist(), confidence, (low, high), drawn_from)
        for end in (low, high)
    ]
    lower, upper = float(ends[0].low[-1]), float(ends[1].high[-1])
    evidence = {
        "criterion": case.measure.criterion,
        "estimand": case.measure.estimand,
        "target": case.target,
        "method": f"confidence sequence ({ends[0].method})",
        "estimate": float(np.nanmean(asked)) if not np.isnan(asked).all() else None,
        "low": lower,
        "high": upper,
        "confidence": confidence,
        "n_human": int((~np.isnan(asked)).sum()),
        "population": population,
        "looks": "any number: the interval holds at all of them together",
        "inputs_hash": case.numbers.hash,
    }
    outcome, reason = _verdict(
        lower, upper, case.rule, "confidence sequence", case.rule.confidence, is_share=_is_share(case)
    )
    return Proposal(outcome, reason, evidence)
