"""Several endpoints behind one provider: each request goes where it says."""

from collections.abc import Mapping

from judges.contracts import Completion, Provider, Request


class Switchboard:
    """Routes a request by its `endpoint`; raises KeyError for one that is not connected."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = dict(providers)

    async def complete(self, request: Request) -> Completion:
        """Ask the endpoint that the request names."""
        return await self._providers[request.endpoint].complete(request)
