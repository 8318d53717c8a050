"""Drafting, publishing, importing, exporting and acknowledging SOPs."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core import versions, yaml_text
from auditing.core.errors import BadInput, Conflict, Missing
from auditing.datasets.models import Collection
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.schema import NAME
from auditing.rubrics.selectors import published_version as published_rubric
from auditing.sops.models import Acknowledgement, Sop, SopVersion
from auditing.sops.schema import SopSpec
from auditing.sops.selectors import collection_named


@transaction.atomic
def create_sop(*, by: User | None, collection: Collection, name: str, content: dict[str, Any]) -> Sop:
    """A new SOP with a first draft. Raises BadInput (name) and Conflict (taken)."""
    require(by, Permission.DEFINE, collection)
    if not NAME.fullmatch(name):
        raise BadInput("use small letters, digits, - and _ (at most 120)", field="name")
    if Sop.objects.filter(collection=collection, name=name).exists():
        raise Conflict(f"{collection} has an SOP named {name!r} already.")
    sop = Sop.objects.create(collection=collection, name=name)
    versions.keep_draft(sop, by=by, content=content)
    _journal(by, "created", sop, sop)
    return sop


@transaction.atomic
def save_draft(*, by: User | None, sop: Sop, content: dict[str, Any], base: str | None = None) -> SopVersion:
    """Keep the draft, right or not yet; every state it had stays among the revisions.

    `base` is the mark of what was changed. Raises Stale where somebody saved something else meanwhile.
    """
    require(by, Permission.DEFINE, sop.collection)
    _refuse_archived(sop)
    versions.lock(sop)
    is_new = versions.draft_of(sop) is None
    draft: SopVersion = versions.keep_draft(sop, by=by, content=content, base=base)
    if is_new:
        _journal(by, "started a draft of", sop, sop)
    return draft


@transaction.atomic
def discard_draft(*, by: User | None, sop: Sop) -> None:
    """Drop the draft; its revisions stay. Raises Conflict when nothing else would be left."""
    require(by, Permission.DEFINE, sop.collection)
    if versions.newest_of(sop) is None:
        raise Conflict(f"{sop} was never published: its draft is all there is. Archive it instead.")
    sop.versions.filter(state="draft").delete()
    _journal(by, "discarded the draft of", sop, sop)


@transaction.atomic
def publish(
    *,
    by: User | None,
    sop: Sop,
    note: str = "",
    content: dict[str, Any] | None = None,
    base: str | None = None,
) -> SopVersion:
    """Freeze the draft as the next version, with its rubric version pinned.

    `content` becomes the draft first; `base` is the mark of what was seen, or changed into it. A draft equal to the
    newest version is that version. Raises BadInput when the draft is not right, Conflict when there is none, Stale
    where somebody saved something else meanwhile.
    """
    require(by, Permission.DEFINE, sop.collection)
    _refuse_archived(sop)
    versions.lock(sop)
    versions.require_unchanged(sop, by=by, base=base, content=content)
    if content is not None:
        save_draft(by=by, sop=sop, content=content)
    version, is_new = _freeze(sop, by, note)
    if is_new:
        _journal(by, "published", sop, version, **_facts(version))
    return version


@transaction.atomic
def import_sop(
    *,
    by: User | None,
    text: str,
    file: str = "",
    collection: Collection | None = None,
    publish: bool = True,
    base: str | None = None,
) -> SopVersion:
    """An SOP file as the next published version, or as the draft; the same file twice is the same version.

    Raises BadInput naming file, line and field; Stale as `save_draft`.
    """
    content = yaml_text.read(text, file=file)
    try:
        spec = SopSpec.from_content(content)
        collection = collection or _collection_of(spec, by)
        require(by, Permission.DEFINE, collection)
        sop, _ = Sop.objects.get_or_create(collection=collection, name=spec.name)
        _refuse_archived(sop)
        placed = _placed(content, collection)
        draft: SopVersion = versions.keep_draft(sop, by=by, content=placed, base=base)
        version, is_new = _freeze(sop, by, "") if publish else (draft, True)
    except BadInput as error:
        raise yaml_text.located(error, text, file) from error
    if is_new:
        _journal(by, "imported", sop, version, file=file, **_facts(version))
    return version


def export_sop(version: SopVersion) -> str:
    """The SOP file of a version, as YAML; importing it gives the same version back."""
    return yaml_text.write(version.content)


@transaction.atomic
def archive(*, by: User | None, sop: Sop) -> None:
    """Take it out of the lists; audits under it go on."""
    require(by, Permission.DEFINE, sop.collection)
    _set_archived(sop, timezone.now())
    _journal(by, "archived", sop, sop)


@transaction.atomic
def restore(*, by: User | None, sop: Sop) -> None:
    require(by, Permission.DEFINE, sop.collection)
    _set_archived(sop, None)
    _journal(by, "restored", sop, sop)


@transaction.atomic
def acknowledge(*, by: User, version: SopVersion) -> Acknowledgement:
    """She has read this version; saying so twice is once."""
    require(by, Permission.SEE_DEFINITIONS, version.sop.collection)
    if version.is_draft:
        raise Conflict("A draft cannot be acknowledged.")
    acknowledgement, is_new = Acknowledgement.objects.get_or_create(sop_version=version, user=by)
    if is_new:
        _journal(by, "acknowledged", version.sop, version)
    return acknowledgement


def resolved_rubric(spec: SopSpec) -> RubricVersion:
    """The rubric version an SOP means. Raises BadInput (field `rubric`) when there is none."""
    try:
        return published_rubric(spec.rubric_name, spec.rubric_number)
    except Missing as error:
        raise BadInput(str(error), field="rubric") from error


def _freeze(sop: Sop, by: User | None, note: str) -> tuple[SopVersion, bool]:
    draft = versions.draft_of(sop)
    if draft is None:
        raise Conflict(f"{sop} has no draft to publish.")
    rubric_version = _pin(draft, sop)
    return versions.freeze_draft(sop, by=by, note=note.strip(), rubric_version=rubric_version)


def _pin(draft: SopVersion, sop: Sop) -> RubricVersion:
    """Check the draft and write the rubric's version into it, so that what is published says it all."""
    spec = SopSpec.from_content(draft.content)
    if spec.name != sop.name:
        raise BadInput(f"must stay {sop.name!r}; another name is another SOP", field="sop")
    rubric_version = resolved_rubric(spec)
    spec.check_against(rubric_version.spec)
    pinned = {"rubric": f"{rubric_version.rubric.name}@{rubric_version.number}"}
    draft.content = _placed(draft.content | pinned, sop.collection)
    draft.save()
    return rubric_version


def _placed(content: dict[str, Any], collection: Collection) -> dict[str, Any]:
    """The content with its collection named, after its own name."""
    if "collection" in content:
        return content | {"collection": collection.name}
    return {"sop": content["sop"], "collection": collection.name} | content


def _collection_of(spec: SopSpec, by: User | None) -> Collection:
    if not spec.collection:
        raise BadInput("is missing: name the collection in the file or beside it", field="collection")
    try:
        return collection_named(spec.collection, by)
    except Missing as error:
        raise BadInput(str(error), field="collection") from error


def _set_archived(sop: Sop, at: Any) -> None:
    sop.archived_at = at
    sop.save(update_fields=["archived_at"])


def _refuse_archived(sop: Sop) -> None:
    if sop.archived_at:
        raise Conflict(f"{sop} is archived; restore it first.")


def _journal(by: User | None, verb: str, sop: Sop, subject: Sop | SopVersion, **details: Any) -> None:
    record(by=by, verb=verb, subject=subject, collection_id=sop.collection_id, details=details)


def _facts(version: SopVersion) -> dict[str, Any]:
    return {"number": version.number, "checksum": version.checksum}
