"""A real HTTP client with a real token. Read before Django is set up, so the project is imported inside fixtures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

if TYPE_CHECKING:
    from auditing.accounts.models import User


@pytest.fixture
def client_of(live_server: Any) -> Iterator[Callable[..., httpx2.Client]]:
    """A client that carries a token of that person: of her whole role, or with the scopes given."""
    from auditing.accounts.roles import GRANTS
    from auditing.accounts.services import issue_token

    with ExitStack() as stack:

        def make(user: User | None, **token: Any) -> httpx2.Client:
            headers = {}
            if user is not None:
                token.setdefault("scopes", GRANTS[user.role])
                _, secret = issue_token(by=user, user=user, name="test", **token)
                headers["Authorization"] = f"Bearer {secret}"
            base_url = f"{live_server.url}/api/v1"
            return stack.enter_context(httpx2.Client(base_url=base_url, headers=headers, timeout=60))

        yield make
