"""The list, the document, its files, and the audit's tab."""

import pytest
from django.urls import reverse

from auditing.estimation.models import Outcome
from auditing.reports.exporters import FORMATS, export
from auditing.reports.models import Report
from auditing.reports.services import make_report


@pytest.fixture
def desk(client, world, lead):
    client.force_login(lead)
    return client


def test_the_list_shows_the_headline_and_filters_by_its_address(desk, world):
    page = desk.get(reverse("reports")).content.decode()
    assert f"{world.batch.name}, report 1" in page
    assert "50.0%" in page
    nothing = desk.get(reverse("reports"), {"outcome": "accept"}).content.decode()
    assert "No report matches" in nothing


def test_the_document_is_shown_with_its_proof_and_its_files(desk, world):
    page = desk.get(reverse("report", args=[world.report.pk])).content.decode()
    assert "checksum verified" in page
    assert world.report.checksum in page
    assert "<script>alert(1)" not in page
    for format in FORMATS:
        assert reverse("report-file", args=[world.report.pk, format]) in page


def test_hostile_text_stays_text(desk, decided):
    report = make_report(by=None, audit=decided)
    page = desk.get(reverse("report", args=[report.pk])).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_a_report_that_was_changed_says_so(desk, world):
    world.report.snapshot["batch"]["items"] = 999
    world.report.save()
    assert "checksum broken" in desk.get(reverse("report", args=[world.report.pk])).content.decode()


@pytest.mark.parametrize("format", FORMATS)
def test_a_file_comes_as_a_download_of_its_type(format, desk, world):
    answer = desk.get(reverse("report-file", args=[world.report.pk, format]))
    assert answer["Content-Type"] == FORMATS[format].content_type
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert answer.content == export(world.report, format)


def test_there_is_no_file_of_an_unknown_format(desk, world):
    assert desk.get(reverse("report-file", args=[world.report.pk, "docx"])).status_code == 404


def test_a_report_is_made_from_the_audits_tab(desk, world):
    tab = desk.get(reverse("audit-reports", args=[world.audit.pk])).content.decode()
    assert "Make a new report" in tab
    desk.post(reverse("report-make", args=[world.audit.pk]))
    assert Report.objects.filter(audit=world.audit).count() == 2


def test_who_only_looks_is_not_offered_to_make_one(client, world, viewer):
    client.force_login(viewer)
    tab = client.get(reverse("audit-reports", args=[world.audit.pk])).content.decode()
    assert "Report 1" in tab
    assert "Make a new report" not in tab
    assert client.post(reverse("report-make", args=[world.audit.pk])).status_code == 404


def test_a_vendor_reads_a_decided_report_without_items_and_people(client, world, vendor):
    client.force_login(vendor)
    address = reverse("report", args=[world.report.pk])
    assert client.get(address).status_code == 404
    world.decision.outcome = Outcome.ACCEPT
    world.decision.save()
    report = make_report(by=None, audit=world.audit)
    page = client.get(reverse("report", args=[report.pk])).content.decode()
    assert "leaves out single items, auditors and judges" in page
    for secret in ("Auditor A", "careful", reverse("audit", args=[world.audit.pk])):
        assert secret not in page
    held = client.get(reverse("report-file", args=[report.pk, "json"])).content
    assert b'"items": [' not in held
