import math

import numpy as np
import pytest

from auditing.stats.lift import Scores, mean_beyond, mean_of_pairs, share_of_pairs, two_way_variance


def crossed(items, texts):
    rows, columns = np.meshgrid(np.arange(items), np.arange(texts), indexing="ij")
    return rows.ravel(), columns.ravel()


def test_a_share_is_counted():
    found = share_of_pairs([1, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 1])
    assert (found.k, found.n, found.estimate) == (2, 4, 0.5)


def test_one_value_a_cluster_and_many_texts_counts_by_the_clusters():
    """Variance by hand: rows sum to -2 and 2, so 2/1 * 8/16 = 1; columns sum to nought; cells 16/15 * 16/16... / 16."""
    values, (rows, columns) = np.array([0.0] * 4 + [1.0] * 4), crossed(2, 4)
    by_row = 2 / 1 * (2 * 2.0**2) / 64
    by_cell = 8 / 7 * (8 * 0.25) / 64
    assert two_way_variance(values, rows, columns) == pytest.approx(by_row - by_cell)


def test_pairs_that_hang_together_widen_the_interval():
    rows, columns = crossed(10, 20)
    together = share_of_pairs(rows < 3, rows, columns)
    apart = share_of_pairs((rows * 7 + columns * 3) % 10 < 3, rows, columns)
    assert together.estimate == apart.estimate == 0.3
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_nothing_in_many_pairs_is_no_proof_beyond_the_clusters():
    rows, columns = crossed(5, 40)
    found = share_of_pairs(np.zeros(200), rows, columns)
    assert found.estimate == found.low == 0
    assert found.high == pytest.approx(1.959964**2 / (5 + 1.959964**2), abs=1e-6)


def test_the_interval_of_a_mean_covers_its_mean():
    chance = np.random.default_rng(7)
    rows, columns = crossed(12, 12)
    covered = 0
    for _ in range(300):
        noise = chance.normal(size=12)[rows] + chance.normal(size=12)[columns] + chance.normal(size=144)
        found = mean_of_pairs(0.5 + noise, rows, columns)
        covered += found.low <= 0.5 <= found.high
    assert 0.92 <= covered / 300 <= 0.985


def test_without_pairs_or_with_few_clusters_there_is_no_interval():
    assert math.isnan(share_of_pairs([], [], []).estimate)
    assert math.isnan(mean_of_pairs([], [], []).estimate)
    alone = mean_of_pairs([1.0, 2.0], [0, 0], [0, 1])
    assert alone.estimate == 1.5
    assert math.isnan(alone.low)
    assert not mean_of_pairs(np.zeros(36), *crossed(6, 6)).has_interval


def scores_of(values, items, texts):
    rows, columns = crossed(items, texts)
    return Scores(np.broadcast_to(values, (items, texts)).ravel(), rows, columns)


def test_what_any_added_words_do_is_taken_off():
    """Item 1 is moved by 2 whatever is added, and by 1 more by what should sway."""
    moved = np.array([[0.0], [2.0], [0.0], [0.0], [0.0]])
    found = mean_beyond(scores_of(moved + 1, 5, 6), scores_of(moved, 5, 3))
    assert (found.n, found.estimate) == (30, 1.0)


def test_items_without_a_harmless_pair_are_left_out():
    found = mean_beyond(Scores([1.0, 9.0], ["a", "b"], ["x", "x"]), Scores([0.5], ["a"], ["y"]))
    assert (found.n, found.estimate, found.has_interval) == (1, 0.5, False)
    assert mean_beyond(Scores([], [], []), Scores([], [], [])).n == 0


def test_the_interval_of_what_is_beyond_knows_that_harmless_texts_are_few():
    chance = np.random.default_rng(11)
    covered = 0
    for _ in range(300):
        item = chance.normal(size=(12, 1))
        swaying = item + chance.normal(size=12) + chance.normal(size=(12, 12)) + 0.5
        harmless = item + chance.normal(size=4) + chance.normal(size=(12, 4))
        found = mean_beyond(scores_of(swaying, 12, 12), scores_of(harmless, 12, 4))
        covered += found.low <= 0.5 <= found.high
    assert 0.93 <= covered / 300 <= 0.985


def test_of_a_single_text_the_items_are_what_varies():
    none = share_of_pairs([0] * 12, range(12), ["t"] * 12)
    some = share_of_pairs([1] + [0] * 11, range(12), ["t"] * 12)
    assert (none.low, round(none.high, 2)) == (0.0, 0.24)
    assert none.high < some.high < 0.4
