"""How fast an endpoint may be asked: the one place that decides whether the limits are shared."""

from pathlib import Path

from django.conf import settings

from auditing.judging.endpoints import Connection
from judges.limits import Limits, LocalLimits
from judges.limits.control import Control
from judges.limits.shared import SharedLimits, account_key

FEWEST_AT_FIRST = 8  # calls in flight


def limits_for(connection: Connection) -> Limits:
    """The limits of the connection's account: shared with every other worker through Redis, where there is one.

    The embedded default's broker is a socket: where that is not there, nothing else runs, and nothing is shared.
    """
    socket = settings.REDIS_URL.removeprefix("unix://")
    if socket != settings.REDIS_URL and not Path(socket.partition("?")[0]).exists():
        return LocalLimits(
            connection.concurrency,
            start=_start(connection),
            requests_per_minute=connection.requests_per_minute,
            tokens_per_minute=connection.tokens_per_minute,
        )
    control = Control(
        max_in_flight=connection.concurrency,
        start=_start(connection),
        calls_a_second=_a_second(connection.requests_per_minute),
        tokens_a_second=_a_second(connection.tokens_per_minute),
    )
    return SharedLimits(settings.REDIS_URL, account_key(connection.base_url, connection.api_key), control)


def _start(connection: Connection) -> int:
    """Slow start from half of what somebody said the endpoint takes: one round trip to all of it, not five."""
    return max(FEWEST_AT_FIRST, connection.concurrency // 2)


def _a_second(a_minute: int | None) -> float | None:
    return a_minute / 60 if a_minute else None
