"""Defining judges: drafts, and published versions that never change."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.core import versions
from auditing.core.errors import BadInput, Conflict
from auditing.journal.services import record
from auditing.judging.fitting import require_a_rubric
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.policies import require_manage
from auditing.judging.schema import read_judge
from auditing.rubrics.schema import NAME


@transaction.atomic
def create_judge(
    *,
    by: User | None,
    name: str,
    content: dict[str, Any],
    description: str = "",
    simulated: bool = False,
) -> Judge:
    """A new judge with a first draft. Raises BadInput (name) and Conflict (taken)."""
    require_manage(by)
    if not NAME.fullmatch(name):
        raise BadInput("use small letters, digits, - and _ (at most 120)", field="name")
    if Judge.objects.filter(name=name).exists():
        raise Conflict(f"There is a judge named {name!r} already.")
    judge = Judge.objects.create(name=name, description=description.strip(), simulated=simulated)
    versions.keep_draft(judge, by=by, content=content)
    record(by=by, verb="created", subject=judge)
    return judge


@transaction.atomic
def save_draft(
    *,
    by: User | None,
    judge: Judge,
    content: dict[str, Any],
    description: str | None = None,
    base: str | None = None,
) -> JudgeVersion:
    """Keep the draft, right or not yet; every state it had stays among the revisions.

    `base` is the mark of what was changed. Raises Stale where somebody saved something else meanwhile.
    """
    require_manage(by)
    refuse_archived(judge)
    versions.lock(judge)
    if description is not None and description.strip() != judge.description:
        judge.description = description.strip()
        judge.save(update_fields=["description"])
    is_new = versions.draft_of(judge) is None
    draft: JudgeVersion = versions.keep_draft(judge, by=by, content=content, base=base)
    if is_new:
        record(by=by, verb="started a draft of", subject=judge)
    return draft


@transaction.atomic
def discard_draft(*, by: User | None, judge: Judge) -> None:
    """Drop the draft; its revisions stay. Raises Conflict when nothing else would be left."""
    require_manage(by)
    if versions.newest_of(judge) is None:
        raise Conflict(f"{judge} was never published: its draft is all there is. Archive it instead.")
    judge.versions.filter(state="draft").delete()
    record(by=by, verb="discarded the draft of", subject=judge)


@transaction.atomic
def publish(
    *,
    by: User | None,
    judge: Judge,
    note: str = "",
    content: dict[str, Any] | None = None,
    description: str | None = None,
    base: str | None = None,
) -> JudgeVersion:
    """Freeze the draft as the next version; a draft equal to the newest version is that version.

    `content` and `description` are kept first; `base` is the mark of what was seen, or changed into them. Raises
    BadInput when the draft is not a right judge, Conflict when there is none, Stale where somebody saved something
    else meanwhile.
    """
    require_manage(by)
    refuse_archived(judge)
    versions.lock(judge)
    versions.require_unchanged(judge, by=by, base=base, content=content)
    if content is not None:
        save_draft(by=by, judge=judge, content=content, description=description)
    version, is_new = freeze(judge, by, note)
    if is_new:
        facts = {"number": version.number, "checksum": version.checksum, "models": list(version.spec.models)}
        record(by=by, verb="published", subject=version, details=facts)
    return version


@transaction.atomic
def archive(*, by: User | None, judge: Judge) -> None:
    """Take it out of the lists; its runs stay."""
    require_manage(by)
    judge.archived_at = timezone.now()
    judge.save(update_fields=["archived_at"])
    record(by=by, verb="archived", subject=judge)


@transaction.atomic
def restore(*, by: User | None, judge: Judge) -> None:
    require_manage(by)
    judge.archived_at = None
    judge.save(update_fields=["archived_at"])
    record(by=by, verb="restored", subject=judge)


def freeze(judge: Judge, by: User | None, note: str) -> tuple[JudgeVersion, bool]:
    """Check the draft and make it the next version; says whether it is new.

    Raises BadInput where it is not right, or suits no published rubric.
    """
    draft = versions.draft_of(judge)
    if draft is not None:
        draft.content = read_judge(draft.content).to_content()
        draft.save()
    version, is_new = versions.freeze_draft(judge, by=by, note=note.strip())
    if is_new:
        require_a_rubric(version.spec)
    return version, is_new


def refuse_archived(judge: Judge) -> None:
    if judge.archived_at:
        raise Conflict(f"{judge} is archived; restore it first.")
