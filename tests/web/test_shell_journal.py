"""The journal's page: filters in the URL, the reader's collections only, and the chain's proof."""

import pytest
from django.test import Client

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.journal.models import Entry
from auditing.journal.services import record


def page_of(user: User, url: str = "/journal/") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def entries(audit: Audit, lead: User) -> None:
    place = audit.batch.collection_id
    record(by=lead, verb="opened", subject=audit, collection_id=place, details={"seed": 7, "items": 12})
    record(by=None, verb="estimated", subject=audit, collection_id=place)


def rows_of(page: str) -> str:
    return page.partition("<tbody>")[2].partition("</tbody>")[0]


def test_acts_are_listed_with_their_facts_and_a_way_to_their_subject(
    entries: None, lead: User, audit: Audit
) -> None:
    rows = rows_of(page_of(lead))
    assert "opened" in rows
    assert "<dt>seed</dt><dd>7</dd>" in rows
    assert "<dt>items</dt><dd>12</dd>" in rows
    assert f'href="/audits/{audit.pk}/"' in rows


def test_filters_stand_in_the_url(entries: None, lead: User) -> None:
    rows = rows_of(page_of(lead, "/journal/?verb=estimated&search=system"))
    assert "estimated" in rows
    assert "opened" not in rows


def test_days_bound_the_list(entries: None, lead: User) -> None:
    assert "opened" not in rows_of(page_of(lead, "/journal/?until=2020-01-01"))
    assert "opened" in rows_of(page_of(lead, "/journal/?since=2020-01-01"))


def test_an_outsider_reads_nothing_of_it(entries: None, outsider: User) -> None:
    page = page_of(outsider)
    assert "opened" not in rows_of(page)
    assert "Nothing has happened yet" in page


@pytest.mark.parametrize("role", ["auditor", "vendor", "viewer"])
def test_who_may_not_read_it_finds_no_journal(
    request: pytest.FixtureRequest, entries: None, role: str
) -> None:
    client = Client()
    client.force_login(request.getfixturevalue(role))
    assert client.get("/journal/").status_code == 404
    assert client.get("/journal/proof/").status_code == 404


def test_the_proof_holds(entries: None, lead: User) -> None:
    assert "The chain holds." in page_of(lead, "/journal/proof/")


def test_the_proof_shows_an_entry_that_somebody_slipped_in(entries: None, lead: User) -> None:
    last = Entry.objects.order_by("-sequence")[0]
    Entry.objects.create(
        sequence=last.sequence + 1,
        at=last.at,
        actor_name="nobody",
        verb="approved",
        subject_kind="audits.audit",
        subject_id=last.subject_id,
        subject_name=last.subject_name,
        previous_hash=last.hash,
        hash="f" * 64,
    )
    page = page_of(lead, "/journal/proof/")
    assert "The chain is broken." in page
    assert "its content does not match its hash" in page
