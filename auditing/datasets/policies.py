"""May this person do this in this collection? In pairs: `may` asks (buttons), `require` raises (services)."""

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import Forbidden
from auditing.datasets.models import Collection, CollectionAccess


def may(user: User, permission: Permission, collection: Collection) -> bool:
    """The role grants it, and the collection is within reach."""
    if not user.may(permission):
        return False
    return user.is_admin or CollectionAccess.objects.filter(user=user, collection=collection).exists()


def require(user: User | None, permission: Permission, collection: Collection) -> None:
    """Raise Forbidden unless `may`. `None` is the system itself (the command line, a schedule, a worker)."""
    if user is not None and not may(user, permission, collection):
        raise Forbidden(f"{user} may not {permission} of {collection}.")
