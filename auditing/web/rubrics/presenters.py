"""What the rubric pages show."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from auditing.accounts.models import User
from auditing.core import yaml_text
from auditing.core.errors import BadInput
from auditing.judging.prompt_preview import prompt_of
from auditing.rubrics.models import Rubric, RubricVersion
from auditing.rubrics.schema import Criterion, RubricSpec, read_criterion
from auditing.sops.models import SopVersion
from auditing.sops.selectors import versions_visible_to as sop_versions_visible_to
from auditing.web.rubrics.editing import CriterionFields, criterion_fields, fits_fields
from auditing.web.rubrics.inputs import CriterionInput, criterion_input, criterion_inputs

REVISIONS_SHOWN = 20


@dataclass(frozen=True)
class Preview:
    """What comes of a content: the inputs of its criteria, the judge's prompt, and what is wrong with it."""

    inputs: list[CriterionInput]
    prompt: str = ""
    rule: str = ""
    problem: BadInput | None = None


@dataclass(frozen=True)
class Editor:
    """A draft on the editor's page, as fields or as YAML text."""

    rubric: Rubric
    content: dict[str, Any]
    text: str
    as_yaml: bool
    preview: Preview

    @property
    def fits_fields(self) -> bool:
        return fits_fields(self.content)

    @property
    def criteria(self) -> list[CriterionFields]:
        return criterion_fields(self.content)


def preview(content: dict[str, Any]) -> Preview:
    """What auditors and judges would get; where the whole is not right, what can be shown of it."""
    try:
        spec = RubricSpec.from_content(content)
        prompt = prompt_of(spec)
    except BadInput as error:
        return Preview(inputs=[criterion_input(one) for one in _readable(content)], problem=error)
    return Preview(inputs=criterion_inputs(spec), prompt=prompt, rule=rule_in_words(spec))


def rule_in_words(spec: RubricSpec) -> str:
    """When an item passes, as a sentence."""
    if spec.item_passes_when:
        critical = [criterion.key for criterion in spec.criteria if criterion.critical]
        unless = f", and never when a critical criterion fails ({', '.join(critical)})" if critical else ""
        return f"An item passes when {spec.item_passes_when}{unless}"
    if not spec.decides_items:
        return "This rubric scores items; it does not say when one passes."
    good = [
        f"{c.key} is {' or '.join(sorted(c.scale.good_values))}" for c in spec.criteria if c.scale.good_values
    ]
    return f"An item passes when {' and '.join(good)}"


def editor(rubric: Rubric, content: dict[str, Any], *, as_yaml: bool) -> Editor:
    return Editor(rubric, content, yaml_text.write(content), as_yaml, preview(content))


def unreadable(rubric: Rubric, text: str, problem: BadInput) -> Editor:
    """The editor of a text that is no YAML; what is kept is still the draft before it."""
    return Editor(rubric, {}, text, True, Preview(inputs=[], problem=problem))


def usage(version: RubricVersion, user: User) -> QuerySet[SopVersion]:
    """The SOP versions within her reach that use a version, with how many audits ran under each."""
    return sop_versions_visible_to(user).filter(rubric_version=version).annotate(audit_count=Count("audits"))


def _readable(content: Any) -> list[Criterion]:
    rows = content.get("criteria") if isinstance(content, dict) else None
    found: list[Criterion] = []
    for row in rows if isinstance(rows, list) else []:
        try:
            found.append(read_criterion(row, ""))
        except BadInput:
            continue
    return found
