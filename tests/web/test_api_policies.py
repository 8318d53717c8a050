"""Every operation of the API states its permission, like every page."""

from collections.abc import Iterator
from typing import Any

import pytest
from ninja.operation import Operation

from auditing.accounts.roles import Permission
from auditing.api.urls import api
from auditing.web.policy import PUBLIC, SIGNED_IN


def operations() -> Iterator[tuple[str, Operation]]:
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for operation in view.operations:
                yield f"{'/'.join(operation.methods)} {prefix}{path}", operation


def test_every_operation_states_its_policy():
    silent = [
        name
        for name, operation in operations()
        if not is_policy(getattr(operation.view_func, "policy", None))
    ]
    assert silent == [], "decorate these with auditing.api.policy: each view function carries `.policy`"


@pytest.mark.django_db
def test_nothing_is_answered_without_a_token(client):
    open_doors = [
        f"{name}: {status}"
        for name, operation in operations()
        if getattr(operation.view_func, "policy", None) != PUBLIC
        for method in operation.methods
        if (status := ask(client, method, name.partition(" ")[2])) not in {401, 403}
    ]
    assert open_doors == []


def ask(client: Any, method: str, path: str) -> int:
    for kind in ("int:", "str:", "slug:"):
        path = path.replace("{" + kind, "{")
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}1{rest.partition('}')[2]}"
    url = "/api/v1/" + path.lstrip("/")
    return int(client.generic(method, url, "{}", content_type="application/json").status_code)


def is_policy(policy: Any) -> bool:
    return policy in {PUBLIC, SIGNED_IN} or isinstance(policy, Permission)
