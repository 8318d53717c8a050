"""Who may define what good is."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import Forbidden


def require_define(user: User | None) -> None:
    """Raise Forbidden unless the person may edit rubrics. `None` is the system itself: the command line."""
    if user is not None and not user.may(Permission.DEFINE):
        raise Forbidden(f"{user} may not {Permission.DEFINE}.")
