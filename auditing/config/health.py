"""Is this instance fit to serve? Asked by load balancers, containers and the launcher."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from auditing.web.policy import PUBLIC, page


@page(PUBLIC)
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when database and broker answer, else 503; says which does not, and nothing more."""
    parts = {"database": says_yes(ask_database), "broker": says_yes(ask_broker)}
    return JsonResponse(parts, status=200 if all(parts.values()) else 503)


def says_yes(ask: Callable[[], None]) -> bool:
    try:
        ask()
    except (DatabaseError, redis.RedisError):
        return False
    return True


def ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def ask_broker() -> None:
    with redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
        client.ping()
