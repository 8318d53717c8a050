"""The provider that asks an endpoint, with the limits and prices that are in force."""

from collections.abc import Mapping

from auditing.judging.endpoints import Connection
from auditing.judging.limits import limits_for
from judges.pricing import Price
from judges.providers.openai_compatible import OpenAICompatible


def provider_at(connection: Connection, prices: Mapping[str, Price]) -> OpenAICompatible:
    """To be opened with `async with`, in the event loop that uses it."""
    return OpenAICompatible(
        connection.base_url,
        connection.api_key,
        timeout=connection.timeout_seconds,
        limits=limits_for(connection),
        prices=prices,
    )
