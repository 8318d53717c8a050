"""A draft changed by two programs: the second is refused, and nothing of the first is lost."""

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from auditing.accounts.models import User
from auditing.core.versions import current_of, draft_of, newest_of
from auditing.judging.models import Judge
from auditing.reviews.models import ReviewTask
from auditing.rubrics.services import save_draft as save_rubric
from auditing.sops.services import save_draft as save_sop
from tests.cast import RUBRIC
from tests.reviews.conftest import collecting, task

__all__ = ["collecting", "task"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_judges_draft_is_changed_from_what_is_kept(client_of: Callable[..., Any], lead: User) -> None:
    api = client_of(lead)
    api.post("/judges", json={"name": "made", "content": {"model": "one"}})
    base = api.get("/judges/made").json()["versions"][0]["checksum"]
    first = api.put("/judges/made/draft", json={"content": {"model": "two"}, "base": base})
    late = api.put("/judges/made/draft", json={"content": {"model": "three"}, "base": base})
    assert (first.status_code, late.status_code) == (200, 409)
    assert "saved another state of this draft" in late.json()["detail"]
    assert Judge.objects.get().versions.get().content == {"model": "two"}
    base = first.json()["checksum"]
    assert (
        api.put("/judges/made/draft", json={"content": {"model": "three"}, "base": base}).status_code == 200
    )


def test_a_review_is_changed_from_what_is_kept(
    client_of: Callable[..., Any], auditor: User, task: ReviewTask
) -> None:
    api, address = client_of(auditor), f"/reviews/{task.pk}/draft"
    base = api.get(f"/reviews/{task.pk}").json()["mark"]
    first = api.put(address, json={"comment": "first", "base": base})
    assert (first.status_code, first.json()["comment"]) == (200, "first")
    assert api.put(address, json={"comment": "late", "base": base}).status_code == 409
    again = {"comment": "late", "base": first.json()["mark"]}
    assert api.put(address, json=again).json()["comment"] == "late"


def test_a_review_that_was_seen_empty_is_not_overwritten(
    client_of: Callable[..., Any], auditor: User, task: ReviewTask
) -> None:
    api, address = client_of(auditor), f"/reviews/{task.pk}/draft"
    assert api.put(address, json={"comment": "first", "base": ""}).status_code == 200
    assert api.put(address, json={"comment": "late", "base": ""}).status_code == 409


def test_a_judges_draft_that_was_not_seen_is_not_overwritten(
    client_of: Callable[..., Any], lead: User
) -> None:
    api = client_of(lead)
    api.post("/judges", json={"name": "made", "content": {"model": "one"}})
    late = api.put("/judges/made/draft", json={"content": {"model": "two"}, "base": ""})
    assert late.status_code == 409
    assert api.post("/judges/made/publish", json={}).status_code == 200
    # no draft was seen, and there is none
    sent = {"content": {"model": "two"}, "base": ""}
    assert api.put("/judges/made/draft", json=sent).status_code == 200


@pytest.fixture(params=["rubrics", "sops"])
def edited(request: Any, sop_version: Any, admin: User) -> tuple[Any, str, dict[str, Any], dict[str, Any]]:
    """What somebody types in, its kind, what she typed, and what a file says."""
    if request.param == "rubrics":
        rubric = sop_version.rubric_version.rubric
        theirs = save_rubric(by=admin, rubric=rubric, content=RUBRIC | {"description": "Theirs."}).content
        return rubric, "rubrics", theirs, RUBRIC | {"description": "Mine."}
    sop, said = sop_version.sop, sop_version.content
    theirs = save_sop(by=admin, sop=sop, content=said | {"purpose": "Theirs."}).content
    return sop, "sops", theirs, said | {"purpose": "Mine."}


@pytest.mark.parametrize("publish", [True, False])
@pytest.mark.parametrize("seen", ["the published version", "no draft"])
def test_a_file_does_not_overwrite_a_draft_that_was_not_seen(
    client_of: Callable[..., Any], lead: User, edited: Any, seen: str, publish: bool
) -> None:
    owner, kind, theirs, mine = edited
    base = newest_of(owner).mark if seen == "the published version" else ""
    answer = imported(client_of(lead), kind, mine, base=base, publish=publish)
    assert answer.status_code == 409
    assert "Admin saved another state of this draft" in answer.json()["detail"]
    assert draft_of(owner).content == theirs
    assert newest_of(owner).number == 1


def test_a_file_takes_the_place_of_the_draft_that_was_seen(
    client_of: Callable[..., Any], lead: User, edited: Any
) -> None:
    owner, kind, _, mine = edited
    answer = imported(client_of(lead), kind, mine, base=current_of(owner).mark, publish=False)
    assert answer.status_code == 201
    assert draft_of(owner).content == mine


def imported(api: Any, kind: str, content: dict[str, Any], **said: Any) -> Any:
    return api.post(f"/{kind}/import", files={"file": ("file.yaml", yaml.safe_dump(content))}, data=said)


@pytest.mark.parametrize("late", [True, False])
def test_the_draft_is_published_only_as_it_was_seen(
    client_of: Callable[..., Any], lead: User, edited: Any, late: bool
) -> None:
    owner, kind, _, _ = edited
    base = newest_of(owner).mark if late else draft_of(owner).mark
    address = f"/{kind}/{owner.name if kind == 'rubrics' else owner.pk}/publish"
    answer = client_of(lead).post(address, json={"base": base})
    assert answer.status_code == (409 if late else 200)
    assert newest_of(owner).number == (1 if late else 2)
