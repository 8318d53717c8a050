"""Every URL states its policy, and keeps it: for every role, for somebody of elsewhere, and for nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.web.policy import PUBLIC, SIGNED_IN
from tests.web.objects import REACHED_BY, SHARED, World, make_world

METHODS = ("get", "post")
# pages of one person only, whatever others' roles grant: who may open them
BELONGS_TO = {"reviews": "auditor-a", "account": "lead"}


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
every_address = pytest.mark.parametrize(
    "address", ADDRESSES, ids=lambda address: address.name or address.route
)


@pytest.fixture
def world(audit, lead, auditors, viewer) -> World:
    return make_world(audit, lead, auditors, viewer)


@pytest.fixture
def people(admin, lead, auditor, vendor, viewer) -> list[User]:
    return [admin, lead, auditor, vendor, viewer]


def answer(method: str, url: str, user: User | None) -> int:
    """The status of one request, whose effects are undone."""
    client = Client(raise_request_exception=True)
    if user is not None:
        client.force_login(user)
    with transaction.atomic():
        status = getattr(client, method)(url).status_code
        transaction.set_rollback(True)
    return status


@every_address
def test_every_page_states_its_policy(address):
    assert address.policy in {PUBLIC, SIGNED_IN} or isinstance(address.policy, Permission), (
        f"{address.route!r} has no policy: decorate its view with auditing.web.policy.page"
    )
    assert address.name, f"{address.route!r} has no name"


@every_address
def test_nobody_gets_in_without_signing_in(address, world):
    for method in METHODS:
        status = answer(method, address.url(world), None)
        assert status in {302, 401} or (address.policy == PUBLIC and status < 500)


@every_address
def test_a_role_reaches_what_it_is_granted_and_nothing_breaks(address, world, people):
    url = address.url(world)
    for user, method in product(people, METHODS):
        status = answer(method, url, user)
        assert status < 500, f"{user} breaks {url}"
        if isinstance(address.policy, Permission) and not user.may(address.policy):
            assert status in {403, 404}, f"{user} got {status} from {url}"
        if method == "get" and user.username == owner_of(address):
            assert status in {200, 302, 405, 409}, f"{user} got {status} from {url}"


@pytest.mark.parametrize(
    "address",
    [address for address in ADDRESSES if address.is_of_one_collection],
    ids=lambda address: address.name,
)
def test_a_lead_of_elsewhere_finds_nothing(address, world, outsider):
    for method in METHODS:
        assert answer(method, address.url(world), outsider) in {404, 405}


@pytest.mark.parametrize("segment", sorted(BELONGS_TO))
def test_what_is_one_persons_is_nobody_elses(segment, world, auditors):
    for address, method in product(ADDRESSES, METHODS):
        if address.segment == segment and address.kwargs:
            assert answer(method, address.url(world), auditors[2]) in {404, 405}


def owner_of(address: Address) -> str:
    """The username of somebody who can certainly open it."""
    return BELONGS_TO.get(address.segment, "admin")
