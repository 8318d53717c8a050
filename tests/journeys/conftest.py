"""A real headless Chromium against a live server. Everything here is marked `journey`."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect, sync_playwright

HERE = Path(__file__).parent
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
REFUSED_BY_DESIGN = re.compile(
    r"the server responded with a status of 4\d\d|Response Status Error Code 409|net::ERR_INTERNET_DISCONNECTED"
)
SERIOUS = {"serious", "critical"}
PATIENCE = 90_000  # milliseconds: what is expected has to come, on a busy machine too
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.journey)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        complaint = "chromium is not installed: no page was seen by a browser (apt-get install chromium)"
        pytest.fail(complaint) if os.environ.get("CI") == "true" else pytest.skip(complaint)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # the browser's synchronous driver keeps an event loop in the test's thread
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, live_server: Any) -> Iterator[BrowserContext]:
    """A fresh profile. A request that leaves the live server is refused, and fails the test."""
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 1440, "height": 900}, locale="en-GB", timezone_id="UTC"
    )
    context.set_default_timeout(PATIENCE)
    strangers: list[str] = []

    def stay_at_home(route: Route) -> None:
        if route.request.url.startswith((live_server.url, "data:", "blob:")):
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    context.route("**/*", stay_at_home)
    yield context
    context.close()
    assert strangers == [], "a page asked the internet"


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose scripts must neither fail nor be refused by the content-security policy."""
    page = context.new_page()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and not REFUSED_BY_DESIGN.search(message.text):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == [], "the browser complained"


@pytest.fixture
def sign_in(context: BrowserContext, live_server: Any) -> Callable[[Any], None]:
    """Sign a person in without typing; one journey types her password into the form."""

    def sign_in(user: Any) -> None:
        client = Client()
        client.force_login(user)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )

    return sign_in


@pytest.fixture
def assert_accessible() -> Callable[[Page], None]:
    """No serious finding of axe on the page as it stands."""
    from axe_playwright_python.sync_playwright import Axe

    def assert_accessible(page: Page) -> None:
        violations = Axe().run(page).response["violations"]
        serious = [
            f"{violation['id']}: {violation['help']} ({violation['nodes'][0]['html'][:120]})"
            for violation in violations
            if violation["impact"] in SERIOUS
        ]
        assert serious == [], f"axe finds on {page.url}"

    return assert_accessible
