"""Every page states its policy here; `tests/web/test_policies.py` walks every URL with every role."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from auditing.accounts.models import User
from auditing.accounts.roles import Permission

View = Callable[..., HttpResponseBase]
PUBLIC = "public"
SIGNED_IN = "signed in"


def page(policy: Permission | str) -> Callable[[View], View]:
    """Mark a view with its policy: PUBLIC, SIGNED_IN, or the Permission a role must grant.

    Who lacks the permission gets 404, as if the page did not exist. Which objects she reaches is the selectors' affair.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if policy == PUBLIC:
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                if request.headers.get("HX-Request"):
                    return HttpResponse(status=401, headers={"HX-Refresh": "true"})
                return redirect_to_login(request.get_full_path())
            if isinstance(policy, Permission) and not person(request).may(policy):
                raise Http404
            return view(request, *args, **kwargs)

        guarded.policy = policy  # type: ignore[attr-defined]
        return guarded

    return decorate


def person(request: HttpRequest) -> User:
    """The signed-in user of a request that has passed a policy."""
    assert isinstance(request.user, User)
    return request.user
