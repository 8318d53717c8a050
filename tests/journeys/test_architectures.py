"""Judges of several parts in a real browser: written as YAML, and every part's answer seen afterwards."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from auditing.accounts.models import User
from auditing.datasets.models import Batch, Collection
from auditing.judging.models import Judge, Run
from auditing.ratings.models import Rating
from auditing.reviews.services import unblind
from auditing.rubrics.models import RubricVersion
from judges.simulator import Persona
from tests.cast import make_batch
from tests.journeys.test_judging import work_elsewhere
from tests.judging.building import make_judge, queue_run, simulated_endpoint
from tests.ratings.ratings_of import rate

NARROW = {"width": 390, "height": 844}
MEMBERS = [{"name": name, "model": name} for name in ("careful", "quick", "lost")]


@pytest.fixture
def judged(batch: Batch, rubric_version: RubricVersion, lead: User) -> Run:
    """A panel with a member whose model the endpoint does not have."""
    with simulated_endpoint(personas={"careful": Persona(), "quick": Persona(skill=0.6)}):
        judge = make_judge("panel", architecture="panel", members=MEMBERS, needs=2)
        run = queue_run(batch, rubric_version, judge, lead)
        work_elsewhere(run).join()
    unblind(by=lead, batch=batch)
    return run


@pytest.fixture
def rated(collection: Collection, lead: User) -> Batch:
    """A cheap judge that is right where it is sure, and a strong one."""
    batch = make_batch(collection, lead, size=120)
    truth = ["yes" if place % 2 else "no" for place in range(120)]
    rate(batch, "key", "correct", truth, kind="gold")
    rate(batch, "strong", "correct", truth, kind="judge")
    rate(batch, "cheap", "correct", [*truth[:60], *["yes"] * 60], kind="judge")
    Rating.objects.filter(rater__name="cheap").update(probability=0.6)
    Rating.objects.filter(rater__name="cheap", item__position__lte=60).update(probability=0.97)
    return batch


def test_an_architecture_is_chosen_filled_in_and_published(
    page: Page, sign_in: Callable[[Any], None], lead: User, batch: Batch, rubric_version: RubricVersion
) -> None:
    make_judge("strict")
    sign_in(lead)
    page.goto(reverse("judge-edit", args=["strict"]))
    page.get_by_label("Architecture").select_option("debate")
    page.get_by_role("button", name="Change").click()
    expect(page.locator("#preview")).to_contain_text("Second judge")
    page.get_by_role("group", name="Third judge, who rules").get_by_label("Model").fill("large")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    page.get_by_role("button", name="YAML").click()
    expect(page.get_by_label("The judge as YAML")).to_have_value(re.compile("architecture: debate"))
    expect(page.get_by_label("The judge as YAML")).to_have_value(re.compile("model: large"))
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("strict v2")
    assert Judge.objects.get().versions.first().spec.architecture == "debate"


def test_the_pages_are_accessible_and_fit_a_telephone(
    page: Page,
    sign_in: Callable[[Any], None],
    assert_accessible: Callable[[Page], None],
    lead: User,
    judged: Run,
    rated: Batch,
) -> None:
    sign_in(lead)
    make_judge("plain", model="careful")
    query = "?criterion=correct&first=cheap&first_cost=0.001&second=strong&second_cost=0.02"
    addresses = [
        reverse("judge-edit", args=["plain"]),
        reverse("judge-edit", args=["panel"]),
        reverse("judge", args=["panel"]),
        reverse("run-call", args=[judged.calls.first().pk]),
        reverse("batch-cascade", args=[rated.pk]) + query,
    ]
    for address in addresses:
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto(address)
        assert_accessible(page)
        page.set_viewport_size(NARROW)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], address
