"""Opening and cancelling audits."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.core.boundary import require_moment
from auditing.core.errors import BadInput, Conflict
from auditing.datasets.models import Batch
from auditing.datasets.policies import require
from auditing.journal.services import record
from auditing.sops.models import SopVersion

LARGEST_SEED = 2**63 - 1


@transaction.atomic
def open_audit(
    *,
    by: User | None,
    batch: Batch,
    sop_version: SopVersion,
    seed: int | None = None,
    due_at: datetime | None = None,
) -> Audit:
    """Bind a batch to a published SOP version. Without a seed one is drawn; either way it is kept.

    Raises Conflict when the batch or the SOP version cannot be audited, BadInput when they do not fit together.
    """
    batch = Batch.objects.select_for_update().get(pk=batch.pk)  # so that two audits never get one number
    require(by, Permission.RUN_AUDITS, batch.collection)
    check_fit(batch, sop_version)
    audit = Audit.objects.create(
        batch=batch,
        sop_version=sop_version,
        number=(batch.audits.aggregate(last=Max("number"))["last"] or 0) + 1,
        seed=_checked_seed(seed),
        opened_by=by,
        due_at=require_moment(due_at, "due_at") if due_at else None,
    )
    details = {"batch": batch.name, "sop": str(sop_version), "seed": audit.seed}
    record(by=by, verb="opened", subject=audit, collection_id=batch.collection_id, details=details)
    return audit


@transaction.atomic
def cancel_audit(*, by: User | None, audit: Audit, reason: str) -> Audit:
    """Stop an audit for good; what was collected stays on record. Raises Conflict once it is decided."""
    require(by, Permission.RUN_AUDITS, audit.batch.collection)
    if not reason.strip():
        raise BadInput("Say why the audit is cancelled.", field="reason")
    move(audit=audit, verb="cancel")
    audit.closed_at = timezone.now()
    audit.save(update_fields=["closed_at"])
    record(
        by=by,
        verb="cancelled",
        subject=audit,
        collection_id=audit.batch.collection_id,
        details={"reason": reason.strip()},
    )
    return audit


def move(*, audit: Audit, verb: str) -> None:
    """Take the audit to its next station, by compare-and-set; the caller writes the journal."""
    AUDIT.advance(audit, verb)


def check_fit(batch: Batch, sop_version: SopVersion) -> None:
    """Can this batch be audited under this version? Raises Conflict or BadInput that says why not."""
    if batch.deleted_at:
        raise Conflict(f"Batch {batch.name} is deleted; restore it first.")
    if not batch.item_count:
        raise Conflict(f"Batch {batch.name} has no items to audit.")
    if sop_version.is_draft:
        raise Conflict(f"{sop_version} is not published yet; an audit follows a published version.")
    if sop_version.sop.archived_at:
        raise Conflict(f"SOP {sop_version.sop.name} is archived.")
    if sop_version.sop.collection_id != batch.collection_id:
        raise BadInput(
            f"SOP {sop_version.sop.name} belongs to collection {sop_version.sop.collection}, "
            f"batch {batch.name} to {batch.collection}.",
            field="sop",
        )
    _check_strata(batch, sop_version)


def _check_strata(batch: Batch, sop_version: SopVersion) -> None:
    sampling = sop_version.spec.sampling
    if sampling.method == "stratified" and sampling.by not in {"producer", *batch.slice_fields}:
        raise BadInput(
            f"{sop_version} draws by {sampling.by!r}, which batch {batch.name} does not have; "
            f"it has {', '.join(['producer', *batch.slice_fields])}.",
            field="sampling.by",
        )


def _checked_seed(seed: int | None) -> int:
    if seed is None:
        return secrets.randbits(32)
    if not 0 <= seed <= LARGEST_SEED:
        raise BadInput(f"A seed is a whole number from 0 to {LARGEST_SEED}, not {seed}.", field="seed")
    return seed
