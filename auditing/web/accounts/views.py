"""Signing in and out, one's own account and tokens, and the people of the house."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from auditing.accounts.models import ApiToken, User
from auditing.accounts.roles import GRANTS, Permission
from auditing.accounts.selectors import tokens_visible_to
from auditing.accounts.services import change_password, issue_token, rename, revoke_token
from auditing.web.accounts.forms import NameForm, OwnPasswordForm, SignInForm, TokenForm
from auditing.web.forms import complaints_on
from auditing.web.policy import PUBLIC, SIGNED_IN, page, person


class SignIn(LoginView):
    """Django's own, slowed down: 429 with the wait in words, and in seconds as `Retry-After`."""

    template_name = "accounts/login.html"
    form_class = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: Any) -> HttpResponse:
        answer = super().form_invalid(form)
        if form.refused:
            answer.status_code = 429
            answer["Retry-After"] = str(int(form.refused.wait.total_seconds()) + 1)
        return answer


login = page(PUBLIC)(SignIn.as_view())
logout = page(SIGNED_IN)(LogoutView.as_view())


@page(SIGNED_IN)
def account(request: HttpRequest) -> HttpResponse:
    """Who am I here, and what may I do?"""
    user = person(request)
    form = NameForm(request.POST or None, initial={"display_name": user.display_name})
    if form.is_valid():
        rename(by=user, user=user, display_name=form.cleaned_data["display_name"])
        messages.success(request, "Your name is saved.")
        return redirect("account")
    return _account_page(request, name_form=form, password_form=OwnPasswordForm(user))


@page(SIGNED_IN)
@require_POST
@sensitive_post_parameters()
def account_password(request: HttpRequest) -> HttpResponse:
    user = person(request)
    form = OwnPasswordForm(user, request.POST)
    if not form.is_valid():
        name_form = NameForm(initial={"display_name": user.display_name})
        return _account_page(request, name_form=name_form, password_form=form)
    revoke = form.cleaned_data.get("revoke_tokens", False)
    change_password(by=user, user=user, password=form.cleaned_data["new_password1"], revoke_tokens=revoke)
    update_session_auth_hash(request, user)
    ended = "Other sessions and your API tokens have ended." if revoke else "Other sessions have ended."
    messages.success(request, f"Your password is changed. {ended}")
    return redirect("account")


def _account_page(
    request: HttpRequest, *, name_form: NameForm, password_form: OwnPasswordForm
) -> HttpResponse:
    user = person(request)
    granted = [permission.value for permission in Permission if permission in GRANTS[user.role]]
    context = {"name_form": name_form, "password_form": password_form, "granted": granted}
    return render(request, "accounts/account.html", context)


@page(SIGNED_IN)
def tokens(request: HttpRequest) -> HttpResponse:
    """One's own tokens; a new one's secret is in this answer only."""
    user = person(request)
    form = TokenForm(request.POST or None, user=user)
    issued = _issue(user, form) if form.is_valid() else None
    own = tokens_visible_to(user).filter(user=user)
    shown_form = TokenForm(user=user) if issued else form
    return render(request, "accounts/tokens.html", {"form": shown_form, "tokens": own, "issued": issued})


def _issue(user: User, form: TokenForm) -> tuple[ApiToken, str] | None:
    last_day = form.cleaned_data["expires_on"]
    midnight = datetime.combine(last_day + timedelta(days=1), time.min) if last_day else None
    with complaints_on(form):
        return issue_token(
            by=user,
            user=user,
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=timezone.make_aware(midnight) if midnight else None,
        )
    return None


@page(SIGNED_IN)
@require_POST
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(tokens_visible_to(person(request)), pk=pk)
    revoke_token(by=person(request), token=token)
    messages.success(request, f"The token {token.name} is revoked; it opens nothing any more.")
    if token.user_id == person(request).pk:
        return redirect("tokens")
    return redirect("person", token.user_id)
