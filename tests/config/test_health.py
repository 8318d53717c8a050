"""The health page."""

import pytest

pytestmark = pytest.mark.django_db


def test_healthy(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"database": True, "broker": True})


def test_without_a_broker(client, settings, tmp_path):
    settings.REDIS_URL = f"unix://{tmp_path}/none.sock"
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (503, {"database": True, "broker": False})
