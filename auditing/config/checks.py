"""What is wrong with this installation, each with a hint. The last two ask the broker, so `check --deploy` only."""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LOOPBACK = {"localhost", "127.0.0.1", "[::1]"}


@register(Tags.security)
def secret_is_shared(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if not given("DATABASE_URL") or given("SECRET_KEY"):
        return []
    hint = "Set SECRET_KEY, or SECRET_KEY_FILE, to the same long random text in every process."
    return [Warning("A shared database is used with a secret of this machine's own.", hint, id="dokima.W001")]


@register(Tags.security)
def debug_stays_home(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.DEBUG or set(settings.ALLOWED_HOSTS) <= LOOPBACK:
        return []
    hint = "Unset DEBUG: its error pages show settings and data to everybody."
    return [Warning("DEBUG is on while other machines may connect.", hint, id="dokima.W002")]


@register
def endpoint_is_an_address(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    parts = urlsplit(settings.OPENAI_BASE_URL)
    if not settings.OPENAI_BASE_URL or (parts.scheme in {"http", "https"} and parts.netloc):
        return []
    hint = "Give the whole address, for example https://api.openai.com/v1."
    return [Error("OPENAI_BASE_URL is not an address.", hint, id="dokima.E001")]


@register(deploy=True)
def broker_answers_and_keeps(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    try:
        with redis.from_url(settings.REDIS_URL, socket_connect_timeout=2) as client:
            policy = client.info("memory").get("maxmemory_policy")
    except redis.RedisError as error:
        hint = "Start it, or correct REDIS_URL. Without it runs wait; nothing is lost."
        return [Error(f"The broker does not answer: {error}", hint, id="dokima.E002")]
    if policy == "noeviction":
        return []
    hint = "Start it with --maxmemory-policy noeviction."
    return [Warning(f"The broker may drop messages (policy {policy}).", hint, id="dokima.W003")]


def given(name: str) -> bool:
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))
