"""Who did what, and the proof that nobody changed it afterwards."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate
from pydantic import Field

from auditing.accounts.roles import Permission
from auditing.api.fields import Moment, Name, Pages
from auditing.api.policy import allow, person
from auditing.datasets.selectors import collections_visible_to
from auditing.journal.models import Entry
from auditing.journal.selectors import entries_visible_to
from auditing.journal.services import first_broken_entry

router = Router(tags=["journal"])


class EntryOut(Schema):
    sequence: int
    at: datetime
    actor: str
    verb: str
    subject_kind: str
    subject_id: str
    subject: str
    details: dict[str, Any]
    previous_hash: str
    hash: str

    @staticmethod
    def resolve_actor(entry: Entry) -> str:
        return entry.actor_name

    @staticmethod
    def resolve_subject(entry: Entry) -> str:
        return entry.subject_name


class ProofOut(Schema):
    intact: bool
    broken_at: int | None = Field(description="The first entry at which the chain does not hold.")
    reason: str


@router.get("/journal", response=list[EntryOut])
@paginate(Pages)
@allow(Permission.SEE_JOURNAL)
def list_entries(
    request: HttpRequest,
    kind: Name | None = None,
    subject: Name | None = None,
    since: Moment | None = None,
) -> QuerySet[Entry]:
    """What was done in your collections, newest first; of one subject by `kind` (audits.audit) and its id."""
    user = person(request)
    entries = entries_visible_to(user, collections=collections_visible_to(user))
    wanted = {"subject_kind": kind, "subject_id": subject, "at__gte": since}
    return entries.filter(**{name: value for name, value in wanted.items() if value is not None})


@router.get("/journal/proof", response=ProofOut)
@allow(Permission.SEE_JOURNAL)
def prove_journal(request: HttpRequest) -> dict[str, Any]:
    """Walk the hash chain from its first entry to its last."""
    sequence, reason = first_broken_entry() or (None, "")
    return {"intact": sequence is None, "broken_at": sequence, "reason": reason}
