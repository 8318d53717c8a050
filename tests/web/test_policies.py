"""Every URL states its policy, and keeps it: for every role, for somebody of elsewhere, and for nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from auditing.accounts.models import User
from auditing.accounts.roles import Permission, Role
from auditing.web.policy import PUBLIC
from tests.web.objects import REACHED_BY, SHARED, World, make_world
from tests.web.policy_table import NOT_HERS, PAGES

METHODS = ("get", "post")
OF_ONE_PERSON = {"reviews", "account"}


@dataclass(frozen=True)
class Address:
    """One URL pattern of the pages."""

    route: str
    name: str
    callback: Any
    kwargs: tuple[str, ...]

    @property
    def segment(self) -> str:
        return self.route.partition("/")[0]

    @property
    def policy(self) -> Any:
        return getattr(self.callback, "policy", None)

    @property
    def is_of_one_collection(self) -> bool:
        return bool(self.kwargs) and self.segment not in SHARED

    def url(self, world: World) -> str:
        path = self.route
        for kwarg in self.kwargs:
            if (self.segment, kwarg) not in REACHED_BY:
                pytest.fail(
                    f"No object is known for <{kwarg}> of {self.route!r}: "
                    f"add ({self.segment!r}, {kwarg!r}) to REACHED_BY in tests/web/objects.py."
                )
            value = str(REACHED_BY[self.segment, kwarg](world))
            before, _, after = path.partition("<")
            path = before + value + after.partition(">")[2]
        return f"/{path}"


def addresses() -> list[Address]:
    pages = [(route, pattern) for route, pattern in walk(get_resolver()) if not route.startswith("api/")]
    return [
        Address(route, pattern.name or "", pattern.callback, tuple(pattern.pattern.converters))
        for route, pattern in pages
    ]


def walk(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern
        else:
            yield from walk(pattern, route)


ADDRESSES = addresses()


class Visitor:
    """Somebody at a browser, or nobody; what a request changes is undone."""

    def __init__(self, user: User | None) -> None:
        self.user, self.client = user, Client(raise_request_exception=False)
        if user is not None:
            self.client.force_login(user)
        self.cookies = self.client.cookies.copy()

    def __str__(self) -> str:
        return str(self.user or "nobody")

    def ask(self, method: str, url: str, sent: dict[str, str] | None = None) -> int:
        """The status of the answer."""
        self.client.cookies = self.cookies.copy()  # logging out is undone too
        with transaction.atomic():
            status = getattr(self.client, method)(url, sent).status_code
            transaction.set_rollback(True)
        return int(status)


@pytest.fixture
def world(audit, lead, auditors, viewer) -> World:
    return make_world(audit, lead, auditors, viewer)


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name or address.route)
def test_every_page_states_the_policy_that_was_agreed_for_it(address):
    assert address.name, f"{address.route!r} has no name"
    assert address.name in PAGES, (
        f"{address.name!r} is not in tests/web/policy_table.py: say there who may open it"
    )
    assert address.policy == PAGES[address.name][0], (
        f"{address.route!r}: decorate its view with auditing.web.policy.page, or agree on another policy"
    )


def test_the_table_names_no_page_that_is_gone():
    assert set(PAGES) == {address.name for address in ADDRESSES}


def test_nobody_gets_in_without_signing_in(world):
    nobody = Visitor(None)
    complaints = [
        f"nobody got {status} from {method} {url}"
        for address, method, url in requests(world)
        if (status := nobody.ask(method, url)) not in {302, 401}
        and not (address.policy == PUBLIC and status < 500)
    ]
    assert complaints == []


@pytest.mark.parametrize("role", Role.values)
def test_a_role_reaches_what_it_is_granted_and_nothing_breaks(
    role, world, admin, lead, auditor, vendor, viewer
):
    user = next(user for user in (admin, lead, auditor, vendor, viewer) if user.role == role)
    visitor = Visitor(user)
    complaints = [
        f"{visitor} got {status} from {method} {url}"
        for address, method, url in requests(world)
        if (status := visitor.ask(method, url)) != expected(address, method, user)
    ]
    assert complaints == []


def test_a_lead_of_elsewhere_finds_nothing(world, outsider):
    visitor = Visitor(outsider)
    complaints = [
        f"{visitor} got {status} from {method} {url}"
        for address, method, url in requests(world)
        if address.is_of_one_collection and (status := visitor.ask(method, url)) not in {404, 405}
    ]
    assert complaints == []


def test_what_is_one_persons_is_nobody_elses(world, auditors):
    visitor = Visitor(auditors[2])
    complaints = [
        f"{visitor} got {status} from {method} {url}"
        for address, method, url in requests(world)
        if address.segment in OF_ONE_PERSON
        and address.kwargs
        and (status := visitor.ask(method, url)) not in {404, 405}
    ]
    assert complaints == []


def requests(world: World) -> Iterator[tuple[Address, str, str]]:
    for address in ADDRESSES:
        for method in METHODS:
            yield address, method, address.url(world)


def expected(address: Address, method: str, user: User) -> int:
    """The one status that is right for somebody in the collection."""
    policy, *statuses = PAGES[address.name]
    if isinstance(policy, Permission) and not user.may(policy):
        return 404
    status = statuses[METHODS.index(method)]
    return 404 if status != 405 and address.name in NOT_HERS[user.role] else status
