"""Bearer tokens: the secret is shown once, scopes stay within the role, dead tokens speak for nobody."""

from datetime import timedelta

import pytest
from django.utils import timezone

from auditing.accounts import services
from auditing.accounts.models import ApiToken
from auditing.accounts.roles import Permission, Role
from auditing.accounts.selectors import tokens_visible_to
from auditing.core.errors import BadInput, Forbidden
from auditing.journal.models import Entry

SCOPES = [Permission.SEE_AUDITS, Permission.RUN_AUDITS]


def test_a_token_speaks_for_its_owner_within_its_scopes(lead):
    _, secret = services.issue_token(by=lead, user=lead, name="ci", scopes=SCOPES)
    assert services.user_of_token(secret) == (lead, frozenset(SCOPES))


def test_only_a_digest_is_kept(lead):
    token, secret = services.issue_token(by=lead, user=lead, name="ci", scopes=SCOPES)
    kept = " ".join(str(value) for value in ApiToken.objects.filter(pk=token.pk).values_list().get())
    assert secret not in kept
    assert secret not in str(Entry.objects.get().details)
    assert secret.startswith(token.prefix)


@pytest.mark.parametrize("secret", ["", "dok_nonsense", "a" * 5000, "nul\0"])
def test_an_unknown_secret_speaks_for_nobody(db, secret):
    assert services.user_of_token(secret) is None


def test_a_revoked_token_is_dead(lead):
    token, secret = services.issue_token(by=lead, user=lead, name="ci", scopes=SCOPES)
    services.revoke_token(by=lead, token=token)
    services.revoke_token(by=lead, token=token)
    assert services.user_of_token(secret) is None
    assert [entry.verb for entry in Entry.objects.order_by("sequence")] == ["issued", "revoked"]


def test_an_expired_token_is_dead(lead):
    token, secret = services.issue_token(
        by=lead, user=lead, name="ci", scopes=SCOPES, expires_at=timezone.now() + timedelta(hours=1)
    )
    assert services.user_of_token(secret)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert services.user_of_token(secret) is None


def test_a_token_shrinks_with_its_owners_role(admin, lead):
    _, secret = services.issue_token(by=lead, user=lead, name="ci", scopes=SCOPES)
    services.set_role(by=admin, user=lead, role=Role.VIEWER)
    found = services.user_of_token(secret)
    assert found is not None
    assert found[1] == {Permission.SEE_AUDITS}


def test_use_is_noted(lead):
    token, secret = services.issue_token(by=lead, user=lead, name="ci", scopes=SCOPES)
    services.user_of_token(secret)
    token.refresh_from_db()
    assert token.last_used_at is not None


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"scopes": [Permission.MANAGE_USERS]}, "Not within the role lead"),
        ({"scopes": ["fly"]}, "Not within the role lead: fly"),
        ({"scopes": []}, "at least one scope"),
        ({"name": "  "}, "needs a name"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expired already"),
    ],
)
def test_bad_input_is_refused(lead, fields, complaint):
    with pytest.raises(BadInput, match=complaint):
        services.issue_token(by=lead, user=lead, **{"name": "ci", "scopes": SCOPES, **fields})


def test_tokens_belong_to_their_owner(admin, lead, viewer):
    token, _ = services.issue_token(by=admin, user=lead, name="ci", scopes=SCOPES)
    with pytest.raises(Forbidden):
        services.issue_token(by=viewer, user=lead, name="mine", scopes=SCOPES)
    with pytest.raises(Forbidden):
        services.revoke_token(by=viewer, token=token)
    assert list(tokens_visible_to(lead)) == [token]
    assert not tokens_visible_to(viewer).exists()


def test_a_password_that_somebody_else_sets_ends_the_tokens(lead, admin):
    _, secret = services.issue_token(by=lead, user=lead, name="ci", scopes=SCOPES)
    services.change_password(by=lead, user=lead, password="another horse, another staple")
    assert services.user_of_token(secret) is not None
    services.change_password(by=admin, user=lead, password="a third horse, a third staple")
    assert services.user_of_token(secret) is None
