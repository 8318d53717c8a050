"""The system checks complain when they should, and only then."""

import pytest

from auditing.config import checks


def ids(messages):
    return [message.id for message in messages]


def test_a_shared_database_wants_a_shared_secret(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somewhere/db")
    monkeypatch.setenv("SECRET_KEY", "x")
    assert checks.secret_is_shared(None) == []
    monkeypatch.delenv("SECRET_KEY")
    assert ids(checks.secret_is_shared(None)) == ["dokima.W001"]
    monkeypatch.setenv("SECRET_KEY_FILE", "somewhere")
    assert checks.secret_is_shared(None) == []


def test_debug_stays_home(settings):
    settings.DEBUG, settings.ALLOWED_HOSTS = True, ["localhost"]
    assert checks.debug_stays_home(None) == []
    settings.ALLOWED_HOSTS = ["audit.example.org"]
    assert ids(checks.debug_stays_home(None)) == ["dokima.W002"]


@pytest.mark.parametrize("address", ["", "https://api.example.org/v1", "http://127.0.0.1:8099/v1"])
def test_an_address_is_fine(settings, address):
    settings.OPENAI_BASE_URL = address
    assert checks.endpoint_is_an_address(None) == []


def test_half_an_address_is_not(settings):
    settings.OPENAI_BASE_URL = "api.example.org/v1"
    assert ids(checks.endpoint_is_an_address(None)) == ["dokima.E001"]


def test_the_broker_answers_and_never_evicts():
    assert checks.broker_answers_and_keeps(None) == []


def test_a_broker_that_is_not_there(settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    assert ids(checks.broker_answers_and_keeps(None)) == ["dokima.E002"]


def test_a_broker_that_evicts(settings):
    import redis

    client = redis.from_url(settings.REDIS_URL)
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        assert ids(checks.broker_answers_and_keeps(None)) == ["dokima.W003"]
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.close()
