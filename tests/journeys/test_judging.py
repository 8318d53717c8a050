"""Judging in a real browser: the prompt follows what is typed, and a run is watched to its end."""

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.urls import reverse
from playwright.sync_api import Page, expect

from auditing.accounts.models import User
from auditing.datasets.models import Batch
from auditing.judging.models import Endpoint, Judge, Run
from auditing.judging.services import set_price, work
from auditing.reviews.services import unblind
from auditing.rubrics.models import RubricVersion
from judges.simulator import Faults
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run, simulated_endpoint

SignIn = Callable[[Any], None]
Check = Callable[[Page], None]
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def queued(batch: Batch, rubric_version: RubricVersion, lead: User) -> Iterator[Run]:
    """Forty calls to a judge that takes its time and is not always understood."""
    with simulated_endpoint(latency=0.4, faults=Faults(off_scale=0.4)):
        Endpoint.objects.update(concurrency=4)
        set_price(by=lead, model="simulated", prompt=Decimal("0.15"), completion=Decimal("0.6"))
        many = make_batch(batch.collection, lead, size=40)
        yield queue_run(many, rubric_version, make_judge(), lead)


@pytest.fixture
def at_home(page: Page, sign_in: SignIn, lead: User) -> Page:
    sign_in(lead)
    return page


def test_the_prompt_follows_what_is_typed_and_the_draft_saves_itself(
    at_home: Page, batch: Batch, rubric_version: RubricVersion
) -> None:
    at_home.goto("/judges/")
    at_home.get_by_role("link", name="New judge").click()
    at_home.get_by_label("Name").fill("strict")
    at_home.get_by_label("Model").fill("simulated")
    at_home.get_by_role("button", name="Create the draft").click()
    preview = at_home.locator("#preview")
    expect(preview).to_contain_text("Answer 1.")
    at_home.get_by_label("Instructions").fill("Weigh every word.")
    expect(preview).to_contain_text("Weigh every word.")
    at_home.get_by_label("Item number").fill("5")
    expect(preview).to_contain_text("Answer 5.")
    at_home.get_by_label("Temperature").fill("hot")
    expect(preview).to_contain_text("temperature")
    expect(at_home.locator("[data-save-state]")).to_contain_text("Saved")
    at_home.get_by_label("Temperature").fill("0")
    at_home.get_by_role("button", name="Publish").click()
    expect(at_home.get_by_role("heading", level=1)).to_contain_text("strict v1")
    assert Judge.objects.get().versions.get().spec.asked[0].instructions == "Weigh every word."


def test_a_run_is_watched_to_its_end(at_home: Page, queued: Run) -> None:
    at_home.goto(reverse("run", args=[queued.pk]))
    expect(at_home.locator("#run-progress")).to_contain_text("Queued")
    worker = work_elsewhere(queued)
    expect(at_home.locator("#run-progress")).to_contain_text("running")
    expect(at_home.locator("#run-progress")).to_contain_text("left")
    worker.join()
    expect(at_home.locator("#run-progress")).to_contain_text("finished")
    expect(at_home.locator("#run-calls")).to_have_count(0)
    at_home.get_by_role("button", name="Show the verdicts").click()
    at_home.get_by_role("link", name="parse failed").first.click()
    at_home.locator("#run-calls tbody th a").first.click()
    expect(at_home.get_by_text("is not one of").first).to_be_visible()
    expect(at_home.get_by_label("system").first).to_contain_text("Is the answer correct?")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits_a_telephone(
    at_home: Page, queued: Run, lead: User, theme: Any, assert_accessible: Check
) -> None:
    work_elsewhere(queued).join()
    at_home.goto(reverse("run", args=[queued.pk]))
    assert_accessible(at_home)
    unblind(by=lead, batch=queued.audit.batch)
    call = queued.calls.first()
    assert call is not None
    at_home.emulate_media(color_scheme=theme)
    name = queued.judge_version.judge.name
    pages = [reverse("judges"), reverse("endpoints"), reverse("endpoint", args=["default"])]
    pages += [reverse(view, args=[name]) for view in ("judge", "judge-edit", "judge-diff")]
    pages += [reverse("run", args=[queued.pk]), reverse("run-call", args=[call.pk])]
    for address in pages:
        at_home.goto(address)
        at_home.wait_for_load_state("networkidle")
        assert_accessible(at_home)
        wide = at_home.viewport_size
        at_home.set_viewport_size(NARROW)
        assert at_home.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], address
        at_home.set_viewport_size(wide)


def work_elsewhere(run: Run) -> threading.Thread:
    """As a worker would; this thread has the browser's event loop."""

    def judge() -> None:
        try:
            work(Run.objects.get(pk=run.pk))
        finally:
            connection.close()

    worker = threading.Thread(target=judge)
    worker.start()
    return worker
