"""Nobody who still has to give her own opinion learns another's, nor who made the item, by this door."""

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.errors import Forbidden
from auditing.datasets.models import Batch
from auditing.reviews import policies
from auditing.reviews.policies import may_see_opinions, may_yet_review
from auditing.reviews.services import unblind


def require_opinions_in(user: User, audit: Audit) -> None:
    """Raise Forbidden while auditors still work blind to one another."""
    if not may_see_opinions(user, audit):
        raise Forbidden(f"Auditors of {audit} work blind: what they say opens once every opinion is in.")


def require_no_part(user: User, batch: Batch) -> None:
    """Raise Forbidden while she reviews items of the batch herself; who could still be asked to, no longer is."""
    if may_yet_review(user, batch):
        unblind(by=user, batch=batch)
    policies.require_no_part(user, batch)
