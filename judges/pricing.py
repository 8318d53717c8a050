"""What a call costs. An unknown price gives no cost, never zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_MILLION = Decimal(1_000_000)

BATCH_FACTOR = Decimal("0.5")
"""Of the price, what a call costs that may come within a day."""


@dataclass(frozen=True, slots=True)
class Price:
    """Money for a million tokens in and a million tokens out, in one currency."""

    prompt_per_million: Decimal
    completion_per_million: Decimal

    def cost(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """The price of one call, exact."""
        prompt = self.prompt_per_million * prompt_tokens
        return (prompt + self.completion_per_million * completion_tokens) / _MILLION


def cost_of(
    prices: Mapping[str, Price], model: str, prompt_tokens: int | None, completion_tokens: int | None
) -> Decimal | None:
    """The cost of a call to `model`; None if its price or its token counts are not known."""
    price = prices.get(model)
    if price is None or prompt_tokens is None or completion_tokens is None:
        return None
    return price.cost(prompt_tokens, completion_tokens)
