"""Every operation states its policy and keeps it: for every role, for narrower tokens, for somebody of elsewhere."""

import pytest

from auditing.accounts.roles import Permission, Role
from auditing.api.policy import ANY_TOKEN
from tests.api.asking import DOCUMENT, Operation, Program, operations
from tests.web.objects import SHARED, World, make_world

OPERATIONS = list(operations())
WITHIN_REACH = {200, 201, 202, 204, 409, 422}
NEEDS_MORE = {"/batches/{pk}/comparisons"}  # imported ratings, which the world has none of
OF_EDITORS = {"/judges/{name}/trials/{pk}"}  # a draft on trial
OWN_TASKS, REVIEWER = "/reviews/{pk}", "auditor-a"


@pytest.fixture
def world(audit, lead, auditors, viewer) -> World:
    return make_world(audit, lead, auditors, viewer)


def status(program: Program, operation: Operation, world: World) -> int:
    return program.ask(operation.method, operation.url(world), **operation.sent(world)).status_code


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_operation_states_its_policy_and_says_what_it_does(operation):
    assert operation.policy == ANY_TOKEN or isinstance(operation.policy, Permission)
    assert operation.schema["description"].endswith(".")


def test_no_two_operations_share_a_name():
    names = [operation.schema["operationId"] for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_nobody_gets_in_without_a_token(world):
    nobody = Program(None)
    assert {status(nobody, operation, world) for operation in OPERATIONS} == {401}


@pytest.mark.parametrize("role", Role.values)
def test_a_role_may_what_it_is_granted_and_nothing_breaks(role, world, admin, lead, auditor, vendor, viewer):
    user = next(user for user in (admin, lead, auditor, vendor, viewer) if user.role == role)
    program = Program(user)
    complaints = [
        f"{user} got {got} from {operation}"
        for operation in OPERATIONS
        if (got := status(program, operation, world)) not in expected(operation, user)
    ]
    assert complaints == []


def expected(operation, user):
    """403 without the permission; with it, whatever is not a refusal; 404 where her reach or her part ends."""
    if operation.policy != ANY_TOKEN and not user.may(operation.policy):
        return {403}
    is_anothers = operation.path.startswith(OWN_TASKS) and user.username != REVIEWER
    if is_anothers:
        return {404}
    if operation.path in OF_EDITORS and not user.may(Permission.MANAGE_JUDGES):
        return {404}
    if user.role == Role.VENDOR and operation.segments[0] in {"reports", "deliveries"}:
        return WITHIN_REACH | {404}  # a vendor's own deliveries; reports once decided
    return WITHIN_REACH | ({404} if operation.path in NEEDS_MORE else set())


@pytest.mark.parametrize("policy", list(Permission))
def test_a_token_does_no_more_than_its_scopes(policy, world, admin):
    program = Program(admin, scopes=[policy])
    complaints = [
        f"a token that may {policy} got {got} from {operation}"
        for operation in OPERATIONS
        if operation.policy not in {policy, ANY_TOKEN} and (got := status(program, operation, world)) != 403
    ]
    assert complaints == []


def test_a_lead_of_elsewhere_finds_nothing(world, outsider):
    program = Program(outsider)
    complaints = [
        f"{outsider} got {got} from {operation}"
        for operation in OPERATIONS
        if is_of_one_collection(operation) and (got := status(program, operation, world)) != 404
    ]
    assert complaints == []


def is_of_one_collection(operation):
    names_one = "{" in operation.path and operation.segments[0] not in SHARED
    return names_one or (operation.method, operation.path) in {("POST", "/audits"), ("POST", "/schedules")}


def test_lists_hold_nothing_of_elsewhere(world, outsider):
    program = Program(outsider)
    for name in ("batches", "audits", "sops", "disagreements", "reports", "schedules", "deliveries"):
        assert program.ask("GET", f"/{name}").json() == {"items": [], "count": 0}, name


def test_the_document_names_no_page_of_the_internet():
    assert "cdn" not in str(DOCUMENT).lower()


def test_the_document_is_served(client):
    answer = client.get("/api/v1/openapi.json")
    assert answer.json()["components"]["securitySchemes"]["BearerToken"]["scheme"] == "bearer"
