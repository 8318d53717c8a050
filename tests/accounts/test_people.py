"""People: who may change them, and what the journal then says."""

import pytest

from auditing.accounts import services
from auditing.accounts.models import User
from auditing.accounts.roles import GRANTS, Permission, Role
from auditing.accounts.selectors import user_named, users_visible_to
from auditing.core.errors import BadInput, Conflict, Forbidden, Missing
from auditing.journal.models import Entry
from tests.cast import PASSWORD, make_user


def test_an_admin_creates_a_person_who_can_sign_in(admin, client):
    services.create_user(by=admin, username="ada", password=PASSWORD, role="lead", display_name="Ada L.")
    assert client.login(username="ada", password=PASSWORD)
    entry = Entry.objects.get()
    assert (entry.actor_name, entry.verb, entry.subject_name) == ("Admin", "created", "Ada L.")
    assert entry.details == {"role": "lead"}


@pytest.mark.parametrize("role", [Role.LEAD, Role.AUDITOR, Role.VENDOR, Role.VIEWER])
def test_only_admins_manage_people(db, role):
    somebody = make_user(role)
    with pytest.raises(Forbidden):
        services.create_user(by=somebody, username="x", password=PASSWORD, role="viewer")
    with pytest.raises(Forbidden):
        services.set_role(by=somebody, user=somebody, role="admin")
    with pytest.raises(Forbidden):
        services.deactivate(by=somebody, user=make_user(Role.VIEWER))


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"username": "lead"}, "username"),
        ({"username": "with space"}, "username"),
        ({"username": ""}, "username"),
        ({"role": "king"}, "field role: There is no role 'king'"),
        ({"password": "12345"}, "field password"),
    ],
)
def test_bad_input_names_its_field(admin, lead, fields, complaint):
    sound = {"username": "ada", "password": PASSWORD, "role": "lead"}
    with pytest.raises(BadInput, match=complaint):
        services.create_user(by=admin, **{**sound, **fields})
    assert User.objects.count() == 2
    assert not Entry.objects.exists()


def test_a_role_changes_once_and_is_written_down(admin, viewer):
    services.set_role(by=admin, user=viewer, role="lead")
    services.set_role(by=admin, user=viewer, role="lead")
    assert Entry.objects.get().details == {"old": "viewer", "new": "lead"}
    viewer.refresh_from_db()
    assert viewer.may(Permission.DEFINE)


def test_the_last_admin_stays(admin):
    with pytest.raises(Conflict, match="only admin"):
        services.set_role(by=admin, user=admin, role="viewer")
    with pytest.raises(Conflict, match="only admin"):
        services.deactivate(by=admin, user=admin)


def test_a_second_admin_may_go(admin):
    second = make_user(Role.ADMIN)
    services.deactivate(by=admin, user=second)
    assert not User.objects.get(pk=second.pk).is_active


def test_who_is_deactivated_is_out_until_reactivated(admin, lead, client):
    services.issue_token(by=lead, user=lead, name="ci", scopes=[Permission.SEE_AUDITS])
    services.deactivate(by=admin, user=lead)
    assert not client.login(username="lead", password=PASSWORD)
    assert not lead.may(Permission.SEE_AUDITS)
    assert lead.tokens.get().revoked_at is not None
    services.reactivate(by=admin, user=lead)
    assert client.login(username="lead", password=PASSWORD)


def test_a_person_changes_her_own_password_and_nobody_elses(lead, viewer, client):
    services.change_password(by=lead, user=lead, password="another good long one")
    assert client.login(username="lead", password="another good long one")
    with pytest.raises(Forbidden):
        services.change_password(by=lead, user=viewer, password="another good long one")


def test_the_journal_never_holds_a_password(lead):
    services.change_password(by=lead, user=lead, password="another good long one")
    assert Entry.objects.get().details == {}


def test_a_person_renames_herself(lead):
    services.rename(by=lead, user=lead, display_name="  Grace H. ")
    assert str(lead) == "Grace H."


def test_only_admins_see_everybody(admin, lead, viewer):
    assert users_visible_to(admin).count() == 3
    assert list(users_visible_to(lead)) == [lead]


def test_a_person_is_found_by_name(lead):
    assert user_named("lead") == lead
    with pytest.raises(Missing, match="'nobody'"):
        user_named("nobody")


def test_blindness_is_in_the_roles():
    """An auditor's role reaches neither items outside her queue nor anybody's opinion."""
    assert GRANTS[Role.AUDITOR].isdisjoint(
        {Permission.SEE_VERDICTS, Permission.SEE_ITEMS, Permission.SEE_AUDITS}
    )
    assert Permission.SEE_VERDICTS not in GRANTS[Role.VENDOR]
