"""Reports, as far as somebody may see them: a vendor those of her own batches, once decided."""

from django.db.models import QuerySet

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.datasets.selectors import batches_visible_to
from auditing.estimation.models import Decision
from auditing.reports.models import Report


def reports_visible_to(user: User) -> QuerySet[Report]:
    reports = Report.objects.filter(audit__batch__in=batches_visible_to(user, Permission.SEE_REPORTS))
    if user.role == Role.VENDOR:
        decided = Decision.objects.exclude(outcome="").values("audit")
        reports = reports.filter(audit__in=decided)
    return reports.select_related("audit__batch__collection", "audit__batch__producer", "made_by")
