"""Nobody who still has to give her own opinion learns another's, nor who made the item, by this door."""

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.datasets.models import Batch
from auditing.reviews import policies
from auditing.reviews.phase import Phase, phase
from auditing.reviews.policies import is_reviewing, may_yet_review
from auditing.reviews.services import unblind


def require_opinions_in(user: User, audit: Audit) -> None:
    """Raise Forbidden while auditors still work blind to one another, or she reviews the batch in another audit."""
    if phase(audit) is not Phase.INDEPENDENT:
        _give_up_part(user, audit.batch)
    policies.require_open(user, audit)


def require_no_part(user: User, batch: Batch) -> None:
    """Raise Forbidden while she reviews items of the batch herself; who could still be asked to, no longer is."""
    _give_up_part(user, batch)
    policies.require_no_part(user, batch)


def _give_up_part(user: User, batch: Batch) -> None:
    if may_yet_review(user, batch) and not is_reviewing(user, batch):
        unblind(by=user, batch=batch)
