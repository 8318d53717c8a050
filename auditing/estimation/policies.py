"""Who may decide on a batch."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.audits.models import Audit
from auditing.datasets.policies import may, require


def may_decide(user: User, audit: Audit) -> bool:
    return may(user, Permission.DECIDE, audit.batch.collection)


def require_decide(user: User | None, audit: Audit) -> None:
    require(user, Permission.DECIDE, audit.batch.collection)
