"""Drafting, publishing, importing and exporting rubrics."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.core import versions, yaml_text
from auditing.core.errors import BadInput, Conflict
from auditing.journal.services import record
from auditing.rubrics.models import Rubric, RubricVersion
from auditing.rubrics.policies import require_define
from auditing.rubrics.schema import NAME, RubricSpec


@transaction.atomic
def create_rubric(*, by: User | None, name: str, content: dict[str, Any]) -> Rubric:
    """A new rubric with a first draft. Raises BadInput (name) and Conflict (taken)."""
    require_define(by)
    if not NAME.fullmatch(name):
        raise BadInput("use small letters, digits, - and _ (at most 120)", field="name")
    if Rubric.objects.filter(name=name).exists():
        raise Conflict(f"There is a rubric named {name!r} already.")
    rubric = Rubric.objects.create(name=name)
    versions.keep_draft(rubric, by=by, content=content)
    record(by=by, verb="created", subject=rubric)
    return rubric


@transaction.atomic
def save_draft(
    *, by: User | None, rubric: Rubric, content: dict[str, Any], base: str | None = None
) -> RubricVersion:
    """Keep the draft, right or not yet; every state it had stays among the revisions.

    `base` is the mark of what was changed. Raises Stale where somebody saved something else meanwhile.
    """
    require_define(by)
    _refuse_archived(rubric)
    versions.lock(rubric)
    is_new = versions.draft_of(rubric) is None
    draft: RubricVersion = versions.keep_draft(rubric, by=by, content=content, base=base)
    if is_new:
        record(by=by, verb="started a draft of", subject=rubric)
    return draft


@transaction.atomic
def discard_draft(*, by: User | None, rubric: Rubric) -> None:
    """Drop the draft; its revisions stay. Raises Conflict when nothing else would be left."""
    require_define(by)
    if versions.newest_of(rubric) is None:
        raise Conflict(f"{rubric} was never published: its draft is all there is. Archive it instead.")
    rubric.versions.filter(state="draft").delete()
    record(by=by, verb="discarded the draft of", subject=rubric)


@transaction.atomic
def publish(
    *,
    by: User | None,
    rubric: Rubric,
    note: str = "",
    content: dict[str, Any] | None = None,
    base: str | None = None,
) -> RubricVersion:
    """Freeze the draft as the next version; a draft equal to the newest version is that version.

    `content` becomes the draft first; `base` is the mark of what was seen, or changed into it. Raises BadInput when
    the draft is not a right rubric, Conflict when there is none, Stale where somebody saved something else meanwhile.
    """
    require_define(by)
    _refuse_archived(rubric)
    versions.lock(rubric)
    versions.require_unchanged(rubric, by=by, base=base, content=content)
    if content is not None:
        save_draft(by=by, rubric=rubric, content=content)
    version, is_new = _freeze(rubric, by, note)
    if is_new:
        record(by=by, verb="published", subject=version, details=_facts(version))
    return version


@transaction.atomic
def import_rubric(
    *, by: User | None, text: str, file: str = "", publish: bool = True, base: str | None = None
) -> RubricVersion:
    """A rubric file as the next published version, or as the draft; the same file twice is the same version.

    Raises BadInput naming file, line and field; Stale as `save_draft`.
    """
    require_define(by)
    content = yaml_text.read(text, file=file)
    try:
        spec = RubricSpec.from_content(content)
    except BadInput as error:
        raise yaml_text.located(error, text, file) from error
    rubric, _ = Rubric.objects.get_or_create(name=spec.name)
    _refuse_archived(rubric)
    draft: RubricVersion = versions.keep_draft(rubric, by=by, content=content, base=base)
    version, is_new = _freeze(rubric, by, "") if publish else (draft, True)
    if is_new:
        record(by=by, verb="imported", subject=version, details={"file": file, **_facts(version)})
    return version


def export_rubric(version: RubricVersion) -> str:
    """The rubric file of a version, as YAML; importing it gives the same version back."""
    return yaml_text.write(version.content)


@transaction.atomic
def archive(*, by: User | None, rubric: Rubric) -> None:
    """Take it out of the lists; what uses it goes on working."""
    require_define(by)
    _set_archived(rubric, timezone.now())
    record(by=by, verb="archived", subject=rubric)


@transaction.atomic
def restore(*, by: User | None, rubric: Rubric) -> None:
    require_define(by)
    _set_archived(rubric, None)
    record(by=by, verb="restored", subject=rubric)


def _set_archived(rubric: Rubric, at: Any) -> None:
    rubric.archived_at = at
    rubric.save(update_fields=["archived_at"])


def _refuse_archived(rubric: Rubric) -> None:
    if rubric.archived_at:
        raise Conflict(f"{rubric} is archived; restore it first.")


def _freeze(rubric: Rubric, by: User | None, note: str) -> tuple[RubricVersion, bool]:
    draft = versions.draft_of(rubric)
    if draft is not None:
        spec = RubricSpec.from_content(draft.content)
        if spec.name != rubric.name:
            raise BadInput(f"must stay {rubric.name!r}; another name is another rubric", field="rubric")
        rubric.description = spec.description
        rubric.save(update_fields=["description"])
    return versions.freeze_draft(rubric, by=by, note=note.strip())


def _facts(version: RubricVersion) -> dict[str, Any]:
    return {"number": version.number, "checksum": version.checksum}
