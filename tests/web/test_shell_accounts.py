"""Signing in, one's own account and tokens, and managing people: through the pages."""

import pytest
from django.test import Client

from auditing.accounts.models import ApiToken, User
from auditing.accounts.roles import Role
from auditing.accounts.services import user_of_token
from auditing.datasets.models import Collection, CollectionAccess, Producer
from auditing.journal.models import Entry
from tests.cast import PASSWORD, make_user

NEW = "another horse, another staple"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(user: User, url: str) -> str:
    answer = signed_in(user).get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_signs_in_comes_to_where_she_wanted(lead: User) -> None:
    client = Client()
    asked = client.get("/journal/")
    assert asked.status_code == 302
    answer = client.post(asked["Location"], {"username": "lead", "password": PASSWORD, "next": "/journal/"})
    assert answer["Location"] == "/journal/"


def test_a_wrong_password_says_so_and_keeps_the_name(lead: User) -> None:
    answer = Client().post("/login/", {"username": "lead", "password": "wrong"})
    assert answer.status_code == 200
    assert 'value="lead"' in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()


def test_signing_out_needs_a_post(lead: User) -> None:
    client = signed_in(lead)
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert client.get("/").status_code == 302


def test_the_navigation_shows_what_the_role_reaches(auditor: User, admin: User) -> None:
    assert 'href="/people/"' in page_of(admin, "/account/")
    assert 'href="/people/"' not in page_of(auditor, "/account/")
    assert 'href="/journal/"' not in page_of(auditor, "/account/")


def test_she_changes_her_own_password_and_stays_signed_in(viewer: User) -> None:
    client = signed_in(viewer)
    answer = client.post(
        "/account/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    )
    assert answer.status_code == 302
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)
    assert client.get("/account/").status_code == 200


def test_without_the_old_password_there_is_no_new_one(viewer: User) -> None:
    client = signed_in(viewer)
    answer = client.post(
        "/account/password/", {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    )
    assert answer.status_code == 200
    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD)


def test_a_tokens_secret_is_shown_once(lead: User) -> None:
    client = signed_in(lead)
    scope = "see audits and their estimates"
    answer = client.post("/account/tokens/", {"name": "nightly", "scopes": [scope]}).content.decode()
    token = ApiToken.objects.get(user=lead)
    secret = answer[answer.index("dok_") :].split("<")[0]
    found = user_of_token(secret)
    assert found is not None
    assert (found[0], {str(one) for one in found[1]}) == (lead, {scope})
    assert secret not in client.get("/account/tokens/").content.decode()
    assert token.prefix in client.get("/account/tokens/").content.decode()


def test_a_scope_beyond_the_role_is_refused(auditor: User) -> None:
    answer = signed_in(auditor).post("/account/tokens/", {"name": "x", "scopes": ["manage users"]})
    assert answer.status_code == 200
    assert not ApiToken.objects.exists()


def test_she_revokes_her_token_and_nobody_elses(lead: User, outsider: User) -> None:
    client = signed_in(lead)
    client.post("/account/tokens/", {"name": "nightly", "scopes": ["see the journal"]})
    token = ApiToken.objects.get()
    assert signed_in(outsider).post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    token.refresh_from_db()
    assert not token.is_live


@pytest.mark.parametrize("role", [Role.LEAD, Role.AUDITOR, Role.VENDOR, Role.VIEWER])
def test_only_admins_manage_people(db: None, role: str) -> None:
    client, other = signed_in(make_user(role)), make_user(Role.VIEWER)
    assert client.get("/people/").status_code == 404
    assert client.get(f"/people/{other.pk}/").status_code == 404
    assert client.post(f"/people/{other.pk}/deactivate/").status_code == 404


def test_people_are_found_by_name_role_and_state(admin: User, lead: User) -> None:
    make_user(Role.VIEWER, "gone", is_active=False)
    table = page_of(admin, "/people/?search=gone&active=no").partition("<tbody>")[2]
    assert "Gone" in table
    assert "Lead" not in table.partition("</tbody>")[0]


def test_an_admin_makes_a_person(admin: User) -> None:
    answer = signed_in(admin).post(
        "/people/new/", {"username": "ines", "display_name": "Ines", "role": "auditor", "password": NEW}
    )
    made = User.objects.get(username="ines")
    assert answer["Location"] == f"/people/{made.pk}/"
    assert (made.role, made.check_password(NEW)) == (Role.AUDITOR, True)


def test_what_a_service_refuses_stands_at_its_field(admin: User) -> None:
    answer = signed_in(admin).post(
        "/people/new/", {"username": "admin", "display_name": "Twin", "role": "viewer", "password": NEW}
    )
    page = answer.content.decode()
    assert 'id="id_username_error"' in page
    assert 'value="Twin"' in page  # nothing typed is lost


def test_the_last_admin_keeps_her_role(admin: User) -> None:
    answer = signed_in(admin).post(f"/people/{admin.pk}/", {"display_name": "Admin", "role": "viewer"})
    assert "only admin left" in answer.content.decode()
    admin.refresh_from_db()
    assert admin.role == Role.ADMIN


def test_role_and_name_are_changed_and_told_to_the_journal(admin: User, viewer: User) -> None:
    signed_in(admin).post(f"/people/{viewer.pk}/", {"display_name": "Vera", "role": "lead"})
    viewer.refresh_from_db()
    assert (viewer.display_name, viewer.role) == ("Vera", Role.LEAD)
    assert set(Entry.objects.values_list("verb", flat=True)) >= {"changed role", "renamed"}


def test_access_is_given_and_withdrawn(admin: User, collection: Collection, outsider: User) -> None:
    client = signed_in(admin)
    client.post(f"/people/{outsider.pk}/access/", {"collection": collection.slug})
    assert CollectionAccess.objects.filter(user=outsider, collection=collection).exists()
    client.post(f"/people/{outsider.pk}/withdraw/", {"collection": collection.slug})
    assert not CollectionAccess.objects.filter(user=outsider, collection=collection).exists()


def test_a_vendor_reaches_through_a_producer(admin: User, collection: Collection, producer: Producer) -> None:
    client, seller = signed_in(admin), make_user(Role.VENDOR)
    refused = client.post(
        f"/people/{seller.pk}/access/", {"collection": collection.slug, "producer": "Nobody"}
    )
    assert "has no producer Nobody" in refused.content.decode()
    client.post(f"/people/{seller.pk}/access/", {"collection": collection.slug, "producer": producer.name})
    assert CollectionAccess.objects.get(user=seller).producer == producer


def test_deactivating_can_be_undone_from_the_toast(admin: User, viewer: User) -> None:
    client = signed_in(admin)
    page = client.post(f"/people/{viewer.pk}/deactivate/", follow=True).content.decode()
    assert f'action="/people/{viewer.pk}/reactivate/"' in page
    viewer.refresh_from_db()
    assert not viewer.is_active
    client.post(f"/people/{viewer.pk}/reactivate/")
    viewer.refresh_from_db()
    assert viewer.is_active


def test_a_password_set_by_an_admin_opens_the_door(admin: User, viewer: User) -> None:
    signed_in(admin).post(f"/people/{viewer.pk}/password/", {"password": NEW})
    assert Client().login(username="viewer", password=NEW)


def test_a_weak_password_is_refused(admin: User, viewer: User) -> None:
    answer = signed_in(admin).post(f"/people/{viewer.pk}/password/", {"password": "12345"})
    assert answer.status_code == 200
    assert "too short" in answer.content.decode()
    viewer.refresh_from_db()
    assert viewer.check_password(PASSWORD)
