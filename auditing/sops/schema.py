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
report: {slices: [producer, topic]}
"""

from dataclasses import dataclass
from typing import Any, Literal

from auditing.core.errors import BadInput
from auditing.core.reading import Fields, read_number
from auditing.rubrics.scale_files import plain
from auditing.rubrics.scales import Nominal, Preference, Taxonomy
from auditing.rubrics.schema import ITEM_PASSES, NAME, RubricSpec, read_name

ADJUDICATED = "adjudicated"
MAX_OPINIONS = 20
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
    "report",
)


@dataclass(frozen=True)
class Clause:
    """One numbered instruction to auditors; `text` is markdown."""

    key: str
    title: str = ""
    text: str = ""


@dataclass(frozen=True)
class Sampling:
    """What is drawn of a batch. `judge`: items, or all; `overlap`: the share with several opinions."""

    human: int
    method: Literal["simple", "stratified"] = "simple"
    by: str = ""
    allocation: Literal["proportional", "equal"] = "proportional"
    judge: int | Literal["all"] = "all"
    overlap: float = 0.0
    opinions: int = 1


@dataclass(frozen=True)
class Labels:
    """Where human labels come from, and which rater is the reference."""

    source: Literal["reviews", "imported"] = "reviews"
    reference: str = ADJUDICATED


@dataclass(frozen=True)
class Acceptance:
    """The rule that decides on a batch. `basis`: human labels alone, or judges' scores corrected by them."""

    at_least: float
    criterion: str = ITEM_PASSES
    confidence: float = 0.95
    side: Literal["lower", "two-sided"] = "lower"
    basis: Literal["human", "assisted"] = "human"


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
    report: Report = Report()

    @classmethod
    def from_content(cls, content: Any) -> "SopSpec":
        """Read and check the content of a file. Raises BadInput; `field` is the path of what is wrong."""
        fields = Fields(content, "", _SOP_KEYS)
        labels = _labels(fields)
        return cls(
            name=read_name(fields, "sop"),
            collection=fields.text("collection", ""),
            rubric=_rubric(fields),
            purpose=fields.text("purpose", ""),
            clauses=_clauses(fields),
            sampling=_sampling(fields, labels),
            judges=fields.texts("judges"),
            labels=labels,
            acceptance=_acceptance(fields),
            report=Report(Fields(content.get("report") or {}, "report", ("slices",)).texts("slices")),
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
        if isinstance(rubric.criterion(key).scale, Nominal | Preference | Taxonomy):
            raise BadInput(f"{key!r} has no number that is better when it is higher", field=where)

    def to_content(self) -> dict[str, Any]:
        """The content that reads back as this same SOP, everything written out."""
        return {
            "sop": self.name,
            **_if_any(collection=self.collection),
            "rubric": self.rubric,
            **_if_any(purpose=self.purpose),
            **_if_any(clauses=[_clause_content(clause) for clause in self.clauses]),
            "sampling": _sampling_content(self.sampling),
            "judges": list(self.judges),
            "labels": {"source": self.labels.source, "reference": self.labels.reference},
            **_if_any(acceptance=_acceptance_content(self.acceptance)),
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


def _sampling(parent: Fields, labels: Labels) -> Sampling:
    fields = Fields(
        parent.need("sampling"),
        "sampling",
        ("method", "by", "allocation", "judge", "human", "overlap", "opinions"),
    )
    method, by = fields.choice("method", ("simple", "stratified"), "simple"), fields.text("by", "")
    if method == "stratified" and not by:
        raise fields.complain("by", "is missing: a stratified sample needs `producer` or a slice field")
    overlap, opinions = fields.number("overlap", 0.0), _whole(fields, "opinions", 1)
    if not 0 <= overlap <= 1:
        raise fields.complain("overlap", "must be a share from 0 to 1")
    if not 1 <= opinions <= MAX_OPINIONS or (overlap > 0 and opinions < 2):
        least = 2 if overlap > 0 else 1
        raise fields.complain("opinions", f"must be from {least} to {MAX_OPINIONS} here")
    return Sampling(
        method=method,  # type: ignore[arg-type]  # one of the choices
        by=by,
        allocation=fields.choice("allocation", ("proportional", "equal"), "proportional"),  # type: ignore[arg-type]
        judge="all" if fields.data.get("judge", "all") == "all" else _whole(fields, "judge"),
        human=_human(fields, labels),
        overlap=overlap,
        opinions=opinions,
    )


def _human(fields: Fields, labels: Labels) -> int:
    """How many items people review: none needed when labels are imported."""
    if labels.source == "imported":
        return _whole(fields, "human", 0)
    human = _whole(fields, "human")
    if human < 1:
        raise fields.complain("human", "must be at least 1, unless labels are imported")
    return human


def _whole(fields: Fields, key: str, default: int | None = None) -> int:
    value = fields.number(key, None if default is None else float(default))
    if value != int(value) or value < 0:
        raise fields.complain(key, "must be a whole number that is not negative")
    return int(value)


def _labels(parent: Fields) -> Labels:
    fields = Fields(parent.data.get("labels") or {}, "labels", ("source", "reference"))
    source = fields.choice("source", ("reviews", "imported"), "reviews")
    return Labels(source, fields.text("reference", ADJUDICATED))  # type: ignore[arg-type]  # one of the choices


def _acceptance(parent: Fields) -> Acceptance | None:
    if "acceptance" not in parent:
        return None
    fields = Fields(
        parent.data["acceptance"],
        "acceptance",
        ("criterion", "at_least", "confidence", "side", "basis"),
    )
    rule = Acceptance(
        criterion=fields.text("criterion", ITEM_PASSES),
        at_least=read_number(fields.need("at_least"), fields.at("at_least")),
        confidence=fields.number("confidence", 0.95),
        side=fields.choice("side", ("lower", "two-sided"), "lower"),  # type: ignore[arg-type]
        basis=fields.choice("basis", ("human", "assisted"), "human"),  # type: ignore[arg-type]
    )
    if rule.criterion == ITEM_PASSES and not 0 <= rule.at_least <= 1:
        raise fields.complain("at_least", "must be a share from 0 to 1")
    if not 0.5 < rule.confidence < 1:
        raise fields.complain("confidence", "must be above 0.5 and below 1, as in 0.95")
    return rule


def _if_any(**parts: Any) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if value}


def _clause_content(clause: Clause) -> dict[str, Any]:
    return {"key": clause.key, **_if_any(title=clause.title, text=clause.text)}


def _sampling_content(sampling: Sampling) -> dict[str, Any]:
    strata = {"by": sampling.by, "allocation": sampling.allocation} if sampling.by else {}
    return {
        "method": sampling.method,
        **strata,
        "judge": sampling.judge,
        "human": sampling.human,
        "overlap": plain(sampling.overlap),
        "opinions": sampling.opinions,
    }


def _acceptance_content(rule: Acceptance | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    return {
        "criterion": rule.criterion,
        "at_least": plain(rule.at_least),
        "confidence": rule.confidence,
        "side": rule.side,
        "basis": rule.basis,
    }
