"""Nobody who still has to give her own opinion learns another's, nor who made the item, by this door."""

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.errors import Forbidden
from auditing.datasets.models import Batch
from auditing.reviews.models import ReviewTask
from auditing.reviews.phase import Phase, phase


def may_see_opinions(user: User, audit: Audit) -> bool:
    return phase(audit) is not Phase.INDEPENDENT or not ReviewTask.objects.filter(audit=audit, reviewer=user)


def require_sight(user: User, audit: Audit) -> None:
    """Raise Forbidden while she reviews in an audit that still collects."""
    if not may_see_opinions(user, audit):
        raise Forbidden(f"You review in {audit}: its opinions open to you once all are in.")


def require_sight_of_batch(user: User, batch: Batch) -> None:
    for audit in batch.audits.all():
        require_sight(user, audit)


def is_blind_to(user: User, batch: Batch) -> bool:
    """Does she review in an audit of the batch that still collects?"""
    return any(not may_see_opinions(user, audit) for audit in batch.audits.all())
