"""Who may make a report, and what a vendor may read of one."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.audits.models import Audit
from auditing.datasets.policies import may, require

# who judged and what they said of which item; a definition also names the judges and where the sample is thin
HIDDEN_FROM_VENDORS = (
    "items",
    "failed_examples",
    "labels",
    "meta_audit",
    "judges",
    "rubric.content",
    "sop.content",
)


def may_make(user: User, audit: Audit) -> bool:
    return may(user, Permission.MAKE_REPORTS, audit.batch.collection)


def require_make(user: User | None, audit: Audit) -> None:
    require(user, Permission.MAKE_REPORTS, audit.batch.collection)


def hidden_parts(user: User | None) -> tuple[str, ...]:
    """The parts of a snapshot that this reader does not get to see."""
    return HIDDEN_FROM_VENDORS if user is not None and user.role == Role.VENDOR else ()
