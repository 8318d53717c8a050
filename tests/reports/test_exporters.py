"""Every format: the same bytes each time, whole for those who may see it, and harmless whatever the items say."""

import csv
import io
import json
import shutil
import subprocess
from hashlib import sha256

import pytest
from openpyxl import load_workbook

from auditing.core.canonical import checksum
from auditing.core.errors import BadInput
from auditing.reports.document.wording import printable
from auditing.reports.exporters import FORMATS, export, file_name
from auditing.reports.models import Report
from auditing.reports.services import make_report
from tests.reports.building import HOSTILE

SEEN = printable(HOSTILE)


@pytest.fixture
def report(decided):
    return make_report(by=None, audit=decided)


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_report_gives_the_same_bytes(format, report):
    first = export(report, format)
    again = export(Report.objects.get(pk=report.pk), format)
    assert sha256(first).hexdigest() == sha256(again).hexdigest()


def test_an_unknown_format_is_refused(report):
    with pytest.raises(BadInput, match="there is no format 'docx'; there is pdf"):
        export(report, "docx")


def test_json_is_the_snapshot_and_proves_itself(report):
    document = json.loads(export(report, "json"))
    assert document["withheld"] == []
    assert checksum(document["snapshot"]) == document["checksum"] == report.checksum


def test_a_report_from_before_figures_stood_beside_is_still_exported(report):
    for row in report.snapshot["estimates"]:
        for name in ("target", "side", "earlier_labels", "beside"):
            del row[name]
    [row] = csv.DictReader(io.StringIO(export(report, "csv").decode("utf-8-sig")))
    assert (row["target"], row["side"], row["pooled_estimate"]) == ("batch", "two-sided", "")
    assert b"this batch" in export(report, "html")


def test_csv_has_a_row_for_each_estimate_and_no_formula(report):
    rows = list(csv.DictReader(io.StringIO(export(report, "csv").decode("utf-8-sig"))))
    assert len(rows) == len(report.snapshot["estimates"])
    assert rows[0]["batch"] == f"'{SEEN}"
    assert (float(rows[0]["estimate"]), float(rows[0]["low"]), rows[0]["decision"]) == (0.5, 0.2, "reject")


def test_xlsx_holds_numbers_as_numbers_and_formulas_as_text(report):
    book = load_workbook(io.BytesIO(export(report, "xlsx")))
    assert book.sheetnames == ["Summary", "Estimates", "Meta-audit", "Items", "Method"]
    sheet = book["Estimates"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    assert (sheet.cell(2, columns["estimate"]).value, sheet.cell(2, columns["estimate"]).data_type) == (
        0.5,
        "n",
    )
    batch = sheet.cell(2, columns["batch"])
    assert (batch.value, batch.data_type) == (SEEN, "s")
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_html_is_one_file_that_loads_and_runs_nothing(report):
    page = export(report, "html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for reach in ("src=", "@import", "url(", "<link"):
        assert reach not in page
    assert page.count("<svg") >= 1
    for word in (report.checksum, str(report.audit.seed), "answer-correctness", "answers-weekly", "Rejected"):
        assert word in page


def test_pdf_sets_hostile_text_as_text(report, tmp_path):
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext is not installed (poppler-utils): what the PDF says was not read")
    (tmp_path / "report.pdf").write_bytes(export(report, "pdf"))
    words = [program, "-layout", str(tmp_path / "report.pdf"), "-"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    for text in ("#set page(fill: red)", "<script>alert(1)</script>", "Rejected", report.checksum):
        assert text in said


def test_null_bytes_and_lone_surrogates_break_no_format(report):
    for example in report.snapshot["failed_examples"]:
        example["text"]["output"] = "nul \x00 and \ud800 half"
    for format in FORMATS:
        assert len(export(report, format)) > 500


@pytest.mark.parametrize("format", FORMATS)
def test_a_vendors_copy_says_nothing_of_items_auditors_and_judges(format, report, vendor):
    whole, copy = export(report, format), export(report, format, reader=vendor)
    assert len(copy) <= len(whole)
    if format in {"html", "json"}:
        for secret in (b"first", b"Auditor A", b"careful"):
            assert secret in whole
            assert secret not in copy


def test_a_file_name_says_what_it_is_of(world):
    world.audit.batch.name = "Week 11 / März"
    assert file_name(world.report, "pdf") == "week-11-marz-audit-1-report-1.pdf"
