"""Frozen reports, and their files."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from ninja.pagination import paginate
from ninja.responses import Status

from auditing.accounts.roles import Permission
from auditing.api.audits import visible_audit
from auditing.api.blindness import require_opinions_in
from auditing.api.fields import Id, Name, Pages, binary
from auditing.api.policy import allow, one, person
from auditing.reports.exporters import FORMATS, export, file_name
from auditing.reports.models import Report
from auditing.reports.selectors import reports_open_to, reports_visible_to
from auditing.reports.services import make_report

router = Router(tags=["reports"])
FILES = {"responses": {200: binary(one.content_type for one in FORMATS.values())}}


class ReportOut(Schema):
    id: int
    audit: int
    number: int
    batch: str
    checksum: str
    made_at: datetime
    made_by: str | None
    formats: list[str]

    @staticmethod
    def resolve_audit(report: Report) -> int:
        return report.audit_id

    @staticmethod
    def resolve_batch(report: Report) -> str:
        return report.audit.batch.name

    @staticmethod
    def resolve_made_by(report: Report) -> str | None:
        return str(report.made_by) if report.made_by else None

    @staticmethod
    def resolve_formats(report: Report) -> list[str]:
        return list(FORMATS)


@router.get("/reports", response=list[ReportOut])
@paginate(Pages)
@allow(Permission.SEE_REPORTS)
def list_reports(request: HttpRequest, audit: Id | None = None) -> QuerySet[Report]:
    """The reports you may read now, newest first."""
    reports = reports_open_to(person(request))
    return reports.filter(audit=audit) if audit else reports


@router.post("/audits/{pk}/reports", response={201: ReportOut})
@allow(Permission.MAKE_REPORTS)
def add_report(request: HttpRequest, pk: Id) -> Any:
    """Freeze what is known of an audit now."""
    audit = visible_audit(request, pk, Permission.MAKE_REPORTS)
    require_opinions_in(person(request), audit)
    return Status(201, make_report(by=person(request), audit=audit))


@router.get("/reports/{pk}", response=ReportOut)
@allow(Permission.SEE_REPORTS)
def get_report(request: HttpRequest, pk: Id) -> Report:
    """A report's particulars; what it says is in its files."""
    return readable_report(request, pk)


@router.get("/reports/{pk}/files/{format}", openapi_extra=FILES)
@allow(Permission.SEE_REPORTS)
def download_report(request: HttpRequest, pk: Id, format: Name) -> HttpResponse:
    """A report as html, pdf, xlsx, csv or json, as far as you may read it; the same bytes every time."""
    report = readable_report(request, pk)
    content = export(report, format, reader=person(request))
    response = HttpResponse(content, content_type=FORMATS[format].content_type)
    response["Content-Disposition"] = f'attachment; filename="{file_name(report, format)}"'
    return response


def readable_report(request: HttpRequest, pk: int) -> Report:
    report = one(reports_visible_to(person(request)), pk=pk)
    require_opinions_in(person(request), report.audit)
    return report
