"""The shell in a real browser: theme, keys, the narrow layout, and axe on every page of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.journal.services import record

SignIn = Callable[[Any], None]
Check = Callable[[Page], None]
PAGES = ["/", "/people/", "/people/new/", "/account/", "/account/tokens/", "/journal/"]
NARROW = {"width": 390, "height": 844}


@pytest.fixture
def at_home(page: Page, sign_in: SignIn, admin: User, audit: Audit) -> Page:
    """An admin's browser, in a house where something has happened."""
    record(
        by=admin, verb="opened", subject=audit, collection_id=audit.batch.collection_id, details={"seed": 7}
    )
    sign_in(admin)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_of_the_shell_is_accessible(at_home: Page, theme: Any, assert_accessible: Check) -> None:
    at_home.emulate_media(color_scheme=theme)
    for address in PAGES:
        at_home.goto(address)
        at_home.wait_for_load_state("networkidle")
        assert_accessible(at_home)


def test_no_page_is_wider_than_a_telephone(at_home: Page, admin: User) -> None:
    at_home.set_viewport_size(NARROW)
    for address in [*PAGES, reverse("person", args=[admin.pk])]:
        at_home.goto(address)
        assert at_home.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], address


def test_the_theme_is_remembered(at_home: Page) -> None:
    at_home.goto("/")
    at_home.get_by_role("button", name="Your menu").click()
    at_home.get_by_role("button", name="Dark").click()
    at_home.goto("/people/")
    expect(at_home.locator("html")).to_have_attribute("data-theme", "dark")
    assert at_home.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"


def test_the_keys_of_a_page_are_listed_and_work(at_home: Page) -> None:
    at_home.goto("/people/")
    at_home.keyboard.press("?")
    expect(at_home.get_by_role("dialog")).to_contain_text("New person")
    at_home.keyboard.press("Escape")
    at_home.keyboard.press("n")
    expect(at_home).to_have_url("/people/new/")


def test_no_key_is_taken_from_who_is_typing(at_home: Page) -> None:
    at_home.goto("/people/")
    at_home.keyboard.press("/")
    at_home.keyboard.type("n?jk")
    expect(at_home.get_by_role("searchbox")).to_have_value("n?jk")
    expect(at_home.get_by_role("dialog")).to_have_count(0)


def test_rows_are_walked_with_j_and_k(at_home: Page, lead: User) -> None:
    at_home.goto("/people/?sort=username")
    links = at_home.locator("tbody th a")
    at_home.keyboard.press("j")
    at_home.keyboard.press("j")
    expect(links.nth(1)).to_be_focused()
    at_home.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()


def test_on_a_telephone_the_navigation_opens_and_leads_on(at_home: Page) -> None:
    at_home.set_viewport_size(NARROW)
    at_home.goto("/")
    people = at_home.get_by_role("link", name="People")
    expect(people).not_to_be_visible()
    at_home.get_by_role("button", name="Menu", exact=True).click()
    people.click()
    expect(at_home.get_by_role("heading", name="People")).to_be_visible()


def test_a_hidden_column_stays_hidden(at_home: Page) -> None:
    at_home.goto("/people/")
    at_home.get_by_text("Columns").click()
    at_home.get_by_label("Username").uncheck()
    at_home.reload()
    expect(at_home.get_by_role("columnheader", name="Username")).not_to_be_visible()


def test_the_journal_proves_itself_when_opened(at_home: Page) -> None:
    at_home.goto("/journal/")
    expect(at_home.locator("#proof")).to_contain_text("The chain holds.")


def test_deactivating_is_undone_with_z(at_home: Page, viewer: User) -> None:
    at_home.goto(reverse("person", args=[viewer.pk]))
    at_home.get_by_role("button", name="Deactivate").click()
    expect(at_home.get_by_role("status")).to_contain_text("cannot sign in any more")
    at_home.wait_for_load_state()  # a key counts once the page's scripts are there
    at_home.keyboard.press("z")
    expect(at_home.get_by_role("status")).to_contain_text("can sign in again")
    viewer.refresh_from_db()
    assert viewer.is_active
