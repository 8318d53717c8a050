"""The first page anybody sees."""

from playwright.sync_api import Page, expect

from tests.cast import PASSWORD


def test_a_person_signs_in_by_typing(page: Page, lead, assert_accessible):
    page.goto("/")
    assert_accessible(page)
    page.get_by_label("Username").fill(lead.username)
    page.get_by_label("Password").fill("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("correct username and password")
    page.get_by_label("Username").fill(lead.username)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/")
    assert_accessible(page)


def test_a_signed_in_person_sees_her_overview(page: Page, sign_in, lead, audit):
    sign_in(lead)
    page.goto("/")
    expect(page.get_by_role("navigation").first).to_be_visible()
    expect(page).to_have_title("Overview · Dokima")
