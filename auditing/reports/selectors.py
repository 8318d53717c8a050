"""Reports, as far as somebody may see them: a vendor those of her own batches, once decided."""

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.datasets.selectors import batches_visible_to
from auditing.estimation.models import Decision
from auditing.reports.models import Report
from auditing.reviews.selectors import audits_open_to


def reports_visible_to(user: User) -> QuerySet[Report]:
    """Those within her reach; before one is shown, ask `reviews.policies.require_open`."""
    reports = Report.objects.filter(audit__batch__in=batches_visible_to(user, Permission.SEE_REPORTS))
    if user.role == Role.VENDOR:
        decided = Decision.objects.exclude(outcome="").values("audit")
        reports = reports.filter(audit__in=decided)
    return reports.select_related("audit__batch__collection", "audit__batch__producer", "made_by")


def reports_open_to(user: User) -> QuerySet[Report]:
    """Those she may read now, for lists."""
    return reports_visible_to(user).filter(
        audit__in=audits_open_to(user, Permission.SEE_REPORTS).values("pk")
    )
