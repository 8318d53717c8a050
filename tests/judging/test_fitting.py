"""A judge that could be asked about no rubric is not published, whichever door it comes through."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.core.errors import BadInput
from auditing.judging.models import Judge
from auditing.judging.services import create_judge, publish
from auditing.rubrics.models import RubricVersion
from tests.api.conftest import client_of
from tests.cast import make_rubric

__all__ = ["client_of"]
PAIRWISE = {"architecture": "pairwise", "model": "gpt"}  # for preference scales, of which the rubric has none
WORDS = "no published rubric suits it"


def test_it_is_not_published(rubric_version: RubricVersion) -> None:
    judge = create_judge(by=None, name="pairs", content=PAIRWISE)
    with pytest.raises(BadInput, match=WORDS):
        publish(by=None, judge=judge)
    assert judge.versions.get().is_draft


def test_before_there_is_any_rubric_nothing_can_be_said(db: None) -> None:
    judge = create_judge(by=None, name="pairs", content=PAIRWISE)
    assert publish(by=None, judge=judge).number == 1


def test_the_same_version_again_is_not_refused_for_rubrics_of_later(lead: User) -> None:
    judge = create_judge(by=None, name="pairs", content=PAIRWISE)
    first = publish(by=None, judge=judge)
    make_rubric(lead)
    judge.versions.create(content=first.content)
    assert publish(by=None, judge=judge) == first


@pytest.mark.django_db(transaction=True)
def test_the_api_refuses_it_in_the_same_words(
    client_of: Callable[..., Any], lead: User, rubric_version: RubricVersion
) -> None:
    api = client_of(lead)
    api.post("/judges", json={"name": "pairs", "content": PAIRWISE})
    answer = api.post("/judges/pairs/publish", json={})
    assert answer.status_code == 422
    assert WORDS in answer.json()["detail"]


def test_so_does_the_command_line(rubric_version: RubricVersion, tmp_path: Path) -> None:
    file = tmp_path / "judge.yaml"
    file.write_text("judge: pairs\narchitecture: pairwise\nmodel: gpt\n")
    said = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("import_judge", str(file), stderr=said)
    assert (ended.value.code, WORDS in said.getvalue()) == (2, True)
    assert not Judge.objects.exists()


def test_and_so_does_the_page(client: Client, lead: User, rubric_version: RubricVersion) -> None:
    judge = create_judge(by=None, name="pairs", content=PAIRWISE)
    client.force_login(lead)
    page = client.post(reverse("judge-edit", args=["pairs"]), {"yaml": "architecture: pairwise\nmodel: gpt"})
    assert WORDS in page.text
    assert judge.versions.get().is_draft
