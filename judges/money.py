"""Money set aside before a call and settled after it: a hard budget, whoever else spends from it."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Protocol

from judges.contracts import Completion, Provider, Request
from judges.pricing import Price

BYTES_A_TOKEN = 3  # on the safe side: four in English, three a character in Chinese
TOKENS_AN_IMAGE = 2_000  # on the safe side for pictures of the usual size
UNLIMITED_REPLY = 4_096  # tokens, where a request sets no limit


class Purse(Protocol):
    """What may be spent, shared with whoever else spends from it."""

    async def reserve(self, most: Decimal | None, model: str) -> None:
        """Set aside what a call may cost, None where its price is not known. Raises OverBudget."""
        ...

    def settle(self, most: Decimal | None, completion: Completion | None) -> None:
        """The call has ended, with no reply where None: what was set aside and not spent is free again."""
        ...


class Budgeted:
    """A provider that makes no call which its purse could not pay."""

    def __init__(self, provider: Provider, purse: Purse, prices: Mapping[str, Price]) -> None:
        self._provider, self._purse, self._prices = provider, purse, prices

    async def complete(self, request: Request) -> Completion:
        """Ask once it is sure that the reply can be paid; raises OverBudget where it cannot."""
        most = most_cost(request, self._prices)
        await self._purse.reserve(most, request.model)
        try:
            completion = await self._provider.complete(request)
        except BaseException:  # cancellation too must give back what was set aside
            self._purse.settle(most, None)
            raise
        self._purse.settle(most, completion)
        return completion


def most_cost(request: Request, prices: Mapping[str, Price]) -> Decimal | None:
    """What a call can cost: all it sends and the longest reply it allows. None where the price is not known."""
    price = prices.get(request.model)
    if price is None:
        return None
    sent = sum(_most_tokens(message["content"]) for message in request.messages)
    sent += sum(_schema_tokens(value) for value in request.parameters.values())
    return price.cost(sent, request.most_output_tokens() or UNLIMITED_REPLY)


def _schema_tokens(parameter: object) -> int:
    """Of what is read like a prompt: the questions of a decision model, the schema of a reply."""
    is_read = isinstance(parameter, Mapping | list | tuple)
    return _most_tokens(json.dumps(parameter, ensure_ascii=False, default=str)) if is_read else 0


def _most_tokens(content: str | list[dict[str, str]]) -> int:
    if isinstance(content, str):
        return len(content.encode("utf-8", "replace")) // BYTES_A_TOKEN + 1
    return sum(_most_tokens(part["text"]) if "text" in part else TOKENS_AN_IMAGE for part in content)
