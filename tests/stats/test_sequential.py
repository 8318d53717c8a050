import numpy as np
import pytest

from auditing.stats.sequential import betting_sequence, e_process, hoeffding_sequence, sequential_plan
from tests.stats.reference import cases

LABELS = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1] * 10


def ends(sequence):
    return {f"t{t}": [sequence.low[t - 1], sequence.high[t - 1]] for t in (10, 50, 100)}


@pytest.mark.parametrize("case", cases("cs_predmix_hoeffding_two_sided"))
def test_hoeffding_reference(case):
    found = ends(hoeffding_sequence(LABELS, 1 - case["inputs"]["alpha"], running_intersection=False))
    for time, expected in case["expected"].items():
        assert found[time] == pytest.approx(expected, abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("cs_betting_grid"))
def test_betting_reference(case):
    found = ends(betting_sequence(LABELS, 1 - case["inputs"]["alpha"], running_intersection=False))
    for time, expected in case["expected"].items():
        assert found[time] == pytest.approx(expected, abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("wald_sequential_lines_h1_h2_s"))
def test_wald_lines_reference(case):
    inputs = case["inputs"]
    plan = sequential_plan(inputs["p1"], inputs["p2"], inputs["alpha"], inputs["beta"])
    assert [plan.accept, plan.reject, plan.slope] == pytest.approx(case["expected"], abs=case["tolerance"])


def test_the_sequence_only_narrows():
    sequence = betting_sequence(LABELS)
    assert (np.diff(sequence.low) >= 0).all()
    assert (np.diff(sequence.high) <= 0).all()
    assert sequence.n == 100


def test_other_scales_are_rescaled():
    plain, scaled = (
        betting_sequence(LABELS),
        betting_sequence([1 + 4 * label for label in LABELS], bounds=(1, 5)),
    )
    assert scaled.low == pytest.approx(1 + 4 * plain.low)


def test_a_whole_batch_leaves_almost_no_doubt():
    labels = np.random.default_rng(1).permutation([1] * 90 + [0] * 10)
    sequence = betting_sequence(labels, population=100)
    assert sequence.low[-1] == pytest.approx(0.9, abs=0.02)
    assert sequence.high[-1] == pytest.approx(0.9, abs=0.02)


def miscoverage(population, repetitions, labels):
    """Share of runs in which the sequence excluded the truth at any time."""
    missed = 0
    for run in range(repetitions):
        batch = (np.random.default_rng(run).random(400) < 0.15).astype(float)
        drawn = np.random.default_rng(run + 10_000).permutation(batch)[:labels]
        truth = batch.mean() if population else 0.15
        sequence = betting_sequence(drawn, population=population)
        missed += sequence.low[-1] > truth or sequence.high[-1] < truth
    return missed / repetitions


@pytest.mark.parametrize("population", [None, 400])
def test_the_truth_is_kept_at_all_times(population):
    assert miscoverage(population, 40, 200) <= 0.1


@pytest.mark.slow
@pytest.mark.parametrize("population", [None, 400])
def test_the_truth_is_kept_at_all_times_in_many_runs(population):
    assert miscoverage(population, 400, 300) <= 0.06


def test_evidence_grows_against_a_false_claim_only():
    rng = np.random.default_rng(2)
    assert e_process(rng.random(500) < 0.3, 0.1).max() > 20
    assert sum(e_process(rng.random(300) < 0.1, 0.1).max() >= 20 for _ in range(200)) <= 18


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: betting_sequence([0.5, 2.0]), "within"),
        (lambda: betting_sequence([]), "at least one label"),
        (lambda: betting_sequence([1, 1, 1], population=2), "cannot come from 2 items"),
        (lambda: sequential_plan(0.1, 0.05, 0.05, 0.1), "p1 < p2"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
