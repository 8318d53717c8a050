"""The list of reports, one report as a document, and the report as a file."""

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header

from auditing.accounts.roles import Permission
from auditing.audits.selectors import audits_visible_to
from auditing.estimation.models import Decision
from auditing.reports.document.assembly import document_of
from auditing.reports.exporters import FORMATS, export, file_name
from auditing.reports.models import Report
from auditing.reports.selectors import reports_open_to, reports_visible_to
from auditing.reports.services import is_intact, is_outdated
from auditing.reports.view import view_of
from auditing.reviews.policies import require_open
from auditing.web.policy import page, person
from auditing.web.reports.forms import ReportFilter
from auditing.web.reports.presenters import rows_of
from auditing.web.tables import TableState

SORTABLE = {"made": "made_at", "batch": "audit__batch__name", "producer": "audit__batch__producer__name"}


@page(Permission.SEE_REPORTS)
def reports(request: HttpRequest) -> HttpResponse:
    user = person(request)
    filters = ReportFilter.of(request, user=user)
    table = TableState.from_request(request, SORTABLE, default="-made")
    found = table.page(_filtered(reports_open_to(user), filters))
    context = {"filters": filters, "table": table, "page": found, "rows": rows_of(found)}
    return render(request, "reports/reports.html", context)


def _filtered(found: QuerySet[Report], filters: ReportFilter) -> QuerySet[Report]:
    if filters.value("search"):
        found = found.filter(audit__batch__name__icontains=filters.value("search"))
    if filters.value("collection"):
        found = found.filter(audit__batch__collection=filters.value("collection"))
    outcome = filters.value("outcome")
    decided = Decision.objects.exclude(outcome="")
    if outcome == "open":
        return found.exclude(audit__in=decided.values("audit"))
    return found.filter(audit__in=decided.filter(outcome=outcome).values("audit")) if outcome else found


@page(Permission.SEE_REPORTS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    user = person(request)
    found = visible_report(request, pk)
    context = {
        "report": found,
        "document": document_of(view_of(found, user), palette="page"),
        "formats": list(FORMATS.values()),
        "intact": is_intact(found),
        "outdated": is_outdated(found),
        "sees_audit": audits_visible_to(user).filter(pk=found.audit_id).exists(),
    }
    return render(request, "reports/report.html", context)


@page(Permission.SEE_REPORTS)
def report_file(request: HttpRequest, pk: int, format: str) -> HttpResponse:
    if format not in FORMATS:
        raise Http404
    found = visible_report(request, pk)
    disposition = content_disposition_header(True, file_name(found, format))
    return HttpResponse(
        export(found, format, reader=person(request)),
        content_type=FORMATS[format].content_type,
        headers={"Content-Disposition": str(disposition)},
    )


def visible_report(request: HttpRequest, pk: int) -> Report:
    """The report, or 404 where she does not reach it. Raises Forbidden while its opinions are closed to her."""
    user = person(request)
    found = get_object_or_404(reports_visible_to(user), pk=pk)
    require_open(user, found.audit)
    return found
