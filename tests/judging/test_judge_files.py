"""Judge files: in, out, and in again."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from auditing.accounts.models import User
from auditing.core import yaml_text
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.judging.models import Judge, JudgeVersion
from auditing.judging.schema import KINDS, read_judge
from auditing.judging.schema.starters import NOT_WRITTEN, starter
from auditing.judging.services import archive, export_judge, import_judge
from tests.judging.building import make_judge
from tests.judging.test_architectures import JUDGES

PANEL = """\
judge: three
description: Three that vote.
architecture: panel
members:
  - {name: a, model: one}
  - {name: b, model: other, instructions: "Be strict: very."}
"""


@pytest.mark.parametrize("name", JUDGES)
def test_a_file_gives_the_same_version_back(name: str, db: None) -> None:
    version = make_judge("first", **JUDGES[name])
    text = export_judge(version)
    assert import_judge(by=None, text=text) == version
    other = import_judge(by=None, text=text.replace("judge: first", "judge: second"))
    assert (other.content, other.checksum) == (version.content, version.checksum)


def test_a_file_becomes_a_judge(lead: User) -> None:
    version = import_judge(by=lead, text=PANEL)
    assert str(version) == "three v1"
    assert version.judge.description == "Three that vote."
    assert version.spec.models == ("one", "other")
    assert version.content["needs"] == 2
    assert import_judge(by=lead, text=PANEL) == version
    assert import_judge(by=lead, text=PANEL.replace("one", "two")).number == 2


def test_a_draft_waits(lead: User) -> None:
    assert import_judge(by=lead, text=PANEL, publish=False).is_draft
    assert not JudgeVersion.objects.filter(state="published").exists()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (PANEL.replace("model: other", "modl: other"), r"judge.yaml, line 6.*unknown key 'modl'"),
        (PANEL.replace("judge: three", "judge: Three!"), "judge.yaml, line 1"),
        ("architecture: panel", "judge"),
        ("- a list", "key: value"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, complaint: str, db: None) -> None:
    with pytest.raises(BadInput, match=complaint):
        import_judge(by=None, text=text, file="judge.yaml")
    assert not Judge.objects.exists()


def test_who_may_not_define_judges_imports_none(viewer: User) -> None:
    with pytest.raises(Forbidden):
        import_judge(by=viewer, text=PANEL)


def test_an_archived_judge_is_left_alone(lead: User) -> None:
    archive(by=lead, judge=import_judge(by=lead, text=PANEL).judge)
    with pytest.raises(Conflict, match="archived"):
        import_judge(by=lead, text=PANEL)


def test_the_commands(db: None, tmp_path: Path) -> None:
    file = tmp_path / "judge.yaml"
    file.write_text(PANEL)
    assert json.loads(said("import_judge", str(file), "--json"))["judge"] == "three"
    text = said("export_judge", "three")
    assert yaml_text.read(text)["members"][1]["instructions"] == "Be strict: very."
    file.write_text(text)
    assert json.loads(said("import_judge", str(file), "--json"))["version"] == 1


@pytest.mark.parametrize("architecture", [name for name in KINDS if name not in NOT_WRITTEN])
@pytest.mark.parametrize("draft", [{"model": "gpt", "endpoint": "mine", "temperature": 0}, JUDGES["cascade"]])
def test_another_architecture_starts_with_the_models_there_are(
    architecture: str, draft: dict[str, Any]
) -> None:
    spec = read_judge(starter(architecture, draft))
    assert spec.architecture == architecture
    assert spec.models in ((), ("gpt",), ("a",))


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()
