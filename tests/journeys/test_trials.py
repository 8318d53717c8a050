"""A draft tried and a version probed, watched in a real browser until they have ended."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page, expect

from auditing.accounts.models import User
from auditing.datasets.models import Batch
from auditing.judging.models import Judge, Trial
from auditing.judging.services import save_draft
from auditing.judging.trying import work_on
from auditing.rubrics.models import RubricVersion
from judges.simulator import Persona
from tests.judging.building import make_judge, simulated_endpoint

NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
TRUTH = {"correct": "no", "helpful": "1"}


@pytest.fixture
def judge(transactional_db: None, lead: User) -> Iterator[Judge]:
    personas = {
        "simulated": Persona(skill=0.9, obeys=0.7, obeys_fenced=0.1),
        "strict": Persona(skill=0.7, obeys=0.7),
    }
    with simulated_endpoint(personas=personas, oracle=lambda payload: TRUTH, latency=0.2):
        judge = make_judge().judge
        save_draft(by=lead, judge=judge, content={"model": "strict"})
        yield judge


def worked_on(trial: Trial) -> threading.Thread:
    def in_thread() -> None:
        work_on(trial)
        connection.close()

    thread = threading.Thread(target=in_thread)
    thread.start()
    return thread


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_draft_is_tried_and_its_page_fills_by_itself(
    page: Page,
    sign_in: Callable[[Any], None],
    admin: User,
    judge: Judge,
    batch: Batch,
    rubric_version: RubricVersion,
    assert_accessible: Callable[[Page], None],
) -> None:
    sign_in(admin)
    page.goto(reverse("judge-edit", args=[judge.name]))
    page.get_by_role("link", name="Try on ten items").click()
    assert_accessible(page)
    page.get_by_role("button", name="Try the draft").click()
    expect(page.get_by_text("under way")).to_be_visible()
    thread = worked_on(Trial.objects.get())
    expect(page.get_by_text("finished", exact=True)).to_be_visible()
    thread.join()
    page.get_by_text("Prompt and response").first.click()
    expect(page.get_by_text("<untrusted-item>").first).to_be_visible()
    assert_accessible(page)
    page.set_viewport_size(NARROW)
    assert fits(page)


def test_a_probe_is_started_and_says_how_far_the_judge_was_swayed(
    page: Page,
    sign_in: Callable[[Any], None],
    admin: User,
    judge: Judge,
    assert_accessible: Callable[[Page], None],
) -> None:
    sign_in(admin)
    page.goto(reverse("judge", args=[judge.name]))
    page.get_by_role("link", name="Probes").click()
    assert_accessible(page)
    page.get_by_label("Items").fill("2")
    page.get_by_role("button", name="Start").click()
    thread = worked_on(Trial.objects.get())
    expect(page.get_by_text("finished", exact=True)).to_be_visible()
    thread.join()
    expect(page.get_by_role("region", name="Lift by kind of text")).to_contain_text("override")
    assert_accessible(page)
    page.set_viewport_size(NARROW)
    assert fits(page)
