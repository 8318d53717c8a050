"""Making reports: a snapshot is taken once, hashed, and never changed."""

import json

from django.db import transaction
from django.utils import timezone

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.canonical import canonical_json, checksum
from auditing.estimation.models import Decision
from auditing.journal.services import record
from auditing.reports.models import Report
from auditing.reports.policies import require_make
from auditing.reports.snapshot import snapshot_of
from auditing.reviews.policies import require_open


@transaction.atomic
def make_report(*, by: User | None, audit: Audit) -> Report:
    """Freeze what is known of the audit now.

    Raises Conflict before there is an estimate, and Forbidden or Conflict while opinions are closed to its maker.
    """
    require_make(by, audit)
    locked = Audit.objects.select_for_update().get(pk=audit.pk)  # two makers take two numbers
    require_open(by, locked)
    made_at = timezone.now()
    # what is hashed is what is stored: plain JSON, as it comes back from the database
    snapshot = json.loads(canonical_json(snapshot_of(audit, made_at=made_at)))
    report = Report.objects.create(
        audit=audit,
        number=audit.reports.count() + 1,
        snapshot=snapshot,
        checksum=checksum(snapshot),
        made_by=by,
    )
    record(
        by=by,
        verb="made",
        subject=report,
        collection_id=audit.batch.collection_id,
        details={"checksum": report.checksum},
    )
    return report


def current_report(*, by: User | None, audit: Audit) -> Report:
    """The newest report, made now where there is none or where estimates or decision are newer."""
    newest = audit.reports.first()
    return newest if newest and not is_outdated(newest) else make_report(by=by, audit=audit)


def is_outdated(report: Report) -> bool:
    """Is there an estimate, a proposal or a decision that the report does not know?"""
    if report.audit.estimates.filter(made_at__gt=report.made_at).exists():
        return True
    decision = Decision.objects.filter(audit=report.audit).first()
    moments = (decision.proposed_at, decision.decided_at) if decision else ()
    return any(moment is not None and moment > report.made_at for moment in moments)


def is_intact(report: Report) -> bool:
    """Does the stored snapshot still have the checksum it was made with?"""
    return checksum(report.snapshot) == report.checksum
