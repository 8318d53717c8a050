"""Adding to the journal, and proving that nothing in it was changed."""

from datetime import UTC, datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.core.canonical import checksum
from auditing.journal.models import Entry, Head

GENESIS = "0" * 64
SYSTEM = "system"
WRITTEN_OUT = 1e15  # from here on a database may give a whole float back as an integer


def entry_hash(entry: Entry) -> str:
    """SHA-256 over everything an entry says and the hash of the entry before."""
    return checksum(
        {
            "sequence": entry.sequence,
            "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": entry.actor_id,
            "actor_name": entry.actor_name,
            "verb": entry.verb,
            "subject_kind": entry.subject_kind,
            "subject_id": entry.subject_id,
            "subject_name": entry.subject_name,
            "collection_id": entry.collection_id,
            "details": entry.details,
            "previous_hash": entry.previous_hash,
        }
    )


@transaction.atomic
def record(
    *,
    by: User | None,
    verb: str,
    subject: models.Model,
    collection_id: int | None = None,
    details: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> Entry:
    """Append one entry, in the caller's transaction. `by=None` is the system itself (a schedule, a worker).

    `details` must be JSON (ValueError for NaN). Call it last in a transaction: it locks the chain's end.
    """
    Head.objects.get_or_create(pk=1, defaults={"hash": GENESIS})
    head = Head.objects.select_for_update().get(pk=1)
    entry = Entry(
        sequence=head.sequence + 1,
        at=at or timezone.now(),
        actor_id=by.pk if by else None,
        actor_name=storable(str(by))[:150] if by else SYSTEM,
        verb=verb,
        subject_kind=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_name=storable(str(subject))[:300],
        collection_id=collection_id,
        details=storable(details or {}),
        previous_hash=head.hash,
    )
    entry.hash = entry_hash(entry)
    entry.save(force_insert=True)
    head.sequence, head.hash = entry.sequence, entry.hash
    head.save()
    return entry


def record_act(
    sender: type[models.Model],
    *,
    by: User | None,
    verb: str,
    subject: models.Model,
    details: dict[str, Any],
    **_signal: Any,
) -> None:
    """Write down what the accounts announce."""
    record(by=by, verb=verb, subject=subject, details=details)


def storable(value: Any) -> Any:
    """The value as every database gives it back, so that a hash made before storing holds after reading.

    PostgreSQL stores neither NUL nor lone surrogates; its numbers know no -0.0 and write 1e22 out in digits.
    """
    if isinstance(value, dict):
        return {storable(str(key)): storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [storable(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, float) and value.is_integer() and (value == 0 or abs(value) >= WRITTEN_OUT):
        return int(value)
    return value


def first_broken_entry() -> tuple[int, str] | None:
    """Walk the chain: None when it holds, else the sequence number where it breaks and how."""
    expected_sequence, previous_hash = 1, GENESIS
    for entry in Entry.objects.order_by("sequence").iterator():
        if entry.sequence != expected_sequence:
            return expected_sequence, "an entry is missing"
        if entry.previous_hash != previous_hash:
            return entry.sequence, "it does not follow the entry before it"
        if entry.hash != entry_hash(entry):
            return entry.sequence, "its content does not match its hash"
        expected_sequence, previous_hash = entry.sequence + 1, entry.hash
    head = Head.objects.filter(pk=1).first()
    if head and (head.sequence, head.hash) != (expected_sequence - 1, previous_hash):
        return expected_sequence, "entries are missing from the end"
    return None
