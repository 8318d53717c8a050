"""Two auditors give their opinions by keyboard, blind to each other; a lead rules on what differs."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from auditing.accounts.models import User
from auditing.adjudication.models import Ruling
from auditing.adjudication.services import open_disagreements
from auditing.audits.models import Audit
from auditing.reviews.models import Review, ReviewTask, TaskState
from tests.journeys.walking import PATIENCE
from tests.reviews.building import begin_reviews, end_reviews, review_all

ITEMS = 5


@pytest.fixture
def collecting(audit: Audit, lead: User) -> Audit:
    """Five items, two opinions wanted on each."""
    return begin_reviews(audit, lead, opinions=(2,) * ITEMS)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def expect_item(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(f"^Item {number}\\b"))
    expect(page.locator("[data-criterion][data-current]")).to_have_count(1)


def expect_case(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    expect(page.locator("[data-criterion][data-current]")).to_have_count(1)


def begin(page: Page, sign_in: Callable[[Any], None], user: User) -> None:
    sign_in(user)
    page.goto("/queue/")
    press(page, "Enter")
    expect_item(page, 1)


def answers_of(user: User) -> list[dict[str, str]]:
    reviews = Review.objects.filter(task__reviewer=user, task__state=TaskState.SUBMITTED)
    return list(reviews.order_by("task__position").values_list("answers", flat=True))


def test_two_auditors_review_and_a_lead_rules(
    page: Page, sign_in: Any, collecting: Audit, auditors: list[User], lead: User, assert_accessible: Any
) -> None:
    first, second = auditors[:2]
    begin(page, sign_in, first)
    assert_accessible(page)
    for number in range(1, ITEMS + 1):
        expect_item(page, number)
        press(page, "1", "3", "Enter")
    expect(page).to_have_url(re.compile("/queue/$"))
    assert answers_of(first) == [{"correct": "yes", "helpful": "3"}] * ITEMS

    begin(page, sign_in, second)
    for number, keys in enumerate([("1", "3"), ("2", "3"), ("1", "1"), ("1", "3"), ("1", "3")], start=1):
        expect_item(page, number)
        press(page, *keys, "Enter")
    expect(page).to_have_url(re.compile("/queue/$"))
    assert_accessible(page)

    open_disagreements(by=None, audit=end_reviews(collecting))
    sign_in(lead)
    page.goto("/disagreements/")
    assert_accessible(page)
    press(page, "Enter")
    expect_case(page, "correct of item-2")
    assert_accessible(page)
    press(page, "b")
    expect_case(page, "helpful of item-3")
    press(page, "2", "r")
    page.keyboard.type("Half of it is there.")
    press(page, "Escape", "g", "Enter")
    expect(page).to_have_url(re.compile(f"/audits/{collecting.pk}/rulings/"))
    assert_accessible(page)
    assert list(Ruling.objects.order_by("pk").values_list("item__external_id", "value", "is_gold")) == [
        ("item-2", "no", False),
        ("item-3", "2", True),
    ]


def test_a_draft_survives_a_reload(page: Page, sign_in: Any, collecting: Audit, auditor: User) -> None:
    begin(page, sign_in, auditor)
    press(page, "2", "c")
    page.keyboard.type("1 is what I doubt")  # digits and letters typed into a field choose nothing
    expect(page.get_by_text(re.compile("^Saved"))).to_be_visible()
    page.reload()
    expect(page.get_by_label("Comment on the item")).to_have_value("1 is what I doubt")
    expect(page.get_by_role("radio", name="No", exact=True)).to_be_checked()
    expect(page.locator("[data-current]")).to_have_attribute("data-criterion", "helpful")


def test_what_was_answered_without_a_connection_is_saved_when_there_is_one(
    page: Page, sign_in: Any, collecting: Audit, auditor: User
) -> None:
    begin(page, sign_in, auditor)
    page.context.set_offline(True)
    press(page, "2", "c")
    page.keyboard.type("typed in a tunnel")
    expect(page.get_by_text("the server cannot be reached")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text(re.compile("^Saved"))).to_be_visible()
    review = Review.objects.get(task__reviewer=auditor)
    assert (review.answers, review.comment) == ({"correct": "no"}, "typed in a tunnel")


@pytest.mark.parametrize("key", ["Enter", "f", "s"])
def test_a_button_pressed_while_a_save_is_under_way_waits_for_it(
    page: Page, sign_in: Any, collecting: Audit, auditor: User, key: str
) -> None:
    """The save's answer names what the button's own request changes."""

    def slowly(route: Route) -> None:
        answer = route.fetch()
        page.wait_for_timeout(1000)
        route.fulfill(response=answer)

    begin(page, sign_in, auditor)
    page.route("**/draft/", slowly)
    with page.expect_request("**/draft/"):
        press(page, "1")
    press(page, "3", key)
    if key == "s":
        page.keyboard.type("mine")
        press(page, "Enter")
    if key == "f":
        expect(page.get_by_role("button", name="Unflag")).to_be_visible()
    else:
        expect_item(page, 2)
    task = ReviewTask.objects.get(reviewer=auditor, position=1)
    assert task.state == {"Enter": TaskState.SUBMITTED, "f": TaskState.ASSIGNED, "s": TaskState.SKIPPED}[key]
    assert (task.review.flagged, task.review.answers) == (key == "f", {"correct": "yes", "helpful": "3"})
    expect(page.get_by_text("another tab")).to_have_count(0)


def test_a_page_loaded_anew_before_its_answers_were_saved_has_them_again(
    page: Page, sign_in: Any, collecting: Audit, auditor: User
) -> None:
    begin(page, sign_in, auditor)
    page.route("**/draft/", lambda route: route.abort())
    press(page, "1", "c")
    page.keyboard.type("hardly typed")
    page.reload()
    expect(page.get_by_label("Comment on the item")).to_have_value("hardly typed")
    expect(page.get_by_role("radio", name="Yes", exact=True)).to_be_checked()
    page.unroute("**/draft/")
    expect(page.get_by_text(re.compile("^Saved"))).to_be_visible(timeout=PATIENCE)
    assert Review.objects.get(task__reviewer=auditor).comment == "hardly typed"


def test_what_is_missing_is_asked_for_where_it_is_missing(
    page: Page, sign_in: Any, collecting: Audit, auditor: User
) -> None:
    begin(page, sign_in, auditor)
    press(page, "j", "3", "Enter")
    expect(page.get_by_text("an answer is missing")).to_be_visible()
    expect(page.locator("[data-current]")).to_have_attribute("data-criterion", "correct")
    press(page, "1", "Enter")
    expect_item(page, 2)


def test_undo_takes_back_the_last_review_and_loses_nothing(
    page: Page, sign_in: Any, collecting: Audit, auditor: User
) -> None:
    begin(page, sign_in, auditor)
    press(page, "1", "3", "Enter")
    expect_item(page, 2)
    press(page, "2", "z")
    expect_item(page, 1)
    expect(page.get_by_role("radio", name="Yes", exact=True)).to_be_checked()
    press(page, "k", "k", "2", "Enter")
    expect_item(page, 2)
    expect(page.get_by_role("radio", name="No", exact=True)).to_be_checked()
    assert answers_of(auditor) == [{"correct": "no", "helpful": "3"}]
    assert Review.objects.get(task__reviewer=auditor, task__position=1).revisions.count() == 1


def test_an_item_is_flagged_and_skipped_with_a_reason(
    page: Page, sign_in: Any, collecting: Audit, auditor: User
) -> None:
    begin(page, sign_in, auditor)
    press(page, "f")
    expect(page.get_by_role("button", name="Unflag")).to_be_visible()
    press(page, "s")
    page.keyboard.type("I wrote this one myself")
    press(page, "Enter")
    expect_item(page, 2)
    task = ReviewTask.objects.get(reviewer=auditor, position=1)
    assert (task.state, task.review.flagged) == (TaskState.SKIPPED, True)
    assert task.review.skip_reason == "I wrote this one myself"


def test_time_is_counted_while_the_page_is_open(
    page: Page, sign_in: Any, collecting: Audit, auditor: User
) -> None:
    with page.expect_response(re.compile("/beat/$")):
        begin(page, sign_in, auditor)
    with page.expect_response(re.compile("/beat/$")) as beat:
        page.reload()
    assert beat.value.status == 204
    assert Review.objects.get(task__reviewer=auditor).active_seconds > 0


def test_the_keys_are_explained(page: Page, sign_in: Any, collecting: Audit, auditor: User) -> None:
    begin(page, sign_in, auditor)
    press(page, "?")
    dialog = page.get_by_role("dialog")
    for words in ("Submit", "Flag", "Skip with a reason", "Comment on the item", "Instructions"):
        expect(dialog).to_contain_text(words)


def test_the_screen_serves_a_thumb(
    page: Page, sign_in: Any, collecting: Audit, auditor: User, assert_accessible: Any
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    begin(page, sign_in, auditor)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.get_by_role("button", name="Submit", exact=False).last).to_be_in_viewport()
    assert_accessible(page)


def test_an_empty_queue_is_accessible(
    page: Page, sign_in: Any, collecting: Audit, auditors: list[User], assert_accessible: Any
) -> None:
    review_all(*auditors)
    end_reviews(collecting)
    sign_in(auditors[0])
    page.goto("/queue/")
    expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    assert_accessible(page)
