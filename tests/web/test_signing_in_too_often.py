"""Guessing passwords gets slow; who knows hers is let in."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from auditing.accounts import attempts
from auditing.accounts.models import SignInAttempts, User
from auditing.accounts.services import change_password, issue_token
from auditing.journal.models import Entry
from auditing.web.accounts.forms import address_of
from tests.cast import PASSWORD, make_user

NEW = "another horse, another staple"


def sign_in(username: str = "lead", password: str = "wrong", address: str = "192.0.2.7"):
    return Client(REMOTE_ADDR=address).post("/login/", {"username": username, "password": password})


def guess(times: int, **said: str) -> list[int]:
    return [sign_in(**said).status_code for _ in range(times)]


@pytest.fixture(autouse=True)
def quick_hashing(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(lead: User) -> None:
    assert guess(5) == [200] * 5
    answer = sign_in(password=PASSWORD)
    assert answer.status_code == 429
    assert "Too many attempts to sign in. Try again in 30 seconds." in answer.text
    assert 0 < int(answer.headers["Retry-After"]) <= 31


def test_another_account_is_not_held_up(lead: User, viewer: User) -> None:
    guess(5)
    assert sign_in("viewer", PASSWORD).status_code == 302


def test_a_stranger_does_not_keep_her_from_signing_in_at_her_own_address(lead: User) -> None:
    assert guess(9, address="198.51.100.9")[-1] == 429
    assert sign_in(password=PASSWORD).status_code == 302


def test_guessing_at_one_account_from_ever_new_addresses_is_slowed_down(lead: User, monkeypatch) -> None:
    monkeypatch.setitem(attempts.FREE, "account", 8)
    for number in range(8):
        sign_in(address=f"198.51.100.{number}")
    assert sign_in(address="198.51.100.99").status_code == 429


def test_who_gets_in_does_not_make_others_guesses_undone(lead: User) -> None:
    guess(3, address="198.51.100.9")
    sign_in(password=PASSWORD)
    assert SignInAttempts.objects.get(of=keys()["account"]).failures == pytest.approx(3, abs=0.1)


def keys(username: str = "lead", address: str = "192.0.2.7") -> dict[str, str]:
    return attempts.Attempt(username, address).keys


def test_a_new_password_forgets_the_failures_with_the_old_one(lead: User, admin: User) -> None:
    guess(5)
    guess(2, username="viewer")
    change_password(by=admin, user=lead, password=NEW)
    assert sign_in(password=NEW).status_code == 302
    assert SignInAttempts.objects.filter(of=keys("viewer")["account"]).exists()


def test_waits_double_and_end(lead: User) -> None:
    guess(5)
    wait_over()
    assert sign_in().status_code == 200
    assert "Try again in 1 minute" in sign_in().text
    wait_over()
    assert sign_in(password=PASSWORD).status_code == 302
    assert not SignInAttempts.objects.filter(of=keys()["account at an address"]).exists()


def wait_over() -> None:
    SignInAttempts.objects.update(last_at=timezone.now() - timedelta(seconds=61))


def test_an_account_nobody_has_is_slowed_down_just_so(db: None) -> None:
    assert guess(6, username="nobody")[-1] == 429


def test_an_address_that_tries_many_accounts_is_slowed_down(lead: User, monkeypatch) -> None:
    monkeypatch.setitem(attempts.FREE, "address", 3)
    for number in range(3):
        sign_in(f"guess-{number}")
    assert sign_in(password=PASSWORD).status_code == 429
    assert sign_in(password=PASSWORD, address="198.51.100.9").status_code == 302


def test_what_many_mistype_in_a_day_behind_one_address_holds_nobody_up(lead: User) -> None:
    for number in range(60):
        sign_in(f"colleague-{number}")
        SignInAttempts.objects.update(last_at=timezone.now() - timedelta(minutes=15))
    assert guess(3, password=PASSWORD) == [302] * 3


def test_the_addresses_of_one_holder_count_as_one() -> None:
    near, other, far = "2001:db8:0:1::1", "2001:db8:0:1:9::9", "2001:db8:0:2::1"
    found = [keys(address=address)["address"] for address in (near, other, far, "unix:")]
    assert found[0] == found[1] != found[2]
    assert found[3] == "address unix:"


@pytest.mark.django_db(transaction=True)
def test_who_tries_while_she_is_let_in_elsewhere_is_counted_anew() -> None:
    attempt = attempts.Attempt("lead", "192.0.2.7")
    attempts.begin(attempt)
    with ThreadPoolExecutor(1) as elsewhere:
        with transaction.atomic():
            attempts.succeed(attempt)
            begun = elsewhere.submit(begin_and_hang_up, attempt)
            wait([begun], timeout=0.5)  # until it waits for this transaction
        begun.result()
    assert SignInAttempts.objects.get(of=keys()["account at an address"]).failures == 1


def begin_and_hang_up(attempt: attempts.Attempt) -> None:
    try:
        attempts.begin(attempt)
    finally:
        connection.close()


def test_who_signs_in_again_and_again_is_never_slowed_down(lead: User) -> None:
    assert guess(8, password=PASSWORD) == [302] * 8


def test_the_journal_tells_when_it_began_and_not_every_attempt(lead: User) -> None:
    guess(9)
    entry = Entry.objects.get(verb="slowed down signing in")
    assert entry.subject_name == str(lead)
    assert entry.details == {"failures": 5, "seconds": 30, "from": "192.0.2.7"}


def test_a_password_typed_for_a_name_is_written_nowhere(lead: User) -> None:
    guess(6, username=PASSWORD)
    entry = Entry.objects.get(verb="slowed down signing in")
    assert entry.subject_name == "address 192.0.2.7"
    assert PASSWORD not in str(entry.details)
    assert not SignInAttempts.objects.filter(of__contains=PASSWORD).exists()


@pytest.mark.parametrize(("behind", "address"), [(True, "203.0.113.5"), (False, "192.0.2.7")])
def test_only_a_trusted_proxy_is_believed_about_the_address(rf, settings, behind, address) -> None:
    settings.BEHIND_TLS = behind
    for nearest in ("203.0.113.5", "203.0.113.5:4711"):
        forwarded = {"X-Forwarded-For": f"10.0.0.1, {nearest}"}
        assert address_of(rf.get("/", headers=forwarded, REMOTE_ADDR="192.0.2.7")) == address


@pytest.mark.parametrize("revoke", [True, False])
def test_who_changes_her_password_may_end_her_tokens(revoke: bool, db: None) -> None:
    user = make_user("lead", "owner")
    token, _ = issue_token(by=user, user=user, name="ci", scopes=["see items"])
    client = Client()
    client.force_login(user)
    assert "Revoke my API tokens too" in client.get("/account/").text
    sent = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    client.post("/account/password/", sent | ({"revoke_tokens": "on"} if revoke else {}))
    token.refresh_from_db()
    assert token.is_live is not revoke


def test_without_tokens_nothing_is_offered(viewer: User) -> None:
    client = Client()
    client.force_login(viewer)
    assert "Revoke my API tokens too" not in client.get("/account/").text
