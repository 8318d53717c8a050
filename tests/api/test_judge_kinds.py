"""Every kind of judge that is written by hand, defined through the API and carried over by the command line's files."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from auditing.accounts.models import User
from auditing.judging.models import Judge
from auditing.judging.schema import KINDS
from auditing.judging.schema.starters import NOT_WRITTEN, starter

WRITTEN = [name for name in KINDS if name not in NOT_WRITTEN]
DRAFT = {"model": "gpt", "endpoint": "mine", "temperature": 0}


@pytest.mark.parametrize("kind", WRITTEN)
@pytest.mark.django_db(transaction=True)
def test_a_judge_of_each_kind_is_defined_and_read_back(
    kind: str, client_of: Callable[..., Any], lead: User
) -> None:
    api, content = client_of(lead), starter(kind, DRAFT)
    assert api.post("/judges", json={"name": "made", "content": content}).status_code == 201
    published = api.post("/judges/made/publish", json={"note": "first"}).json()
    assert (published["number"], published["judge"]) == (1, "made")
    read = api.get("/judges/made/versions/1").json()["content"]
    assert read.get("architecture", "single") == kind
    assert api.put("/judges/made/draft", json={"content": read}).status_code == 200
    assert api.post("/judges/made/publish", json={}).json()["number"] == 1  # the same judge, no new version


@pytest.mark.parametrize(
    ("content", "field"),
    [({"architecture": "panel", "members": []}, "members"), ({"architecture": "none"}, "architecture")],
)
@pytest.mark.django_db(transaction=True)
def test_a_judge_that_is_not_right_is_refused_with_its_field(
    content: dict[str, Any], field: str, client_of: Callable[..., Any], lead: User
) -> None:
    api = client_of(lead)
    api.post("/judges", json={"name": "wrong", "content": content})
    answer = api.post("/judges/wrong/publish", json={})
    assert answer.status_code in (400, 422)
    assert field in answer.text


@pytest.mark.parametrize("kind", WRITTEN)
def test_the_command_line_takes_each_kind_out_and_in_again(kind: str, db: None, tmp_path: Path) -> None:
    file, other = tmp_path / "judge.json", tmp_path / "other.yaml"
    file.write_text(json.dumps({"judge": "first", **starter(kind, DRAFT)}))
    said("import_judge", str(file), "--json")
    other.write_text(said("export_judge", "first").replace("judge: first", "judge: second", 1))
    said("import_judge", str(other), "--json")
    first, second = (Judge.objects.get(name=name).versions.get() for name in ("first", "second"))
    assert (first.content, first.checksum) == (second.content, second.checksum)
    assert first.spec.architecture == kind


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()
