"""How a verdict of several calls came about, as rows that can be read: one shape for every architecture."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditing.judging.models import Verdict

FIGURES = {
    "combined_by": "Combined by",
    "needs": "Members needed",
    "mean": "Exact mean",
    "median": "Exact median",
    "minimum": "Minimum",
    "stage": "Answered by",
    "said": "Said in the reply",
    "expected": "Expected level",
    "covered": "Probability read from the tokens",
    "by": "Settled by being",
}


@dataclass(frozen=True)
class Said:
    """What one part said. `sure` is its confidence, None where it gave none."""

    who: str
    value: str
    is_answer: bool
    sure: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Background:
    """Single facts, what each part said, and the probability of each value."""

    facts: list[tuple[str, str]]
    said: list[Said]
    probabilities: list[tuple[str, float]]

    def __bool__(self) -> bool:
        return bool(self.facts or self.said or len(self.probabilities) > 1)


def background(verdict: Verdict) -> Background:
    details, shares = verdict.details, verdict.probabilities
    facts = [(words, str(details[key])) for key, words in FIGURES.items() if key in details]
    ranked = sorted(shares.items(), key=lambda pair: -pair[1])
    return Background(facts, list(_said(details)), ranked)


def _said(details: Mapping[str, Any]) -> Iterator[Said]:
    for stage in details.get("passed_on", ()):
        yield Said(
            f"{stage['stage']}, passed on",
            str(stage["value"] or "no answer"),
            stage["value"] is not None,
            stage["probability"],
            stage["why"],
        )
    for vote in details.get("votes", ()):
        yield _part(vote["name"], vote)
    for name, part in (*details.get("orders", {}).items(), *details.get("debaters", {}).items()):
        yield _part(name, part)
    if "first" in details:
        yield _part("first answer", details["first"])
    for check in details.get("checks", ()):
        yield Said(
            check["check"],
            {True: "holds", False: "fails"}.get(check["holds"], "cannot tell"),
            True,
            None,
            check["said"],
        )


def _part(who: str, part: Mapping[str, Any]) -> Said:
    value = part.get("value")
    return Said(
        who,
        str(part["outcome"].replace("_", " ") if value is None else value),
        value is not None,
        part.get("probability"),
        part.get("reason", ""),
    )
