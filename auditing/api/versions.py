"""What rubrics, SOPs and judges have in common: drafts, and published versions that never change."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from auditing.api.fields import Text
from auditing.core.models import PublishedVersion


class VersionLine(Schema):
    """A version without its content; `number` is null for a draft."""

    number: int | None
    state: str
    checksum: str
    note: str
    published_at: datetime | None

    @staticmethod
    def resolve_checksum(version: PublishedVersion) -> str:
        return version.mark


class VersionOut(VersionLine):
    content: dict[str, Any]


class BasedIn(Schema):
    base: Text | None = Field(
        None,
        description="The checksum of the draft, or without one of the version, that you saw or changed; empty where you"
        " saw no draft. Refused (409) where something else is kept by now.",
    )


class PublishIn(BasedIn):
    note: Text = Field("", max_length=500, examples=["The first version."])


def lines_of(versions: list[PublishedVersion], may_see_drafts: bool) -> list[PublishedVersion]:
    """Newest first, the draft on top where she may edit."""
    seen = [version for version in versions if may_see_drafts or not version.is_draft]
    return sorted(seen, key=lambda version: (not version.is_draft, -(version.number or 0)))
