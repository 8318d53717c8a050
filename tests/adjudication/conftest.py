"""Fixtures of this room. Read before Django is set up, so the project is imported inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from auditing.accounts.models import User
    from auditing.adjudication.models import Disagreement
    from auditing.audits.models import Audit


@pytest.fixture
def ruling_audit(audit: Audit, lead: User, auditors: list[User]) -> Audit:
    """Three items under ruling: three opinions each on the first two, one on the third.

    On item 1 the auditors differ two to one on `correct`; on item 2 all three differ on `helpful`.
    """
    from tests.reviews.building import begin_reviews, end_reviews, review_next

    begin_reviews(audit, lead, opinions=(3, 3, 1))
    for auditor, correct in zip(auditors, ("yes", "no", "yes"), strict=True):
        review_next(auditor, correct=correct)
    for auditor, helpful in zip(auditors, ("1", "2", "3"), strict=True):
        review_next(auditor, helpful=helpful)
    review_next(auditors[0])
    return end_reviews(audit)


@pytest.fixture
def disagreements(ruling_audit: Audit, lead: User) -> list[Disagreement]:
    from auditing.adjudication.models import Disagreement
    from auditing.adjudication.services import open_disagreements

    open_disagreements(by=lead, audit=ruling_audit)
    return list(Disagreement.objects.select_related("audit", "item"))
