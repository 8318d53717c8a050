"""What the SOP pages show."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Prefetch
from django.utils.safestring import SafeString

from auditing.accounts.models import User
from auditing.accounts.roles import Role
from auditing.core import versions, yaml_text
from auditing.core.errors import BadInput
from auditing.datasets.models import Collection
from auditing.judging.models import Judge
from auditing.rubrics.models import Rubric, RubricVersion
from auditing.rubrics.schema import ITEM_PASSES
from auditing.rubrics.selectors import rubrics_visible_to
from auditing.sops.models import Sop, SopVersion
from auditing.sops.schema import SopSpec
from auditing.sops.services import resolved_rubric
from auditing.web.datasets.markup import markdown_html
from auditing.web.sops.editing import fits_fields
from auditing.web.sops.summary import in_plain_words

METHODS = (
    ("simple", "simple random"),
    ("stratified", "stratified by a field"),
    ("systematic", "systematic"),
    ("pps", "in proportion to a number"),
    ("two-phase", "stratified by judges' scores"),
    ("active", "active: where labels are uncertain"),
)
RULES = (
    ("interval", "by the estimate's interval"),
    ("count", "by a count of failures"),
    ("aql", "AQL tables, with switching"),
    ("sequential", "stop as soon as it is clear"),
)
ALLOCATIONS = (
    ("proportional", "proportional"),
    ("neyman", "Neyman: more where labels vary"),
    ("equal", "equal"),
)


@dataclass(frozen=True)
class ClauseText:
    key: str
    title: str
    html: SafeString


@dataclass(frozen=True)
class Preview:
    """What an SOP will do, its clauses as auditors read them, and what is wrong with it."""

    summary: list[str] = field(default_factory=list)
    clauses: list[ClauseText] = field(default_factory=list)
    problem: BadInput | None = None


@dataclass(frozen=True)
class Editor:
    """A draft on the editor's page, as fields or as YAML text, with what can be chosen."""

    sop: Sop
    content: dict[str, Any]
    text: str
    as_yaml: bool
    preview: Preview
    rubrics: list[str] = field(default_factory=list)
    judges: list[tuple[str, bool]] = field(default_factory=list)
    criteria: list[str] = field(default_factory=list)
    slice_fields: list[str] = field(default_factory=list)

    methods = METHODS
    allocations = ALLOCATIONS
    rules = RULES

    @property
    def fits_fields(self) -> bool:
        return fits_fields(self.content)

    @property
    def slices(self) -> str:
        return "\n".join((self.content.get("report") or {}).get("slices") or [])


def preview(content: dict[str, Any]) -> Preview:
    """The plain words of an SOP; a rubric that it cannot use is a problem too."""
    try:
        spec = SopSpec.from_content(content)
    except BadInput as error:
        return Preview(problem=error)
    return Preview(in_plain_words(spec), clause_texts(spec), problem=_misfit(spec))


def _misfit(spec: SopSpec) -> BadInput | None:
    """Why the SOP cannot be used with its rubric, if it cannot."""
    try:
        spec.check_against(resolved_rubric(spec).spec)
    except BadInput as error:
        return error
    return None


def clause_texts(spec: SopSpec) -> list[ClauseText]:
    return [ClauseText(clause.key, clause.title, markdown_html(clause.text)) for clause in spec.clauses]


def current_content(sop: Sop) -> dict[str, Any]:
    """The draft's content, or the newest version's to start a draft from."""
    content: dict[str, Any] = versions.current_of(sop).content
    return content


def editor(user: User, sop: Sop, content: dict[str, Any], *, as_yaml: bool) -> Editor:
    text, shown = yaml_text.write(content), preview(content)
    if as_yaml or not fits_fields(content):
        return Editor(sop, content, text, as_yaml, shown)
    return Editor(
        sop,
        content,
        text,
        as_yaml,
        shown,
        rubrics=_with(rubric_choices(user), content.get("rubric")),
        judges=_judges(content.get("judges") or []),
        criteria=_criteria(content),
        slice_fields=slice_fields(sop.collection),
    )


def unreadable(sop: Sop, text: str, problem: BadInput) -> Editor:
    """The editor of a text that is no YAML; what is kept is still the draft before it."""
    return Editor(sop, {}, text, True, Preview(problem=problem))


def rubric_choices(user: User) -> list[str]:
    """Each rubric's name, for its newest version, and every version of it."""
    published = RubricVersion.objects.filter(state="published").order_by("-number")
    rubrics = rubrics_visible_to(user).filter(archived_at=None, pk__in=published.values("rubric"))
    return [
        choice
        for rubric in rubrics.prefetch_related(Prefetch("versions", published, "published_versions"))
        for choice in _versions_of(rubric)
    ]


def slice_fields(collection: Collection) -> list[str]:
    """By what the collection's batches can be split."""
    fields = {name for names in collection.batches.values_list("slice_fields", flat=True) for name in names}
    return ["producer", *sorted(fields - {"producer"})]


def readers(version: SopVersion) -> list[tuple[User, Any]]:
    """The collection's auditors, and when each acknowledged this version."""
    told = {row.user_id: row.at for row in version.acknowledgements.all()}
    auditors = User.objects.filter(
        access__collection=version.sop.collection, role=Role.AUDITOR, is_active=True
    ).order_by("username")
    return [(auditor, told.get(auditor.pk)) for auditor in auditors]


def _versions_of(rubric: Rubric) -> list[str]:
    numbers = [version.number for version in rubric.published_versions]  # type: ignore[attr-defined]
    return [rubric.name, *(f"{rubric.name}@{number}" for number in numbers)]


def _with(choices: list[str], present: Any) -> list[str]:
    return choices if present in choices or not present else [str(present), *choices]


def _judges(chosen: list[Any]) -> list[tuple[str, bool]]:
    """Every judge that can be bound, and whoever else is named, each with whether it is chosen."""
    published = Judge.objects.filter(archived_at=None, versions__state="published")
    known = list(published.distinct().values_list("name", flat=True))
    others = [str(name) for name in chosen if name not in known]
    return [(name, name in chosen) for name in [*others, *known]]


def _criteria(content: dict[str, Any]) -> list[str]:
    """What can be decided upon: the whole item, and the criteria of the rubric as far as it is known."""
    present = (content.get("acceptance") or {}).get("criterion")
    try:
        spec = resolved_rubric(
            SopSpec.from_content({k: v for k, v in content.items() if k != "acceptance"})
        ).spec
    except BadInput:
        return _with([ITEM_PASSES], present)
    return _with([ITEM_PASSES, *(criterion.key for criterion in spec.criteria)], present)
