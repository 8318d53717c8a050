"""What a run will take, said before it: every call of the judges that take several."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.datasets.models import Batch, Collection
from auditing.judging.estimating import cost_estimate
from auditing.judging.models import Call, Run
from auditing.judging.services import set_price, work
from auditing.rubrics.models import RubricVersion
from judges.simulator import Persona, Simulator
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run
from tests.judging.test_architectures import JUDGES

Queue = Callable[..., Run]
SURE = {"panel": 3, "self_consistency": 3, "critique_and_revise": 3}  # calls an item, whatever is replied
MOST = {"debate": 2 + 2 + 1, "cascade": 1 + 3}


@pytest.fixture
def queue(
    lead: User, collection: Collection, rubric_version: RubricVersion, simulate: Callable[..., Simulator]
) -> Queue:
    simulate(personas={name: Persona(skill=0.8) for name in "abc"})

    def queued(name: str = "j", **content: Any) -> Run:
        batch: Batch = make_batch(collection, lead, size=6, name=name)
        return queue_run(batch, rubric_version, make_judge(name, **content), lead)

    return queued


@pytest.mark.parametrize("kind", [*SURE, *MOST])
def test_every_call_of_an_item_is_counted(kind: str, queue: Queue) -> None:
    (estimate,) = cost_estimate(queue(**JUDGES[kind]).audit)
    assert estimate.calls == 6 * (SURE | MOST)[kind]
    assert estimate.at_most == (kind in MOST or kind == "critique_and_revise")


@pytest.mark.parametrize("kind", [*SURE, *MOST])
def test_no_run_takes_more_than_that(kind: str, queue: Queue) -> None:
    run = queue(**JUDGES[kind])
    (estimate,) = cost_estimate(run.audit)
    work(run)
    made = sum(len(call.exchanges) for call in Call.objects.filter(run=run))
    assert made == estimate.calls if kind in SURE else made <= estimate.calls


def test_a_past_says_how_many_calls_an_item_takes(queue: Queue) -> None:
    run = queue(**JUDGES["debate"])
    work(run)
    made = sum(len(call.exchanges) for call in Call.objects.filter(run=run))
    (estimate,) = cost_estimate(run.audit)
    assert (estimate.calls, estimate.at_most) == (made, False)


def test_each_model_has_its_own_price(queue: Queue) -> None:
    for name, price in zip("abc", (1, 2, 3), strict=True):
        set_price(by=None, model=name, prompt=Decimal(price), completion=Decimal(0))
    one, three = (
        cost_estimate(queue(model="a").audit)[0],
        cost_estimate(queue("p", **JUDGES["panel"]).audit)[0],
    )
    assert three.cost == pytest.approx(one.cost * (1 + 2 + 3), rel=Decimal("0.01"))


def test_a_batch_costs_half_and_takes_its_day(queue: Queue) -> None:
    set_price(by=None, model="a", prompt=Decimal(1), completion=Decimal(2))
    (live,) = cost_estimate(queue(model="a").audit)
    (batch,) = cost_estimate(queue("late", model="a", delivery="batch").audit)
    assert live.cost
    assert batch.cost == live.cost / 2
    assert (batch.by_batch, batch.seconds) == (True, None)
