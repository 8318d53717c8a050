"""The command."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from auditing.reports.models import Report


def run(*words: object) -> str:
    out = StringIO()
    call_command("export_report", *map(str, words), stdout=out)
    return out.getvalue()


def test_it_writes_the_file_and_says_path_and_checksum(world, tmp_path):
    said = run(world.audit.pk, "--format", "json", "--output", tmp_path / "report.json")
    assert said.split() == [str(tmp_path / "report.json"), "report", "checksum", world.report.checksum]
    assert json.loads((tmp_path / "report.json").read_bytes())["checksum"] == world.report.checksum


def test_it_makes_the_report_where_there_is_none(world, tmp_path):
    Report.objects.all().delete()
    said = json.loads(run(world.audit.pk, "--format", "csv", "--output", tmp_path / "r.csv", "--json"))
    assert said["report"] == 1
    assert said["checksum"] == Report.objects.get().checksum
    assert said["bytes"] == (tmp_path / "r.csv").stat().st_size


def test_what_it_cannot_do_is_one_line_and_status_2(world, tmp_path, capsys):
    for words in (
        (999_999, "--output", tmp_path / "r.html"),
        (world.audit.pk, "--output", tmp_path / "no" / "r.html"),
    ):
        with pytest.raises(SystemExit) as ended:
            run(*words)
        assert ended.value.code == 2
    complaints = capsys.readouterr().err.splitlines()
    assert complaints[0] == "There is no audit 999999."
    assert "cannot be written: No such file or directory" in complaints[1]
