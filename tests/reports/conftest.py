"""Fixtures of this room. Read before Django is set up, so the project is imported inside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from auditing.accounts.models import User
    from auditing.audits.models import Audit
    from tests.web.objects import World


@pytest.fixture
def world(audit: Audit, lead: User, auditors: list[User], viewer: User) -> World:
    """The report of `world` was made before anything turned hostile and the batch was decided on."""
    from tests.web.objects import make_world

    return make_world(audit, lead, auditors, viewer)


@pytest.fixture
def decided(world: World, lead: User) -> Audit:
    from tests.reports.building import make_hostile_and_rejected

    return make_hostile_and_rejected(world, lead)
