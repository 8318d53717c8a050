"""Audits, as far as somebody may see them."""

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.core.errors import Missing
from auditing.datasets.models import Batch
from auditing.datasets.selectors import batches_visible_to
from auditing.sops.models import Sop

OVER = (AuditState.DECIDED, AuditState.CANCELLED)


def all_audits() -> QuerySet[Audit]:
    """Every audit of a batch that is not deleted, with what a line about it needs."""
    return Audit.objects.filter(batch__deleted_at=None).select_related(
        "batch__collection",
        "batch__producer",
        "sop_version__sop",
        "sop_version__rubric_version__rubric",
        "opened_by",
    )


def audits_visible_to(user: User, permission: Permission = Permission.SEE_AUDITS) -> QuerySet[Audit]:
    return all_audits().filter(batch__in=batches_visible_to(user, permission))


def audit_with_id(pk: int, *, user: User | None = None) -> Audit:
    """An audit by its id; `user=None` is the command line, which reaches everything. Raises Missing."""
    audits = all_audits() if user is None else audits_visible_to(user)
    audit = audits.filter(pk=pk).first()
    if audit is None:
        raise Missing(f"There is no audit {pk}.")
    return audit


def unfinished_audits() -> QuerySet[Audit]:
    """Audits that are neither decided nor cancelled."""
    return all_audits().exclude(state__in=OVER)


def batches_not_audited_under(sop: Sop) -> QuerySet[Batch]:
    """The collection's batches that no audit under any version of the SOP has taken up, newest last."""
    taken = Audit.objects.filter(sop_version__sop=sop).exclude(state=AuditState.CANCELLED)
    return (
        Batch.objects.filter(collection=sop.collection, deleted_at=None, item_count__gt=0)
        .exclude(pk__in=taken.values("batch"))
        .order_by("pk")
    )
