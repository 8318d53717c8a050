from decimal import Decimal

import pytest

from judges.pricing import Price, cost_of

PRICES = {"small": Price(Decimal("0.15"), Decimal("0.60"))}


def test_a_call_costs_its_tokens():
    # 1,000 tokens at 0.15 a million and 500 at 0.60 a million: 0.00015 + 0.0003
    assert cost_of(PRICES, "small", 1000, 500) == Decimal("0.00045")


@pytest.mark.parametrize(
    ("model", "prompt", "completion"),
    [("large", 1, 1), ("small", None, 1), ("small", 1, None), ("Small", 1, 1)],
)
def test_what_is_not_known_is_not_guessed(model, prompt, completion):
    assert cost_of(PRICES, model, prompt, completion) is None


def test_free_is_known():
    assert cost_of({"local": Price(Decimal(0), Decimal(0))}, "local", 10, 10) == 0
