"""Two people with one draft before them: the page says who saved when, and which of the two stays is chosen."""

import copy
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from auditing.accounts.models import User
from auditing.judging.services import save_draft as save_judge
from auditing.rubrics.services import create_rubric
from auditing.rubrics.services import save_draft as save_rubric
from tests.cast import RUBRIC
from tests.judging.building import make_judge


def test_a_rubrics_editor_keeps_mine_or_takes_theirs(
    page: Page, sign_in: Callable[[User], None], lead: User, admin: User, assert_accessible: Any
) -> None:
    rubric = create_rubric(by=lead, name="answer-correctness", content=copy.deepcopy(RUBRIC))
    sign_in(lead)
    page.goto("/rubrics/answer-correctness/edit/")
    save_rubric(by=admin, rubric=rubric, content=RUBRIC | {"description": "Theirs."})
    described = page.get_by_label("Description")
    described.fill("Mine.")
    expect(page.get_by_text("Admin saved another state of this draft")).to_be_visible()
    expect(described).to_have_value("Mine.")
    assert_accessible(page)
    page.get_by_role("button", name="Keep what is on this page").click()
    expect(page.locator("#preview").get_by_text("Saved")).to_be_visible()
    expect(page.get_by_text("Admin saved")).to_have_count(0)
    assert rubric.versions.get().content["description"] == "Mine."
    save_rubric(by=admin, rubric=rubric, content=RUBRIC | {"description": "Theirs again."})
    described.fill("Mine again.")
    page.get_by_role("button", name="Load what was saved there").click()
    expect(described).to_have_value("Theirs again.")


def test_a_judges_form_keeps_mine_or_takes_theirs(
    page: Page, sign_in: Callable[[User], None], lead: User, admin: User
) -> None:
    judge = make_judge("strict").judge
    sign_in(lead)
    page.goto("/judges/strict/edit/")
    state, instructions = page.locator("[data-save-state]"), page.get_by_label("Instructions")
    instructions.fill("Mine.")
    expect(state).to_contain_text("Saved")
    with page.expect_response(lambda reply: reply.request.method == "POST" and reply.ok):
        instructions.fill("Mine, again.")  # against what its own save before has left
    mine = judge.versions.get(state="draft").content
    save_judge(by=admin, judge=judge, content=mine | {"instructions": "Theirs."})
    instructions.fill("Mine at last.")
    expect(page.get_by_text("Admin saved another state of this draft")).to_be_visible()
    page.reload()  # what was typed is still here, and still overwrites nothing unasked
    expect(page.get_by_text("Admin saved another state of this draft")).to_be_visible()
    expect(instructions).to_have_value("Mine at last.")
    page.get_by_role("button", name="Load what was saved there").click()
    expect(instructions).to_have_value("Theirs.")
    expect(state).to_have_text("")


def test_one_tab_does_not_stand_in_its_own_way(
    page: Page, sign_in: Callable[[User], None], lead: User
) -> None:
    """Buttons that send the form are pressed before what was typed is saved, and while it is being saved."""
    make_judge("strict")
    sign_in(lead)

    def slowly(route: Route) -> None:
        page.wait_for_timeout(1500)
        route.continue_()

    page.goto("/judges/strict/edit/")
    page.get_by_label("Architecture").select_option("panel")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_role("group", name="Member 3")).to_be_visible()
    page.get_by_label("Description").fill("Three of a kind.")
    page.route("**/judges/strict/draft/", slowly)
    with page.expect_request("**/judges/strict/draft/"):
        page.get_by_role("group", name="Member 2").get_by_label("Name").fill("other")
    page.get_by_role("button", name="Add a member").click()
    expect(page.get_by_role("group", name="Member 4")).to_be_visible()
    page.get_by_role("group", name="Member 2").get_by_role("button", name="Move up").click()
    expect(page.get_by_role("group", name="Member 1").get_by_label("Name")).to_have_value("other")
    expect(page.get_by_label("Description")).to_have_value("Three of a kind.")
    expect(page.get_by_text("saved another state")).to_have_count(0)


def test_a_button_beside_a_judges_form_waits_until_what_was_typed_is_saved(
    page: Page, sign_in: Callable[[User], None], lead: User
) -> None:
    shown = {"id": "one", "batch": "first", "payload": {"input": "Why?"}, "values": {"correct": "yes"}}
    judge = make_judge("strict", model="simulated", examples=[shown]).judge
    sign_in(lead)

    def slowly(route: Route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(1000)
        route.fulfill(response=answer)

    page.goto("/judges/strict/edit/")
    page.route("**/judges/strict/draft/", slowly)
    instructions = page.get_by_label("Instructions")
    with page.expect_request("**/judges/strict/draft/"):
        instructions.fill("Mine.")
    instructions.fill("Mine, again.")
    page.get_by_role("button", name="Take them out").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    expect(instructions).to_have_value("Mine, again.")
    content = judge.versions.get(state="draft").content
    assert (content["instructions"], "examples" in content) == ("Mine, again.", False)
