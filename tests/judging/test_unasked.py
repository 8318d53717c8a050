"""What a run has not asked, and why."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from auditing.accounts.models import User
from auditing.datasets.models import Collection
from auditing.judging.models import Call, Run
from auditing.judging.selectors import outcomes
from auditing.judging.services import pause, set_price, set_run_budget, work
from auditing.judging.unasked import not_asked
from auditing.rubrics.models import RubricVersion
from judges.simulator import Persona, Simulator
from tests.cast import make_batch
from tests.judging.building import make_judge, queue_run
from tests.judging.test_architectures import JUDGES

CASCADE = {
    "architecture": "cascade",
    "stages": [
        {
            "name": "cheap",
            "architecture": "self_consistency",
            "model": "a",
            "temperature": 1,
            "samples": 3,
            "accept": 0.9,
        },
        {"name": "strong", "model": "b"},
    ],
}


@pytest.fixture
def judged(
    simulate: Callable[..., Simulator], collection: Collection, rubric_version: RubricVersion, lead: User
) -> Callable[..., Run]:
    """A run of a judge over twenty items, worked off."""

    def make(content: dict[str, Any], budget: Decimal | None = None) -> Run:
        simulate(personas={name: Persona(skill=0.8) for name in "abc"})
        run = queue_run(make_batch(collection, lead, size=20), rubric_version, make_judge(**content), lead)
        if budget is not None:
            set_run_budget(by=None, run=run, budget=budget)
        work(run)
        return run

    return make


def put_to(run: Run, role: str) -> int:
    """Items about which somebody in that role was asked."""
    calls = Call.objects.filter(run=run)
    return sum(any(one["role"].startswith(role) for one in call.exchanges) for call in calls)


@pytest.mark.parametrize(
    ("content", "role", "whom"),
    [(CASCADE, "strong", "strong"), (JUDGES["debate"], "the judge who rules", "the third judge")],
)
def test_what_needed_no_asking_is_counted(
    content: dict[str, Any], role: str, whom: str, judged: Callable[..., Run]
) -> None:
    run = judged(content)
    asked = put_to(run, role)
    assert 0 < asked < 20
    assert [(one.whom, one.items) for one in not_asked(run)] == [(whom, 20 - asked)]


def test_all_were_put_to_a_single_judge(judged: Callable[..., Run]) -> None:
    assert not_asked(judged({"model": "a"})) == []


def test_what_no_budget_pays_and_what_a_pause_keeps_waiting(
    make_run: Callable[..., Run], simulate: Callable[..., Simulator]
) -> None:
    simulate()
    set_price(by=None, model="simulated", prompt=Decimal(10), completion=Decimal(10))
    run = make_run(60)
    set_run_budget(by=None, run=run, budget=Decimal("0.05"))
    work(run)
    run.refresh_from_db()
    found = {one.why: one.items for one in not_asked(run)}
    done = Call.objects.filter(run=run, state="done").count()
    assert set(found) == {"no budget could pay for it", "the run was paused before its turn"}
    assert sum(found.values()) == 60 - done


def test_a_part_that_no_budget_pays_is_no_fault_of_the_endpoint(judged: Callable[..., Run]) -> None:
    for model in ("a", "b"):
        set_price(by=None, model=model, prompt=Decimal(10), completion=Decimal(10))
    run = judged(CASCADE, budget=Decimal("0.15"))
    run.refresh_from_db()
    assert run.reason == "the budget of $0.15 is spent"
    assert "infra_failed" not in dict(outcomes(run))
    assert not_asked(run)[0].items == dict(outcomes(run))["over_budget"]


def test_a_paused_run_has_asked_nothing(run: Run) -> None:
    pause(by=None, run=run)
    assert [one.items for one in not_asked(run)] == [12]
