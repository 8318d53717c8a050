"""Whom a token speaks for."""

from django.http import HttpRequest
from ninja import Router, Schema

from auditing.api.policy import ANY_TOKEN, Caller, allow, caller_of

router = Router(tags=["accounts"])


class MeOut(Schema):
    username: str
    name: str
    role: str
    scopes: list[str]


@router.get("/me", response=MeOut)
@allow(ANY_TOKEN)
def me(request: HttpRequest) -> MeOut:
    """The person the token speaks for, and what the token may."""
    return described(caller_of(request))


def described(caller: Caller) -> MeOut:
    user = caller.user
    return MeOut(username=user.username, name=str(user), role=user.role, scopes=sorted(caller.scopes))
