"""The gate: on public data with human labels, the default method's intervals hold what they promise.

Replays as in benchmarks/label_efficiency, at fixed seeds. With earlier audits: 2,000 a set, over four batches with
earlier labels of their own, of which at least 94 % must hold. From a cold start a proxy is fitted in every replay, so
the gate makes 400. That few let an interval pass that holds 92.25 %, so this gate sees a gross failure only: it is the
benchmark, with 2,000 of them too, that decides.
"""

import numpy as np
import pytest
from scipy import stats

from benchmarks.label_efficiency.measures import Row, row
from benchmarks.label_efficiency.replay import Scenario, replay
from benchmarks.label_efficiency.worlds import SETS, World, load

DEFAULT = "default (auto)"
BATCHES = 4
EARLIER = {"evouna_tq": 2000, "esa_mqm_ende": 1000}
LEAST_COVERAGE = 0.94
MOST_BELOW = 0.04  # of a share's intervals lie above the truth: nominally 0.025
LEAST_RATIO = {"evouna_tq": 5.0}


@pytest.fixture(scope="module")
def worlds(shared_data) -> dict[str, World]:
    return {name: load(shared_data, name) for name in SETS}


def default_row(world: World, scenario: Scenario, repetitions: int) -> Row:
    each = repetitions // BATCHES
    found = [replay(world, scenario, (11, copy), each)[DEFAULT] for copy in range(BATCHES)]
    return row(found)


def least_hits(repetitions: int) -> int:
    """The fewest hits that are credible (1 %, one-sided binomial test) for an interval that holds 95 %."""
    return int(stats.binom.ppf(0.01, repetitions, 0.95))


def covers(found: Row) -> bool:
    """Whether it holds as often as one may ask of so many replays; of 2,000, 94 %."""
    enough = found.repetitions >= 2000
    return found.coverage >= (LEAST_COVERAGE if enough else least_hits(found.repetitions) / found.repetitions)


@pytest.mark.parametrize(
    ("coverage", "repetitions", "held"), [(0.939, 2000, False), (0.94, 2000, True), (0.92, 400, False)]
)
def test_the_gate_closes_on_intervals_that_are_too_narrow(coverage, repetitions, held):
    figures = {"n": 1, "size": 1, "by_error": 1, "by_width": 1, "coverage_error": 0, "below": 0, "width": 1}
    assert covers(Row(coverage=coverage, repetitions=repetitions, **figures)) == held


def test_four_hundred_replays_let_what_they_are_said_to_pass():
    assert least_hits(400) / 400 == 0.9225


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_coverage_with_earlier_audits(worlds, name):
    scenario = Scenario(150, EARLIER.get(name, 400), (DEFAULT,))
    found = default_row(worlds[name], scenario, 2000)
    assert covers(found), found
    if set(np.unique(worlds[name].labels)) == {0, 1}:
        assert found.below <= MOST_BELOW, found
    assert min(found.by_error, found.by_width) >= LEAST_RATIO.get(name, 1.2), found


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_coverage_from_a_cold_start(worlds, name):
    found = default_row(worlds[name], Scenario(250, 0, (DEFAULT,)), 400)
    assert covers(found), found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["evouna_tq", "hanna_stories"])
def test_a_judge_of_noise_costs_next_to_nothing(worlds, name):
    found = default_row(worlds[name].with_noise(0), Scenario(150, 400, (DEFAULT,)), 1000)
    assert covers(found), found
    assert found.by_width >= 0.95, found
