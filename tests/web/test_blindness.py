"""Whoever still has an opinion to give reads no other by any page: every URL is walked for marked opinions."""

import pytest
from django.db import transaction
from django.test import Client

from auditing.accounts.models import User
from auditing.audits.lifecycle import AuditState
from tests.web.markers import (
    MARKS,
    RATING,
    SKIP,
    VERDICT,
    begin_second_audit,
    give_task,
    mark_opinions,
    set_state,
)
from tests.web.objects import World, make_world
from tests.web.test_policies import ADDRESSES

EVERYTHING = "?names=1&state=all"
ACTS = ("disagreement-verdicts", "report-make", "ruling-withdraw")  # posts that lead to opinions
pytestmark = pytest.mark.slow


@pytest.fixture
def world(audit, lead, auditors, viewer) -> World:
    made = make_world(audit, lead, auditors, viewer)
    mark_opinions(made)
    return made


def shown_to(user: User, world: World) -> dict[str, set[str]]:
    """Mark -> the requests whose answer shows it to her; what they change is undone."""
    client = Client(raise_request_exception=False)
    client.force_login(user)
    found: dict[str, set[str]] = {}
    for address in ADDRESSES:
        url = address.url(world)
        text = answered(client, "get", url + EVERYTHING)
        text += answered(client, "post", url) if address.name in ACTS else ""
        for mark in MARKS:
            if mark in text:
                found.setdefault(mark, set()).add(address.name)
    return found


def answered(client: Client, method: str, url: str) -> str:
    cookies = client.cookies.copy()
    with transaction.atomic():
        answer = getattr(client, method)(url, follow=method == "post")
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    client.cookies = cookies
    return content.decode(errors="ignore")


def test_once_all_opinions_are_in_each_shows_somewhere(world, lead):
    assert set(shown_to(lead, world)) == set(MARKS)


def test_a_lead_who_reviews_finds_none_while_a_wave_is_collected(world, lead):
    set_state(world.audit, AuditState.COLLECTING)
    give_task(world.audit, world, lead)
    assert shown_to(lead, world) == {}


def test_a_lead_who_might_review_finds_none_before_she_gives_that_up(world, lead):
    set_state(world.audit, AuditState.COLLECTING)
    assert shown_to(lead, world) == {}


def test_who_cannot_review_finds_judges_imports_and_reasons_only(world, viewer):
    set_state(world.audit, AuditState.COLLECTING)
    assert set(shown_to(viewer, world)) == {VERDICT, RATING, SKIP}


def test_a_lead_who_reviews_in_a_second_audit_finds_none_of_the_first(world, lead):
    give_task(begin_second_audit(world), world, lead)
    assert shown_to(lead, world) == {}


def test_cancelling_an_audit_does_not_open_it_to_who_might_review_in_another(world, lead):
    begin_second_audit(world)
    set_state(world.audit, AuditState.CANCELLED)
    assert shown_to(lead, world) == {}
