import asyncio
from decimal import Decimal

import pytest

from judges.contracts import Request
from judges.errors import BudgetSpent, OverBudget, ServerFault
from judges.money import Budgeted, most_cost
from judges.pricing import Price
from judges.runner import run
from tests.judges.bench import Single, endpoint, spec, subjects

PRICES = {"simulated": Price(Decimal(1), Decimal(2))}


class Wallet:
    """A purse of so many calls; it keeps what was set aside."""

    def __init__(self, calls):
        self.calls, self.held = calls, []

    async def reserve(self, most, model):
        if self.calls == 0:
            raise OverBudget("the budget is spent")
        self.calls -= 1
        self.held.append(most)

    def settle(self, most, completion):
        self.held.remove(most)


def request(content, **parameters):
    return Request("simulated", [{"role": "user", "content": content}], parameters)


@pytest.mark.parametrize(
    ("content", "parameters", "dollars"),
    [
        ("x" * 299, {"max_tokens": 100}, Decimal(100 + 200) / 1_000_000),
        ("x" * 299, {"max_completion_tokens": 50}, Decimal(100 + 100) / 1_000_000),
        ("x" * 299, {}, Decimal(100 + 2 * 4096) / 1_000_000),
        ("汉" * 99, {"max_tokens": 1}, Decimal(100 + 2) / 1_000_000),
        (
            [{"type": "image_url", "image_url": {"url": "data:"}}],
            {"max_tokens": 1},
            Decimal(2002) / 1_000_000,
        ),
    ],
)
def test_the_most_a_call_can_cost(content, parameters, dollars):
    assert most_cost(request(content, **parameters), PRICES) == dollars


def test_an_unknown_price_is_not_zero():
    assert most_cost(request("x"), {}) is None


def test_a_call_that_fails_gives_back_what_was_set_aside():
    class Broken:
        async def complete(self, request):
            raise ServerFault("no")

    wallet = Wallet(1)
    with pytest.raises(ServerFault):
        asyncio.run(Budgeted(Broken(), wallet, PRICES).complete(request("x")))
    assert wallet.held == []


def test_a_run_out_of_money_stops_and_makes_no_further_call():
    from judges.simulator import Simulator

    judgements = []

    async def judge(simulator):
        async with endpoint(simulator) as provider:
            await run(
                Single(spec()),
                subjects(50),
                Budgeted(provider, Wallet(10), PRICES),
                concurrency=4,
                on_judgement=judgements.append,
            )

    with Simulator() as simulator, pytest.raises(BudgetSpent, match=r"^the budget is spent$"):
        asyncio.run(judge(simulator))
    assert sum(simulator.stats.requests.values()) == 10
    outcomes = [answer.outcome for judgement in judgements for answer in judgement.answers]
    assert "over_budget" in outcomes
    assert "infra_failed" not in outcomes


def test_what_is_asked_beside_the_messages_costs_too():
    bare = most_cost(request("x", max_tokens=1), PRICES)
    asked = most_cost(request("x", max_tokens=1, questions=[{"text": "y" * 30_000}]), PRICES)
    assert asked - bare > Decimal(10_000) / 1_000_000
