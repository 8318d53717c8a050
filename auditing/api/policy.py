"""Who calls, and what each operation asks of her; `tests/api/test_policies.py` walks them all with every role."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja.security import HttpBearer

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.accounts.services import user_of_token
from auditing.core.errors import Forbidden, Missing

View = Callable[..., Any]
Row = TypeVar("Row", bound=Model)
ANY_TOKEN = "any token"  # noqa: S105


@dataclass(frozen=True)
class Caller:
    """The person a token speaks for, and what that token may: never more than her role grants today."""

    user: User
    scopes: frozenset[Permission]


class BearerToken(HttpBearer):
    """`Authorization: Bearer dok_...`"""

    def authenticate(self, request: HttpRequest, token: str) -> Caller | None:
        found = user_of_token(token)
        return Caller(*found) if found else None


def allow(policy: Permission | str) -> Callable[[View], View]:
    """State an operation's policy: the Permission that role and token must both grant, or ANY_TOKEN.

    Which objects the person reaches is the selectors' affair: what she does not reach answers 404.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if isinstance(policy, Permission) and policy not in caller_of(request).scopes:
                raise Forbidden(f"This token may not {policy}.")
            return view(request, *args, **kwargs)

        guarded.policy = policy  # type: ignore[attr-defined]
        return guarded

    return decorate


def caller_of(request: HttpRequest) -> Caller:
    caller = request.auth  # type: ignore[attr-defined]
    assert isinstance(caller, Caller)
    return caller


def person(request: HttpRequest) -> User:
    """Whom the request's token speaks for."""
    return caller_of(request).user


def one(reached: QuerySet[Row], **by: Any) -> Row:
    """The row among those she reaches. Raises Missing."""
    found = reached.filter(**by).first()
    if found is None:
        named = " ".join(str(value) for value in by.values())
        raise Missing(f"There is no {reached.model._meta.verbose_name} {named}.")
    return found
