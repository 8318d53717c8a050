"""Fixtures of this room. Read before Django is set up, so the project is imported inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from auditing.accounts.models import User
    from auditing.datasets.models import Collection
    from auditing.judging.models import JudgeVersion, Run
    from auditing.rubrics.models import RubricVersion
    from judges.simulator import Simulator


@pytest.fixture
def simulate(db: None) -> Iterator[Callable[..., Simulator]]:
    """Start the endpoint `default`."""
    from tests.judging.building import simulated_endpoint

    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(simulated_endpoint(**options))


@pytest.fixture
def judge_version(db: None) -> JudgeVersion:
    from tests.judging.building import make_judge

    return make_judge()


@pytest.fixture
def make_run(
    lead: User, collection: Collection, rubric_version: RubricVersion, judge_version: JudgeVersion
) -> Callable[..., Run]:
    """A queued run over a batch of that size."""
    from tests.cast import make_batch
    from tests.judging.building import queue_run

    def make(size: int = 12, **fields: Any) -> Run:
        batch = make_batch(collection, lead, size=size, **fields)
        return queue_run(batch, rubric_version, judge_version, lead)

    return make


@pytest.fixture
def run(make_run: Callable[..., Run]) -> Run:
    return make_run()
