"""A draft changed by two programs: the second is refused, and nothing of the first is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.judging.models import Judge
from auditing.reviews.models import ReviewTask
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
