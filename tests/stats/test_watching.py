"""A rule that stops at any time, tried on simulated batches: the same as watching each with its sequence."""

import numpy as np
import pytest

from auditing.stats.sequential import betting_sequence
from auditing.stats.watching import watching

RUNS, MOST, BAR = 40, 200, 0.9


@pytest.mark.parametrize("rate", [0.01, 0.25])
def test_it_is_what_each_batchs_own_sequence_says(rate):
    found = watching(rate, BAR, 0.9, MOST, runs=RUNS, seed=3)
    batches = (np.random.default_rng(3).random((RUNS, MOST)) >= rate).astype(float)
    sequences = [betting_sequence(labels, 0.9) for labels in batches]
    assert found.accepted == np.mean([sequence.low[-1] >= BAR for sequence in sequences])
    assert found.rejected == np.mean([sequence.high[-1] < BAR for sequence in sequences])
    stops = [np.flatnonzero((one.low >= BAR) | (one.high < BAR))[:1] + 1 for one in sequences]
    assert found.labels == sorted(int(stop[0]) if len(stop) else 10**6 for stop in stops)[RUNS // 2]


def test_at_the_bar_it_seldom_errs():
    found = watching(0.1, BAR, 0.9, 300, runs=300)
    assert found.accepted <= 0.08
    assert found.rejected <= 0.08
    assert found.labels is None


def test_a_batch_drawn_to_its_end_is_clear():
    good, bad = watching(0.05, BAR, 0.9, 100, population=100), watching(0.15, BAR, 0.9, 100, population=100)
    assert good.accepted + good.rejected == bad.accepted + bad.rejected == 1
    assert good.accepted > 0.95
    assert bad.rejected > 0.95


def test_a_look_comes_after_each_wave():
    assert watching(0.0, BAR, 0.9, 200, wave=40).labels % 40 == 0


@pytest.mark.parametrize("asked", [{"error_rate": 1.2}, {"bar": 1.0}, {"most": 50, "population": 20}])
def test_what_cannot_be_is_refused(asked):
    with pytest.raises(ValueError, match=r"need|cannot"):
        watching(**({"error_rate": 0.1, "bar": 0.9} | asked))
