"""An audit whose judge stands still, or failed: what its pages say, and the three ways on."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.judging.models import Endpoint, Run, RunState
from auditing.judging.services import cancel, pause, work
from auditing.pipeline.stages import stations
from judges.simulator import Simulator
from tests.api.conftest import client_of
from tests.judging.building import make_judge
from tests.judging.conftest import judge_version, make_run, run, simulate

__all__ = ["client_of", "judge_version", "make_run", "run", "simulate"]


def refuse(payload: Any) -> dict[str, str]:
    raise ValueError("nobody can answer this")


@pytest.fixture
def stopped(make_run: Callable[..., Run], simulate: Callable[..., Simulator]) -> Run:
    """The endpoint refused twenty items in a row, and eight more were not asked."""
    simulate(oracle=refuse)
    Endpoint.objects.update(concurrency=1)  # of several at once, more than twenty may have failed
    run = make_run(28)
    work(run)
    run.refresh_from_db()
    return run


@pytest.fixture
def signed_in(lead: User, client: Client) -> Client:
    client.force_login(lead)
    return client


def text(client: Client, name: str, pk: int) -> str:
    return client.get(reverse(name, args=[pk])).content.decode()


def test_the_reason_is_a_sentence_with_the_exact_words_below(stopped: Run) -> None:
    words, _, exactly = stopped.reason.partition("\n")
    assert words == "the endpoint default refuses what it is asked; 20 items failed in a row"
    assert "BadRequest" in exactly
    assert "nobody can answer this" in exactly


def test_the_audit_says_it_in_words_and_offers_three_ways_on(signed_in: Client, stopped: Run) -> None:
    page = text(signed_in, "audit", stopped.audit_id)
    assert "The endpoint default refuses what it is asked" in page
    assert "BadRequest" not in page
    for words in ("Try again", "Ask another judge", "Go on without it"):
        assert words in page


def test_who_only_reads_is_offered_no_way_on(client: Client, viewer: User, stopped: Run) -> None:
    client.force_login(viewer)
    page = text(client, "audit", stopped.audit_id)
    assert "is paused." in page
    assert "Try again" not in page


def test_what_failed_is_not_counted_as_judged(signed_in: Client, stopped: Run, lead: User) -> None:
    cancel(by=lead, run=stopped)
    judge = next(one for one in stations(stopped.audit) if one.name == "Judge")
    assert (judge.state, judge.detail) == ("short", "0 judged, 20 failed, 8 never asked")
    page = text(signed_in, "audit-judges", stopped.audit_id)
    assert "0 of 28 · 20 failed, 8 never asked" in page
    assert "Speed" not in page
    assert "no price known" not in page


def test_another_judge_is_asked_instead(signed_in: Client, stopped: Run) -> None:
    other = make_judge("other")
    answer = signed_in.post(reverse("run-replace", args=[stopped.pk]), {"judge": "other"}, follow=True)
    assert "other v1 is asked instead of careful v1" in answer.content.decode()
    stopped.refresh_from_db()
    asked = Run.objects.get(audit=stopped.audit, judge_version=other)
    assert (stopped.state, asked.state) == (RunState.CANCELLED, RunState.QUEUED)
    assert asked.calls.count() == 28


@pytest.mark.django_db(transaction=True)
def test_so_it_is_through_the_api(client_of: Callable[..., Any], run: Run, lead: User, viewer: User) -> None:
    pause(by=lead, run=run)
    make_judge("other")
    address = f"/runs/{run.pk}/replace"
    assert client_of(viewer).post(address, json={"judge": "other"}).status_code == 403
    assert client_of(lead).post(address, json={"judge": "careful"}).status_code == 409
    answer = client_of(lead).post(address, json={"judge": "other"})
    assert (answer.status_code, answer.json()["judge"], answer.json()["state"]) == (200, "other v1", "queued")
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_a_judge_that_was_asked_already_is_not_asked_instead(signed_in: Client, run: Run, lead: User) -> None:
    pause(by=lead, run=run)
    signed_in.post(reverse("run-replace", args=[run.pk]), {"judge": "careful"})
    run.refresh_from_db()
    assert run.state == RunState.PAUSED


def test_an_audit_whose_other_judge_answered_all_is_whole(
    signed_in: Client, run: Run, lead: User, simulate: Callable[..., Simulator]
) -> None:
    pause(by=lead, run=run)
    make_judge("other")
    signed_in.post(reverse("run-replace", args=[run.pk]), {"judge": "other"})
    simulate()
    work(Run.objects.get(audit=run.audit, state=RunState.QUEUED))
    judge = next(one for one in stations(run.audit) if one.name == "Judge")
    assert (judge.state, judge.detail) == ("done", "12 of 12 calls")
