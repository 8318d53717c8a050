"""When may anything be ruled?"""

from auditing.audits.models import Audit
from auditing.core.errors import Conflict
from auditing.reviews.phase import Phase, phase


def require_rulable(audit: Audit) -> None:
    """Rulings are given between the independent phase and the decision."""
    if phase(audit) is Phase.INDEPENDENT:
        raise Conflict("Reviewers are still at work and blind to each other; rule when they are done.")
    if phase(audit) is Phase.COMPLETE:
        raise Conflict("This audit is over; its rulings are a matter of record.")
