"""A standard operating procedure as data: the content of an SOP file, checked and typed.

sop: answers-weekly
collection: Question answering
rubric: answer-correctness@2
purpose: ...
clauses: [{key: C1, title: ..., text: "markdown"}]
sampling: {method: stratified, by: producer, allocation: proportional, judge: all, human: 200,
           overlap: 0.2, opinions: 2}
judges: [judge-name]
labels: {source: reviews, reference: adjudicated}
acceptance: {criterion: item_passes, at_least: 0.95, confidence: 0.95, side: lower, basis: human}
estimates: {target: batch}
report: {slices: [producer, topic]}
"""

from dataclasses import dataclass
from typing import Any, Literal

from auditing.core.errors import BadInput
from auditing.core.reading import Fields
from auditing.rubrics.scales import Binary, Nominal, Preference, Taxonomy
from auditing.rubrics.schema import ITEM_PASSES, NAME, RubricSpec, read_name
from auditing.sops.acceptance import COUNTED, Acceptance, acceptance_content, read_acceptance
from auditing.sops.sampling import Sampling, read_sampling, sampling_content

ADJUDICATED = "adjudicated"
_SOP_KEYS = (
    "sop",
    "collection",
    "rubric",
    "purpose",
    "clauses",
    "sampling",
    "judges",
    "labels",
    "acceptance",
    "estimates",
    "report",
)


@dataclass(frozen=True)
class Clause:
    """One numbered instruction to auditors; `text` is markdown."""

    key: str
    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class Labels:
    """Where human labels come from, and which rater is the reference."""

    source: Literal["reviews", "imported"] = "reviews"
    reference: str = ADJUDICATED


@dataclass(frozen=True)
class Estimates:
    """`target`: what the estimates speak of, this batch or the process behind it."""

    target: Literal["batch", "process"] = "batch"


@dataclass(frozen=True)
class Report:
    """`slices`: the fields by which estimates are also given; `producer` is one."""

    slices: tuple[str, ...] = ()


@dataclass(frozen=True)
class SopSpec:
    """How to audit the batches of a collection; without `acceptance` they are measured, not decided upon."""

    name: str
    rubric: str
    sampling: Sampling
    collection: str = ""
    purpose: str = ""
    clauses: tuple[Clause, ...] = ()
    judges: tuple[str, ...] = ()
    labels: Labels = Labels()
    acceptance: Acceptance | None = None
    estimates: Estimates = Estimates()
    report: Report = Report()

    @classmethod
    def from_content(cls, content: Any) -> "SopSpec":
        """Read and check the content of a file. Raises BadInput; `field` is the path of what is wrong."""
        fields = Fields(content, "", _SOP_KEYS)
        labels = _labels(fields)
        spec = cls(
            name=read_name(fields, "sop"),
            collection=fields.text("collection", ""),
            rubric=_rubric(fields),
            purpose=fields.text("purpose", ""),
            clauses=_clauses(fields),
            sampling=read_sampling(fields.need("sampling"), people_are_optional=labels.source == "imported"),
            judges=fields.texts("judges"),
            labels=labels,
            acceptance=read_acceptance(content["acceptance"]) if "acceptance" in fields else None,
            estimates=_estimates(fields),
            report=Report(Fields(content.get("report") or {}, "report", ("slices",)).texts("slices")),
        )
        spec._check_rule_fits_draw()
        return spec

    def _check_rule_fits_draw(self) -> None:
        rule = self.acceptance
        if rule and rule.needs_simple_draw and self.sampling.method != "simple":
            raise BadInput(
                f"{rule.rule!r} needs a simple random sample, not {self.sampling.method!r}",
                field="acceptance.rule",
            )

    @property
    def rubric_name(self) -> str:
        return self.rubric.partition("@")[0]

    @property
    def rubric_number(self) -> int | None:
        """The version asked for; None is the newest published."""
        number = self.rubric.partition("@")[2]
        return int(number) if number else None

    def check_against(self, rubric: RubricSpec) -> None:
        """Raise BadInput when the acceptance rule asks for something that the rubric does not measure."""
        if self.acceptance is None:
            return
        key, where = self.acceptance.criterion, "acceptance.criterion"
        if key == ITEM_PASSES and not rubric.decides_items:
            raise BadInput(f"the rubric {rubric.name} does not say when an item passes", field=where)
        if key != ITEM_PASSES:
            self._check_criterion(rubric, key, where)

    def _check_criterion(self, rubric: RubricSpec, key: str, where: str) -> None:
        if key not in (criterion.key for criterion in rubric.criteria):
            raise BadInput(f"the rubric {rubric.name} has no criterion {key!r}", field=where)
        scale = rubric.criterion(key).scale
        if self.acceptance and self.acceptance.rule in COUNTED and not isinstance(scale, Binary):
            raise BadInput(f"{key!r} has no pass or fail to be counted", field=where)
        if isinstance(scale, Nominal | Preference | Taxonomy):
            raise BadInput(f"{key!r} has no number that is better when it is higher", field=where)

    def to_content(self) -> dict[str, Any]:
        """The content that reads back as this same SOP, everything written out."""
        return {
            "sop": self.name,
            **_if_any(collection=self.collection),
            "rubric": self.rubric,
            **_if_any(purpose=self.purpose),
            **_if_any(clauses=[_clause_content(clause) for clause in self.clauses]),
            "sampling": sampling_content(self.sampling),
            "judges": list(self.judges),
            "labels": {"source": self.labels.source, "reference": self.labels.reference},
            **_if_any(acceptance=acceptance_content(self.acceptance) if self.acceptance else None),
            **_if_any(estimates={"target": "process"} if self.estimates.target == "process" else None),
            **_if_any(report={"slices": list(self.report.slices)} if self.report.slices else None),
        }


def _rubric(fields: Fields) -> str:
    text = fields.text("rubric")
    name, at, number = text.partition("@")
    if not NAME.fullmatch(name) or (
        at and not (number.isascii() and number.isdigit() and 0 < int(number) < 10**6)
    ):
        raise fields.complain("rubric", f"{text!r} is not NAME or NAME@VERSION")
    return text


def _clauses(fields: Fields) -> tuple[Clause, ...]:
    clauses: list[Clause] = []
    for path, row in fields.rows("clauses"):
        entry = Fields(row, path, ("key", "title", "text"))
        clause = Clause(entry.text("key"), entry.text("title", ""), entry.text("text", ""))
        if clause.key in (other.key for other in clauses):
            raise entry.complain("key", f"{clause.key!r} is there twice")
        clauses.append(clause)
    return tuple(clauses)


def _labels(parent: Fields) -> Labels:
    fields = Fields(parent.data.get("labels") or {}, "labels", ("source", "reference"))
    source = fields.choice("source", ("reviews", "imported"), "reviews")
    return Labels(source, fields.text("reference", ADJUDICATED))  # type: ignore[arg-type]  # one of the choices


def _estimates(parent: Fields) -> Estimates:
    fields = Fields(parent.data.get("estimates") or {}, "estimates", ("target",))
    return Estimates(fields.choice("target", ("batch", "process"), "batch"))  # type: ignore[arg-type]


def _if_any(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value}


def _clause_content(clause: Clause) -> dict[str, Any]:
    return {"key": clause.key, **_if_any(title=clause.title, text=clause.text)}
