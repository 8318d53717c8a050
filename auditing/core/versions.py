"""Draft, publish, draft again: what everything with published versions does alike.

The owner of the versions has the managers `versions` and `draft_revisions`. Call these inside a transaction.
"""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone

from auditing.core.boundary import clean, require_storable
from auditing.core.canonical import checksum
from auditing.core.errors import Conflict, Stale
from auditing.core.models import PublishedVersion, VersionState


def lock(owner: Any) -> None:
    """Let nobody else draft or publish this until the transaction ends."""
    type(owner)._default_manager.select_for_update().get(pk=owner.pk)


def draft_of(owner: Any) -> Any:
    """The draft, or None."""
    return owner.versions.filter(state=VersionState.DRAFT).first()


def newest_of(owner: Any) -> Any:
    """The published version with the highest number, or None."""
    return owner.versions.filter(state=VersionState.PUBLISHED).order_by("-number").first()


def current_of(owner: Any) -> Any:
    """What its editor begins from: the draft; without one, the newest version."""
    return draft_of(owner) or newest_of(owner)


def keep_draft(
    owner: Any, *, by: models.Model | None, content: dict[str, Any], base: str | None = None
) -> Any:
    """The draft with this content; what it held before stays among the revisions.

    Raises BadInput; Stale as `require_unchanged`.
    """
    clean(content, "")
    lock(owner)
    require_unchanged(owner, by=by, base=base, content=content)
    draft = draft_of(owner)
    if draft is None:
        draft = owner.versions.create(content=content, created_by=by)
    elif draft.content == content:
        return draft
    else:
        draft.content = content
        draft.save()
    owner.draft_revisions.create(content=content, by=by)
    return draft


def require_unchanged(
    owner: Any, *, by: models.Model | None, base: str | None, content: dict[str, Any] | None = None
) -> None:
    """Raises Stale where what is kept is neither what `base` names, nor `content` already. Lock the owner first.

    `base` is the mark of what somebody saw: empty where she saw no draft, None where she does not say.
    """
    kept = current_of(owner)
    if base is None or kept is None or kept.mark == base or kept.content == content:
        return
    if not base and not kept.is_draft:
        return
    revision = owner.draft_revisions.select_related("by").first()
    if not kept.is_draft and revision and revision.at > kept.published_at:
        raise Stale("The draft that you changed was discarded meanwhile.", mark=kept.mark)
    saved_by, at = (revision.by, revision.at) if kept.is_draft else (kept.published_by, kept.published_at)
    act = "saved another state of this draft" if kept.is_draft else f"published {kept}"
    raise Stale(f"{_who(saved_by, by)} {act} on {_moment(at)}.", mark=kept.mark)


def _who(somebody: models.Model | None, you: models.Model | None) -> str:
    if somebody is None:
        return "The command line"
    return "You, in another tab or window," if somebody == you else str(somebody)


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%-d %b %Y at %H:%M:%S}"


def freeze_draft(owner: Any, *, by: models.Model | None, note: str, **pins: Any) -> tuple[Any, bool]:
    """Publish the draft as the next version, and say whether it is new.

    A draft that says the same as the newest version is dropped for it. Raises Conflict without a draft.
    """
    require_storable(note, "note")
    lock(owner)
    draft, newest = draft_of(owner), newest_of(owner)
    if draft is None:
        raise Conflict(f"{owner} has no draft to publish.")
    if newest and newest.checksum == checksum(draft.content):
        draft.delete()
        return newest, False
    _publish(draft, number=newest.number + 1 if newest else 1, by=by, note=note, **pins)
    return draft, True


def _publish(draft: PublishedVersion, **fields: Any) -> None:
    draft.state, draft.published_at = VersionState.PUBLISHED, timezone.now()
    draft.published_by = fields.pop("by")
    for name, value in fields.items():
        setattr(draft, name, value)
    draft.save()
