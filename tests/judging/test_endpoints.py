"""Endpoints: keys that stay secret, and where `default` leads."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.journal.models import Entry
from auditing.judging.endpoints import connection_named, connection_of, models_of
from auditing.judging.estimating import cost_estimate
from auditing.judging.models import Endpoint, JudgeVersion, Run
from auditing.judging.selectors import endpoints_visible_to
from auditing.judging.services import connections_for, remove_endpoint, save_endpoint, set_price
from judges.simulator import Simulator

URL = "https://models.example/v1"


def test_the_key_is_encrypted_and_shown_nowhere(lead: User) -> None:
    endpoint = save_endpoint(by=lead, name="mine", base_url=f"{URL}/", api_key=" sk-secret ")
    assert "sk-secret" not in endpoint.encrypted_key
    connection = connection_of(endpoint)
    assert (connection.api_key, connection.base_url) == ("sk-secret", URL)
    assert "sk-secret" not in repr(connection)
    assert not any("sk-secret" in str(entry.details) for entry in Entry.objects.all())


def test_the_key_is_kept_unless_another_is_given(lead: User) -> None:
    save_endpoint(by=lead, name="mine", base_url=URL, api_key="sk-secret")
    assert (
        connection_of(save_endpoint(by=lead, name="mine", base_url=URL, concurrency=4)).api_key == "sk-secret"
    )
    assert connection_of(save_endpoint(by=lead, name="mine", base_url=URL, api_key="")).api_key == ""


def test_a_stored_key_goes_to_no_other_address(lead: User) -> None:
    save_endpoint(by=lead, name="mine", base_url=URL, api_key="sk-secret")
    with pytest.raises(BadInput, match="enter the key again"):
        save_endpoint(by=lead, name="mine", base_url="https://elsewhere.example/v1")


def test_another_secret_key_makes_stored_keys_unreadable(lead: User, settings: Any) -> None:
    endpoint = save_endpoint(by=lead, name="mine", base_url=URL, api_key="sk-secret")
    settings.SECRET_KEY = "changed"
    with pytest.raises(Conflict, match="SECRET_KEY"):
        connection_of(endpoint)


@pytest.mark.parametrize("url", ["ftp://x/v1", "models.example", "", "https://user:pw@x/v1"])
def test_an_address_is_an_address(lead: User, url: str) -> None:
    with pytest.raises(BadInput, match="base_url"):
        save_endpoint(by=lead, name="mine", base_url=url)


def test_viewers_neither_see_nor_change_endpoints(viewer: User, lead: User) -> None:
    endpoint = save_endpoint(by=lead, name="mine", base_url=URL)
    assert not endpoints_visible_to(viewer).exists()
    with pytest.raises(Forbidden):
        save_endpoint(by=viewer, name="other", base_url=URL)
    with pytest.raises(Forbidden):
        remove_endpoint(by=viewer, endpoint=endpoint)


def test_default_is_the_environment_until_it_is_stored(judge_version: JudgeVersion, settings: Any) -> None:
    with pytest.raises(Conflict, match="OPENAI_BASE_URL"):
        connections_for(judge_version)[0]
    settings.OPENAI_BASE_URL, settings.OPENAI_API_KEY = URL, "sk-env"
    assert connections_for(judge_version)[0].api_key == "sk-env"
    save_endpoint(by=None, name="default", base_url="http://stored.example/v1")
    assert connections_for(judge_version)[0].base_url == "http://stored.example/v1"
    with pytest.raises(Conflict, match="no endpoint named 'gone'"):
        connection_named("gone")


def test_the_connection_test_says_what_is_there(simulate: Callable[..., Simulator]) -> None:
    simulate(api_key="sesame")
    with pytest.raises(Conflict, match="401"):
        models_of(connection_named("default"))
    endpoint = Endpoint.objects.get()
    save_endpoint(by=None, name="default", base_url=endpoint.base_url, api_key="sesame")
    assert models_of(connection_named("default")) == ["simulated"]


def test_the_cost_is_estimated_before_the_run(run: Run, simulate: Callable[..., Simulator]) -> None:
    (estimate,) = cost_estimate(run.audit)
    assert "OPENAI_BASE_URL" in estimate.problem
    simulate()
    (estimate,) = cost_estimate(run.audit)
    assert (estimate.calls, estimate.cost, estimate.seconds) == (12, None, None)
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(0))
    (estimate,) = cost_estimate(run.audit)
    assert estimate.cost == Decimal(estimate.prompt_tokens) / 1_000_000
    assert estimate.prompt_tokens > 12 * 100


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "2852039166",
        "0xA9FEA9FE",
        "[::ffff:169.254.169.254]",
        "[fe80::1]",
        "[fd00:ec2::254]",
    ],
)
def test_where_a_cloud_keeps_its_credentials_is_no_endpoint_however_it_is_written(
    lead: User, host: str
) -> None:
    with pytest.raises(BadInput, match="the machine's own network"):
        save_endpoint(by=lead, name="mine", base_url=f"http://{host}/v1")


def test_half_an_address_is_refused(lead: User) -> None:
    with pytest.raises(BadInput, match="is no address"):
        save_endpoint(by=lead, name="mine", base_url="http://[abc")
