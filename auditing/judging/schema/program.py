"""architecture: program: checks without a model, free; the first that says something decides.

criteria:                 # those it answers; the others get no verdict
  correct:
    checks:
      - {check: regex, pattern: "^Sorry", holds: "no"}
      - {check: match, field: output, against: reference, how: contains, fails: "no"}
    otherwise: "yes"      # where no check decided
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import fields as settings_fields
from typing import Any, get_type_hints

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, unknown
from auditing.judging.schema.asked import Asked
from auditing.judging.schema.base import JudgeSpec
from auditing.judging.schema.questions import question_of
from auditing.rubrics.schema import RubricSpec
from judges.architectures.program import Program, Rule, Ruleset
from judges.contracts import Architecture
from judges.programs.catalogue import CHECKS, check_from_dict

CHECK_NAMES = tuple(CHECKS)


@dataclass(frozen=True)
class Rules:
    """How one criterion is decided."""

    rules: tuple[Rule, ...]
    otherwise: str = ""


@dataclass(frozen=True)
class ProgramJudge(JudgeSpec):
    """Checks for some criteria of a rubric."""

    architecture = "program"
    keys = ("criteria",)

    criteria: Mapping[str, Rules]

    @classmethod
    def read(cls, fields: Fields) -> "ProgramJudge":
        criteria = {name: _rules(path, entry) for path, name, entry in fields.pairs("criteria")}
        if not criteria:
            raise fields.complain("criteria", "is missing: name a criterion and its checks")
        return cls(criteria)

    def to_content(self) -> dict[str, Any]:
        return {
            "architecture": self.architecture,
            "criteria": {name: _rules_content(rules) for name, rules in self.criteria.items()},
        }

    def build(self, rubric: RubricSpec) -> Architecture:
        known = [criterion.key for criterion in rubric.criteria]
        for name in self.criteria:
            if name not in known:
                raise BadInput(unknown("criterion", name, known), field="criteria")
        return Program([self._ruleset(key, rubric) for key in known if key in self.criteria])

    def _ruleset(self, key: str, rubric: RubricSpec) -> Ruleset:
        decided = self.criteria[key]
        try:
            return Ruleset(question_of(rubric.criterion(key)), decided.rules, decided.otherwise)
        except ValueError as error:
            raise BadInput(str(error), field=f"criteria.{key}") from error

    @property
    def asked(self) -> Sequence[Asked]:
        return ()


def settings_of(check: str) -> dict[str, Any]:
    """The settings of a check of that name, with their types."""
    hints = get_type_hints(CHECKS[check])
    return {one.name: hints[one.name] for one in settings_fields(CHECKS[check]) if one.init}


def _rules(path: str, entry: Any) -> Rules:
    fields = Fields(entry, path, ("checks", "otherwise"))
    rules = tuple(_rule(at, row) for at, row in fields.rows("checks"))
    if not rules:
        raise fields.complain("checks", "is missing: at least one check is needed")
    return Rules(rules, _value(fields.data, "otherwise", path))


def _rule(path: str, row: Any) -> Rule:
    if not isinstance(row, Mapping):
        raise BadInput("must be a check with its settings", field=path)
    holds, fails = _value(row, "holds", path), _value(row, "fails", path)
    if not holds and not fails:
        raise BadInput("say which value it decides on where it `holds` or `fails`", field=path)
    settings = {name: value for name, value in row.items() if name not in ("holds", "fails")}
    try:
        return Rule(check_from_dict(settings), holds, fails)
    except ValueError as error:
        raise BadInput(str(error), field=path) from error


def _value(data: Mapping[str, Any], key: str, path: str) -> str:
    """A value of the criterion's scale as text; YAML's own yes and no are not text."""
    value = data.get(key)
    if isinstance(value, bool):
        raise BadInput('must be text: put yes and no in "quotes"', field=f"{path}.{key}")
    if isinstance(value, int | float):
        return f"{value:g}"
    if value is not None and not isinstance(value, str):
        raise BadInput("must be a value of the criterion's scale", field=f"{path}.{key}")
    return value or ""


def _rules_content(rules: Rules) -> dict[str, Any]:
    checks = [_without_blanks(rule.to_dict()) for rule in rules.rules]
    return {"checks": checks} | ({"otherwise": rules.otherwise} if rules.otherwise else {})


def _without_blanks(rule: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in rule.items() if name not in ("holds", "fails") or value}
