"""The gate: on public data with human labels, the default method's intervals hold what they promise.

Replays as in benchmarks/label_efficiency, at fixed seeds. With earlier audits: 2,000 a set, over four batches with
earlier labels of their own. From a cold start a proxy is fitted in every replay, so the gate makes 400; the benchmark
makes 2,000 of them too.
"""

import pytest
from scipy import stats

from benchmarks.label_efficiency.measures import Row, row
from benchmarks.label_efficiency.replay import Scenario, replay
from benchmarks.label_efficiency.worlds import SETS, World, load

DEFAULT = "default (auto)"
BATCHES = 4
EARLIER = {"evouna_tq": 2000, "esa_mqm_ende": 1000}
LEAST_RATIO = {"evouna_tq": 5.0}


@pytest.fixture(scope="module")
def worlds(shared_data) -> dict[str, World]:
    return {name: load(shared_data, name) for name in SETS}


def default_row(world: World, scenario: Scenario, repetitions: int) -> Row:
    each = repetitions // BATCHES
    found = [replay(world, scenario, (11, copy), each)[DEFAULT] for copy in range(BATCHES)]
    return row(found)


def covers(found: Row) -> bool:
    """Whether so few hits are credible (1 %, one-sided binomial test) for an interval that holds 95 %."""
    hits = round(found.coverage * found.repetitions)
    return bool(stats.binom.cdf(hits, found.repetitions, 0.95) > 0.01)


def test_the_gate_closes_on_intervals_that_are_too_narrow():
    row_of = Row(
        n=1, size=1, by_error=1, by_width=1, coverage=0.935, coverage_error=0, width=1, repetitions=2000
    )
    assert not covers(row_of)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_coverage_with_earlier_audits(worlds, name):
    scenario = Scenario(150, EARLIER.get(name, 400), (DEFAULT,))
    found = default_row(worlds[name], scenario, 2000)
    assert covers(found), found
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
