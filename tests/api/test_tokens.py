"""Bearer tokens at the door: alive, expired, revoked, and of people who have changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from auditing.accounts.models import ApiToken
from auditing.accounts.roles import Permission, Role
from auditing.accounts.services import deactivate, revoke_token, set_role
from tests.api.asking import Program


def me(program):
    return program.do("GET", "/me")


def test_it_says_whom_it_speaks_for(lead):
    answer = me(Program(lead, scopes=[Permission.SEE_AUDITS])).json()
    assert answer == {
        "username": "lead",
        "name": "Lead",
        "role": "lead",
        "scopes": ["see audits and their estimates"],
    }


def test_a_revoked_token_is_refused(lead):
    program = Program(lead)
    revoke_token(by=lead, token=program.token)
    assert me(program).status_code == 401


def test_an_expired_token_is_refused(lead):
    program = Program(lead, expires_at=timezone.now() + timedelta(hours=1))
    assert me(program).status_code == 200
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    refused = me(program)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, "Bearer")
    assert refused["Content-Type"] == "application/problem+json"


def test_a_deactivated_persons_token_is_refused(lead, admin):
    program = Program(lead)
    deactivate(by=admin, user=lead)
    assert me(program).status_code == 401


def test_it_may_no_more_than_its_owners_role_today(lead, admin, collection):
    program = Program(lead)
    set_role(by=admin, user=lead, role=Role.VIEWER)
    refused = program.do("POST", "/collections", json={"name": "Mine"})
    assert refused.status_code == 403
    assert refused.json()["detail"] == "This token may not manage collections."


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic bGVhZDpsZWFk", "Bearer \xff\xfe"])
def test_what_is_no_token_is_refused(header, client, db):
    assert client.get("/api/v1/me", headers={"Authorization": header}).status_code == 401


def test_a_session_is_no_token(client, lead):
    client.force_login(lead)
    assert client.get("/api/v1/me").status_code == 401
