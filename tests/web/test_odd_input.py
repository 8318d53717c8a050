"""What no browser sends, at every page: refused in words, never a broken page."""

import pytest

from auditing.journal.models import Entry
from tests.web.editor_forms import signed_in
from tests.web.objects import World, make_world
from tests.web.test_policies import ADDRESSES, METHODS, Visitor

ODD = "²"  # a digit that is no number
LAST_DAY = "9999-12-31"  # after which there is none
DAYS = ("after", "due_at", "expires_on", "since", "until")
NAMES = (
    *(
        "after",
        "as",
        "at",
        "audit",
        "batch",
        "by",
        "collection",
        "criterion",
        "crontab",
        "days",
        "do",
        "due_at",
    ),
    *(
        "expires_on",
        "human",
        "item",
        "items",
        "judge",
        "kind",
        "mapping",
        "model",
        "name",
        "next",
        "note",
        "page",
    ),
    *("rater", "reason", "reference", "revision", "rubric", "search", "seed", "show", "since", "size", "sop"),
    *("slice", "sort", "state", "task", "token", "until", "user", "value", "verb", "version", "yaml"),
)


@pytest.fixture
def world(audit, lead, auditors, viewer) -> World:
    return make_world(audit, lead, auditors, viewer)


@pytest.mark.slow
def test_no_page_breaks_on_odd_input(world, admin):
    visitor = Visitor(admin)
    sent = dict.fromkeys(NAMES, ODD) | dict.fromkeys(DAYS, LAST_DAY)
    broken = [
        f"{method} {address.url(world)}"
        for address in ADDRESSES
        for method in METHODS
        if visitor.ask(method, address.url(world), sent) >= 500
    ]
    assert broken == []


@pytest.mark.parametrize("until", ["9999-12-31", "0001-01-01"])
def test_days_at_the_ends_of_the_calendar_bound_nothing(until, lead):
    assert signed_in(lead).get(f"/journal/?until={until}&since={until}").status_code == 200


def test_a_token_may_not_last_for_ever(lead):
    asked = {"name": "ci", "scopes": ["see audits"], "expires_on": "9999-12-31"}
    assert "less than or equal to" in signed_in(lead).post("/account/tokens/", asked).content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"criteria": "x", "criteria[0].key": "y"},
        {"criteria": "x"},
        {"criteria[0].scale": "y"},
        {"criteria[0].key.x": "y"},
        {"rubric[0]": "x"},
        {"criteria[0].scale.type": "preference", "criteria[0].scale.options[0].key": "a"},
    ],
)
def test_fields_that_do_not_fit_a_rubric(sent, rubric_version, lead):
    address = f"/rubrics/{rubric_version.rubric.name}/edit/"
    assert signed_in(lead).post(address, sent).status_code in {200, 409}


@pytest.mark.parametrize(
    "sent", [{"sop[0]": "x"}, {"sampling": "x"}, {"clauses[0]": "x"}, {"judges[0].x": "y"}]
)
def test_fields_that_do_not_fit_an_sop(sent, sop_version, lead):
    assert signed_in(lead).post(f"/sops/{sop_version.sop_id}/edit/", sent).status_code == 409


def test_text_that_no_column_takes_is_refused_on_the_page_it_came_from(collection, lead):
    client = signed_in(lead)
    answer = client.post("/account/", {"display_name": "a\x00b"}, headers={"Referer": "/account/"})
    assert answer.status_code in {302, 409}
    assert not Entry.objects.filter(verb="renamed").exists()
