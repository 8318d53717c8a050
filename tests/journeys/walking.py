"""A person at a browser: she signs in by typing, clicks what she reads, and every page she opens is checked."""

import os
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from auditing.accounts.models import User
from tests.cast import PASSWORD

Check = Callable[[Page], None]
PATIENCE = 60_000  # milliseconds for what a worker does


class Walker:
    """One browser in which people sign in one after the other."""

    def __init__(self, page: Page, assert_accessible: Check) -> None:
        self.page = page
        self.assert_accessible = assert_accessible

    def enter(self, user: User) -> None:
        self.page.context.clear_cookies()
        self.page.goto("/login/")
        self.page.get_by_label("Username").fill(user.username)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        expect(self.page).not_to_have_url(re.compile("/login/"))
        self.look("overview")

    def look(self, name: str) -> None:
        """Nothing serious that axe finds; a picture where somebody asks for pictures."""
        self.page.wait_for_load_state()
        self.assert_accessible(self.page)
        if folder := os.environ.get("DOKIMA_PICTURES"):
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    def go(self, *places: str) -> None:
        """By the links of the navigation and the pages, in turn."""
        for place in places:
            self.page.get_by_role("link", name=place, exact=True).first.click()
            self.page.wait_for_load_state()

    def tab(self, name: str) -> None:
        sections = self.page.get_by_role("navigation", name="Sections")
        sections.get_by_role("link", name=name, exact=True).click()
        self.page.wait_for_load_state()

    def download(self, link: str) -> bytes:
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=link, exact=True).first.click()
        return Path(download.value.path()).read_bytes()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def button(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()
        self.page.wait_for_load_state()

    def fill(self, **fields: str) -> None:
        """Fields by their labels; `_` stands for a blank."""
        for label, text in fields.items():
            self.field(label.replace("_", " ")).fill(text)

    def choose(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def field(self, label: str) -> Locator:
        """By its label, which may say that it is optional."""
        return self.page.get_by_label(re.compile(rf"^\s*{re.escape(label)}(\s+\(?optional\)?)?\s*$"))

    def upload(self, path: Path) -> None:
        self.page.locator("input[type=file]").set_input_files(path)
        self.button("Upload")

    def expect_heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", level=1).first).to_contain_text(text, timeout=PATIENCE)

    def expect_text(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text, timeout=PATIENCE)
