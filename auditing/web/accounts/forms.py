"""What is asked about people and tokens. The services check; these collect."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst

from auditing.accounts import attempts
from auditing.accounts.models import User
from auditing.accounts.roles import GRANTS, Permission, Role
from auditing.datasets.models import Collection
from auditing.web.forms import DateField, FilterForm

NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class NameForm(forms.Form):
    display_name = forms.CharField(label="Name", max_length=120, help_text="As colleagues see it.")


class SignInForm(AuthenticationForm):
    """Name and password; after too many attempts, how long to wait instead."""

    refused: attempts.TooManyAttempts | None = None

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        if not username:
            return super().clean()
        assert self.request is not None
        attempt = attempts.Attempt(username, address_of(self.request))
        try:
            attempts.begin(attempt)
        except attempts.TooManyAttempts as refused:
            self.refused = refused
            raise forms.ValidationError(str(refused)) from refused
        cleaned = super().clean()
        attempts.succeed(attempt)
        return cleaned


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind a proxy that is trusted with TLS, what that proxy says."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_TLS else ""
    nearest = forwarded.rpartition(",")[2].strip()
    if nearest.count(":") == 1 and "." in nearest:  # some proxies add the port, another one each time
        nearest = nearest.partition(":")[0]
    return nearest or request.META.get("REMOTE_ADDR", "")


class OwnPasswordForm(PasswordChangeForm):
    revoke_tokens = forms.BooleanField(
        required=False,
        label="Revoke my API tokens too",
        help_text="What uses them stops working. Do this where somebody may have learnt the old password.",
    )
    field_order = ("old_password", "new_password1", "new_password2", "revoke_tokens")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any(token.is_live for token in self.user.tokens.all()):
            del self.fields["revoke_tokens"]
        self.fields["old_password"].widget.attrs.pop("autofocus", None)


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What will use it, so that you know what to revoke.")
    expires_on = DateField(required=False, label="Expires", help_text="The last day it works.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        granted = [permission.value for permission in Permission if permission in GRANTS[user.role]]
        self.fields["scopes"] = forms.MultipleChoiceField(
            choices=[(scope, capfirst(scope)) for scope in granted],
            widget=forms.CheckboxSelectMultiple,
            label="What it may do",
            help_text="Never more than your role allows.",
        )


class PeopleFilter(FilterForm):
    search = forms.CharField(
        label="Name",
        widget=forms.TextInput(attrs={"type": "search", "data-key": "/", "data-key-label": "Search"}),
    )
    role = forms.ChoiceField(choices=[("", "Any role"), *Role.choices])
    active = forms.ChoiceField(choices=[("", "Everybody"), ("yes", "Active"), ("no", "Deactivated")])


class NewPersonForm(forms.Form):
    username = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    display_name = forms.CharField(label="Name", max_length=120, required=False)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.AUDITOR, widget=forms.RadioSelect)
    password = forms.CharField(
        widget=NEW_PASSWORD, help_text="Tell her; she can change it on her account page."
    )


class PersonForm(forms.Form):
    display_name = forms.CharField(label="Name", max_length=120, required=False)
    role = forms.ChoiceField(choices=Role.choices)


class PasswordForm(forms.Form):
    password = forms.CharField(label="New password", widget=NEW_PASSWORD)


class AccessForm(forms.Form):
    collection = forms.ModelChoiceField(
        Collection.objects.none(), to_field_name="slug", empty_label="Choose one"
    )
    producer = forms.CharField(
        max_length=200, required=False, help_text="For a vendor: the producer whose batches she sees."
    )

    def __init__(self, *args: Any, collections: QuerySet[Collection], is_vendor: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["collection"] = forms.ModelChoiceField(
            collections, to_field_name="slug", empty_label="Choose one"
        )
        if not is_vendor:
            del self.fields["producer"]
