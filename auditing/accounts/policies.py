"""Who may change people and tokens. In pairs: `may_*` asks (buttons), `require_*` raises (services)."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import Forbidden


def require_manager(by: User | None) -> None:
    """Raise Forbidden unless `by` manages people. `None` is the system itself (the command line)."""
    if by is not None and not by.may(Permission.MANAGE_USERS):
        raise Forbidden(f"{by} may not {Permission.MANAGE_USERS}.")


def may_act_for(by: User | None, user: User) -> bool:
    """Her own password and tokens are hers; others' belong to who manages people."""
    return by is None or (by.is_active and by.pk == user.pk) or by.may(Permission.MANAGE_USERS)


def require_act_for(by: User | None, user: User) -> None:
    if not may_act_for(by, user):
        raise Forbidden(f"{by} may not change what belongs to {user}.")
