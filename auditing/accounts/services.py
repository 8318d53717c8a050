"""Changing people and their tokens. Every act is told to the journal in the same transaction."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from auditing.accounts import attempts
from auditing.accounts.acts import tell
from auditing.accounts.models import ApiToken, User
from auditing.accounts.policies import require_act_for, require_manager
from auditing.accounts.roles import GRANTS, Permission, Role
from auditing.core.boundary import require_moment
from auditing.core.errors import BadInput, Conflict

TOKEN_MARK = "dok_"  # lets secret scanners recognise a leaked token  # noqa: S105
SHOWN_CHARACTERS = 12
USE_IS_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_user(*, by: User | None, username: str, password: str, role: str, display_name: str = "") -> User:
    """A new person. Raises BadInput for a taken or malformed username, a weak password or an unknown role."""
    require_manager(by)
    user = User(username=username, role=known_role(role), display_name=display_name)
    user.set_password(checked_password(password, user))
    try:
        user.full_clean()
    except ValidationError as error:
        field, problems = next(iter(error.message_dict.items()))
        raise BadInput(problems[0], field=field) from error
    user.save()
    tell(by=by, verb="created", subject=user, role=user.role)
    return user


@transaction.atomic
def set_role(*, by: User | None, user: User, role: str) -> None:
    """Raises Conflict when nobody would be left to manage people."""
    require_manager(by)
    old, new = user.role, known_role(role)
    if old == new:
        return
    if new != Role.ADMIN:
        keep_an_admin_besides(user)
    user.role = new
    user.save(update_fields=["role"])
    tell(by=by, verb="changed role", subject=user, old=old, new=new)


@transaction.atomic
def rename(*, by: User | None, user: User, display_name: str) -> None:
    require_act_for(by, user)
    old, user.display_name = user.display_name, display_name.strip()
    user.save(update_fields=["display_name"])
    tell(by=by, verb="renamed", subject=user, old=old, new=user.display_name)


@transaction.atomic
def change_password(*, by: User | None, user: User, password: str, revoke_tokens: bool = False) -> None:
    """Raises BadInput for a weak one. Other sessions of the person end with the old password.

    Set by somebody else, because it was lost or stolen, it ends her tokens too; set by herself, if she says so. Failed
    attempts to sign in are forgotten.
    """
    require_act_for(by, user)
    user.set_password(checked_password(password, user))
    user.save(update_fields=["password"])
    attempts.forget(user)
    details = {}
    if revoke_tokens or by is None or by.pk != user.pk:
        live = user.tokens.filter(revoked_at=None)
        details["tokens_revoked"] = live.update(revoked_at=timezone.now())
    tell(by=by, verb="changed password", subject=user, **details)


@transaction.atomic
def deactivate(*, by: User | None, user: User) -> None:
    """She can no longer sign in and her tokens are revoked; what she did stays hers."""
    require_manager(by)
    if not user.is_active:
        return
    keep_an_admin_besides(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.tokens.filter(revoked_at=None).update(revoked_at=timezone.now())
    tell(by=by, verb="deactivated", subject=user)


@transaction.atomic
def reactivate(*, by: User | None, user: User) -> None:
    require_manager(by)
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    tell(by=by, verb="reactivated", subject=user)


@transaction.atomic
def issue_token(
    *, by: User | None, user: User, name: str, scopes: Iterable[str], expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A bearer token and its secret, which is shown this once and never kept.

    `scopes` are Permission values within the user's role; raises BadInput otherwise.
    """
    require_act_for(by, user)
    if not name.strip():
        raise BadInput("A token needs a name.", field="name")
    if expires_at is not None and require_moment(expires_at, "expires_at") <= timezone.now():
        raise BadInput("The token would have expired already.", field="expires_at")
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        name=name.strip(),
        prefix=secret[:SHOWN_CHARACTERS],
        digest=ApiToken.digest_of(secret),
        scopes=sorted(granted_scopes(user, scopes)),
        expires_at=expires_at,
    )
    tell(by=by, verb="issued", subject=token, to=user.username, scopes=token.scopes)
    return token, secret


@transaction.atomic
def revoke_token(*, by: User | None, token: ApiToken) -> None:
    require_act_for(by, token.user)
    if token.revoked_at is not None:
        return
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    tell(by=by, verb="revoked", subject=token, of=token.user.username)


def user_of_token(secret: str) -> tuple[User, frozenset[Permission]] | None:
    """Who a bearer token speaks for and what it may, or None for an unknown, expired or revoked one.

    A token never does more than its owner's role allows today.
    """
    token = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(secret)).first()
    if token is None or not token.is_live or not token.user.is_active:
        return None
    note_use(token)
    return token.user, frozenset(Permission(scope) for scope in token.scopes) & GRANTS[token.user.role]


def note_use(token: ApiToken) -> None:
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USE_IS_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def granted_scopes(user: User, scopes: Iterable[str]) -> set[str]:
    granted = {str(permission) for permission in GRANTS[user.role]}
    wanted = {str(scope) for scope in scopes}
    if not wanted:
        raise BadInput("A token needs at least one scope.", field="scopes")
    if beyond := wanted - granted:
        raise BadInput(f"Not within the role {user.role}: {', '.join(sorted(beyond))}.", field="scopes")
    return wanted


def known_role(role: str) -> str:
    if role not in Role.values:
        raise BadInput(f"There is no role {role!r}; the roles are {', '.join(Role.values)}.", field="role")
    return role


def checked_password(password: str, user: User) -> str:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages), field="password") from error
    return password


def keep_an_admin_besides(user: User) -> None:
    admins = User.objects.select_for_update().filter(role=Role.ADMIN, is_active=True)
    if user.is_admin and not any(admin.pk != user.pk for admin in admins):
        raise Conflict(f"{user} is the only admin left; make somebody else admin first.")
