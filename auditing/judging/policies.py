"""Who may define judges. What is done to a run is asked of its collection (`datasets.policies`)."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import Forbidden


def require_manage(by: User | None) -> None:
    """Raise Forbidden unless `by` manages judges. `None` is the system itself (the command line)."""
    if by is not None and not by.may(Permission.MANAGE_JUDGES):
        raise Forbidden(f"{by} may not {Permission.MANAGE_JUDGES}.")
