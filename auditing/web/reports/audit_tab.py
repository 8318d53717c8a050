"""An audit's tab of reports."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from auditing.accounts.roles import Permission
from auditing.audits.selectors import audits_visible_to
from auditing.reports.exporters import FORMATS
from auditing.reports.policies import may_make
from auditing.reports.selectors import reports_visible_to
from auditing.reports.services import make_report
from auditing.reviews.policies import closed_because
from auditing.web.audits.shell import shell
from auditing.web.policy import page, person
from auditing.web.reports.presenters import rows_of


@page(Permission.SEE_AUDITS)
def audit_reports(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    audit = get_object_or_404(audits_visible_to(user, Permission.SEE_AUDITS), pk=pk)
    estimated = audit.estimates.exists()
    hidden = closed_because(user, audit) if estimated else ""
    context = {
        **shell(request, audit, "audit-reports"),
        "hidden": hidden,
        "rows": [] if hidden else rows_of(reports_visible_to(user).filter(audit=audit)),
        "formats": list(FORMATS.values()),
        "estimated": estimated,
        "may_make": may_make(user, audit),
    }
    return render(request, "reports/audit_reports.html", context)


@page(Permission.MAKE_REPORTS)
@require_POST
def make(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    audit = get_object_or_404(audits_visible_to(user, Permission.MAKE_REPORTS), pk=pk)
    report = make_report(by=user, audit=audit)
    messages.success(request, f"Report {report.number} is made and frozen.")
    return redirect("report", report.pk)
