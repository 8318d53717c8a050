"""A judge without a model: checks decide, in order, at no cost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from judges.contracts import Answer, Judgement, Outcome, Provider, Question, Request, Subject, digest_of
from judges.errors import OffScale
from judges.programs.duplicates import NearDuplicate
from judges.programs.findings import Check, Finding

PROGRAM_VERSION = "1"
"""Raise it when a check finds anything else than before."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check, and the value it decides on where it `holds` or `fails`; "" says nothing."""

    check: Check
    holds: str = ""
    fails: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {**self.check.to_dict(), "holds": self.holds, "fails": self.fails}

    def value_for(self, finding: Finding) -> str:
        return "" if finding.holds is None else self.holds if finding.holds else self.fails


@dataclass(frozen=True, slots=True)
class Ruleset:
    """How one question is answered: the first rule that says something decides, else `otherwise`.

    Where nothing is decided, or a rule before the end could not be applied to the item, the judge abstains.
    """

    question: Question
    rules: Sequence[Rule]
    otherwise: str = ""

    def __post_init__(self) -> None:
        values = [value for rule in self.rules for value in (rule.holds, rule.fails) if value]
        for value in [*values, *([self.otherwise] if self.otherwise else [])]:
            try:
                self.question.scale.parse(value)
            except OffScale as error:
                raise ValueError(f"{self.question.key}: {error}") from error
        if not self.rules:
            raise ValueError(f"{self.question.key}: at least one check is needed")
        if not all(rule.holds or rule.fails for rule in self.rules):
            raise ValueError(f"{self.question.key}: each check needs a value for `holds` or `fails`")

    def answer(self, subject: Subject) -> Answer:
        findings: list[Finding] = []
        for rule in self.rules:
            findings.append(rule.check.find(subject))
            if value := rule.value_for(findings[-1]):
                return self._scored(value, findings[-1].said, findings)
        unknown = next((finding.said for finding in findings if finding.holds is None), "")
        if unknown or not self.otherwise:
            return self._abstained(unknown or "no check decided", findings)
        return self._scored(self.otherwise, "; ".join(finding.said for finding in findings), findings)

    def _scored(self, value: str, why: str, findings: list[Finding]) -> Answer:
        canonical = self.question.scale.parse(value)
        return Answer(
            self.question.key, Outcome.SCORED, canonical, rationale=why, details=self._details(findings)
        )

    def _abstained(self, reason: str, findings: list[Finding]) -> Answer:
        return Answer(self.question.key, Outcome.ABSTAINED, reason=reason, details=self._details(findings))

    def _details(self, findings: list[Finding]) -> dict[str, Any]:
        return {
            "checks": [
                {"check": rule.check.name, "holds": found.holds, "score": found.score, "said": found.said}
                for rule, found in zip(self.rules, findings, strict=False)  # later rules were not asked
            ]
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "question": self.question.to_dict(),
            "rules": [rule.to_dict() for rule in self.rules],
            "otherwise": self.otherwise,
        }


class Program:
    """Answers the questions it has rules for, and no other; asks no endpoint."""

    def __init__(self, rulesets: Sequence[Ruleset]) -> None:
        if not rulesets:
            raise ValueError("a program needs rules for at least one criterion")
        self.rulesets = tuple(rulesets)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that have rules."""
        return tuple(ruleset.question for ruleset in self.rulesets)

    def fingerprint(self) -> str:
        """SHA-256 (hex) of the checks, their settings and the questions."""
        return digest_of({"program": PROGRAM_VERSION, "rules": [one.to_dict() for one in self.rulesets]})

    def opening(self, subject: Subject) -> list[Request]:
        """Nothing is asked of anybody."""
        return []

    @property
    def surveys(self) -> bool:
        """Must it see the whole batch before it judges an item?"""
        return bool(self._surveying())

    def survey(self, subjects: Iterable[Subject]) -> None:
        """Look through the whole batch once, in its order."""
        checks = self._surveying()
        for subject in subjects:
            for check in checks:
                check.see(subject)
        for check in checks:
            check.compare()

    async def judge(self, subject: Subject, provider: Provider) -> Judgement:
        """Judge one item; the provider is not used."""
        return Judgement(subject.item_id, tuple(ruleset.answer(subject) for ruleset in self.rulesets), ())

    def _surveying(self) -> list[NearDuplicate]:
        rules = [rule for ruleset in self.rulesets for rule in ruleset.rules]
        return [rule.check for rule in rules if isinstance(rule.check, NearDuplicate)]
