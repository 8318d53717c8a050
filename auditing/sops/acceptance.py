"""What an SOP says about deciding on a batch.

rule        how it decides
interval    by the estimate's interval: accept when all of it reaches at_least, reject when none does (confidence, side,
            basis), at each of the `looks` at more labels that are planned: they share what may err
count       by a count: accept with at most `accept` failing items among those that people labelled, else reject
aql         by the MIL-STD-105E / Z1.4 tables (aql in percent, level): they say how many to look at and how many may
            fail, more strictly or less as the producer's earlier batches did
sequential  by an interval that holds at any time (confidence, side): may ask for another `wave` of labels
"""

from dataclasses import dataclass
from typing import Any, Literal

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, read_number
from auditing.rubrics.scale_files import plain
from auditing.rubrics.schema import ITEM_PASSES
from auditing.stats.z14 import AQLS, CODE_LETTERS

Rule = Literal["interval", "count", "aql", "sequential"]
PERCENTS = tuple(aql for aql in AQLS if aql <= 10)  # beyond, an AQL counts defects per 100 units
RULE_KEYS: dict[str, tuple[str, ...]] = {
    "interval": ("criterion", "at_least", "confidence", "side", "basis", "looks"),
    "count": ("criterion", "at_least", "accept"),
    "aql": ("criterion", "at_least", "aql", "level"),
    "sequential": ("criterion", "at_least", "confidence", "side", "wave"),
}
COUNTED = ("count", "aql")  # rules about how many items fail
WAVE, MOST_LOOKS = 50, 20
ACCEPTANCE_KEYS = (
    "rule",
    "criterion",
    "at_least",
    "confidence",
    "side",
    "basis",
    "accept",
    "aql",
    "level",
    "wave",
    "looks",
)


@dataclass(frozen=True)
class Acceptance:
    """The rule that decides on a batch. `basis`: human labels alone, or judges' scores corrected by them."""

    at_least: float
    criterion: str = ITEM_PASSES
    confidence: float = 0.95
    side: Literal["lower", "two-sided"] = "lower"
    basis: Literal["human", "assisted"] = "human"
    rule: Rule = "interval"
    accept: int = 0
    aql: float = 0.0
    level: str = "II"
    wave: int = WAVE
    looks: int = 1

    @property
    def needs_simple_draw(self) -> bool:
        return self.rule != "interval"


def read_acceptance(data: Any) -> Acceptance:
    """The `acceptance` part of an SOP file. Raises BadInput."""
    fields = Fields(data, "acceptance", ACCEPTANCE_KEYS)
    rule = fields.choice("rule", tuple(RULE_KEYS), "interval")
    aql = _aql(fields) if rule == "aql" else 0.0
    found = Acceptance(
        rule=rule,  # type: ignore[arg-type]  # one of the choices
        criterion=fields.text("criterion", ITEM_PASSES),
        at_least=_at_least(fields, aql),
        confidence=fields.number("confidence", 0.95),
        side=fields.choice("side", ("lower", "two-sided"), "lower"),  # type: ignore[arg-type]
        basis=fields.choice("basis", ("human", "assisted"), "human"),  # type: ignore[arg-type]
        accept=_whole(fields, "accept", 0, 0),
        aql=aql,
        level=fields.choice("level", tuple(CODE_LETTERS), "II"),
        wave=_whole(fields, "wave", WAVE, 1),
        looks=_whole(fields, "looks", 1, 1),
    )
    if (found.criterion == ITEM_PASSES or rule in COUNTED) and not 0 <= found.at_least <= 1:
        raise fields.complain("at_least", "must be a share from 0 to 1")
    if not 0.5 < found.confidence < 1:
        raise fields.complain("confidence", "must be above 0.5 and below 1, as in 0.95")
    if found.looks > MOST_LOOKS:
        raise fields.complain("looks", f"must be from 1 to {MOST_LOOKS}")
    return found


def acceptance_content(rule: Acceptance) -> dict[str, Any]:
    """The content that reads back as this rule; keys of other rules are left out."""
    about = {"criterion": rule.criterion, "at_least": plain(rule.at_least)}
    interval = {"confidence": rule.confidence, "side": rule.side}
    match rule.rule:
        case "count":
            return {"rule": "count", **about, "accept": rule.accept}
        case "aql":
            return {"rule": "aql", **about, "aql": plain(rule.aql), "level": rule.level}
        case "sequential":
            return {"rule": "sequential", **about, **interval, "wave": rule.wave}
        case _:
            looks = {"looks": rule.looks} if rule.looks > 1 else {}
            return {**about, **interval, "basis": rule.basis, **looks}


def _at_least(fields: Fields, aql: float) -> float:
    """With an AQL, the quality that it calls acceptable unless another is named."""
    if aql and "at_least" not in fields:
        return round(1 - aql / 100, 6)
    return read_number(fields.need("at_least"), fields.at("at_least"))


def _aql(fields: Fields) -> float:
    aql = read_number(fields.need("aql"), fields.at("aql"))
    if not any(abs(value - aql) < 1e-9 for value in PERCENTS):
        raise fields.complain(
            "aql", f"must be one of {', '.join(f'{value:g}' for value in PERCENTS)} (percent)"
        )
    return aql


def _whole(fields: Fields, key: str, default: int, least: int) -> int:
    value = fields.number(key, float(default))
    if value != int(value) or value < least:
        raise BadInput(f"must be a whole number, at least {least}", field=fields.at(key))
    return int(value)
