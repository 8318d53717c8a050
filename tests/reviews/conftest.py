"""Fixtures of this room. Read before Django is set up, so the project is imported inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from auditing.accounts.models import User
    from auditing.audits.models import Audit
    from auditing.reviews.models import ReviewTask


@pytest.fixture
def collecting(audit: Audit, lead: User) -> Audit:
    """The audit with its sample drawn and reviews asked for: six items, three of them with two opinions."""
    from tests.reviews.building import begin_reviews

    return begin_reviews(audit, lead)


@pytest.fixture
def task(collecting: Audit, auditor: User) -> ReviewTask:
    """The auditor's first task, hers."""
    from auditing.reviews.services import next_task

    task = next_task(user=auditor)
    assert task is not None
    return task
