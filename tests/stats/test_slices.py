import numpy as np
import pytest
from scipy import stats

from auditing.stats.slices import _critical, pool_slices, rate_error, standing_out


def test_shrinkage_by_hand():
    """Variance 1 each, estimates 0, 2, 10: centre 4, spread 56/3 - 1, weight 53/56."""
    found = pool_slices([0.0, 2.0, 10.0], [1.0, 1.0, 1.0])
    assert (found.centre, found.between) == (pytest.approx(4), pytest.approx(53 / 3))
    assert found.weights == pytest.approx([53 / 56] * 3)
    assert found.estimates == pytest.approx([4 - 4 * 53 / 56, 4 - 2 * 53 / 56, 4 + 6 * 53 / 56])


def test_equal_slices_are_still_not_certain():
    found = pool_slices([0.5, 0.5, 0.5], [0.1, 0.1, 0.1])
    assert found.between > 0
    assert (found.high > found.low).all()


def test_a_slice_without_bias_needs_the_normal_quantile():
    assert _critical(1e-9, 0.05) == pytest.approx(stats.norm.isf(0.025), abs=1e-4)


@pytest.mark.parametrize("bias2", [1.0, 9.0])
def test_critical_values_bound_every_two_point_bias(bias2):
    """No mixture of no bias and one bias misses more often; and the worst of them misses exactly as often."""
    reach = _critical(bias2, 0.05)
    squares = np.linspace(bias2, 400, 4000)
    at = np.sqrt(squares)
    missed = stats.norm.cdf(at - reach) + stats.norm.cdf(-at - reach)
    worst = (1 - bias2 / squares) * 2 * stats.norm.sf(reach) + bias2 / squares * missed
    assert worst.max() == pytest.approx(0.05, abs=1e-4)


def test_intervals_hold_on_average_over_slices_that_are_not_normal():
    """Most slices alike, a few far off: the intervals still hold 95 % of the slices, and are narrower."""
    hits, narrower = [], []
    for run in range(15):
        rng = np.random.default_rng(run)
        truth = np.where(rng.random(30) < 0.1, 0.6, 0.9)
        error = rng.uniform(0.03, 0.12, 30)
        found = pool_slices(truth + error * rng.normal(size=30), error)
        hits.append(((found.low <= truth) & (truth <= found.high)).mean())
        narrower.append((found.high - found.low).mean() / (2 * 1.96 * error.mean()))
    assert np.mean(hits) >= 0.94
    assert np.mean(narrower) < 1


def test_a_rate_of_no_defects_has_an_error():
    error = rate_error([0, 5], [10, 90], population=[1000, 90])
    share = (0 + 2 * 6 / 102) / 12
    assert error[0] == pytest.approx(np.sqrt(share * (1 - share) / 10 * 0.99))
    assert error[1] == 0


def test_the_slice_that_stands_out_is_found():
    found = standing_out([0.9, 0.91, 0.89, 0.5], [0.05, 0.05, 0.05, 0.05], [0.3, 0.3, 0.3, 0.1])
    assert found.difference[3] == pytest.approx(0.5 - 0.9)
    assert found.stands_out.tolist() == [False, False, False, True]


def test_false_discoveries_are_held_down():
    """Twenty slices alike: any discovery is false."""
    rng = np.random.default_rng(2)
    runs = [
        standing_out(rng.normal(size=20) * 0.1, [0.1] * 20, [1.0] * 20).stands_out.any() for _ in range(300)
    ]
    assert np.mean(runs) <= 0.05


@pytest.mark.parametrize("errors", [[0.1, 0.1], [0.1, 0.0, 0.1], [0.1, np.nan, 0.1]])
def test_slices_without_an_error_are_refused(errors):
    with pytest.raises(ValueError, match=r"slice|must be a number"):
        pool_slices([0.5] * len(errors), errors)


def test_the_error_of_a_rate_is_zero_only_where_all_is_labelled():
    assert rate_error([3, 4], [10, 10], [10, 50]).tolist()[0] == 0
    with pytest.raises(ValueError, match="more labels than items"):
        rate_error([3], [10], [9])


def test_a_slice_that_is_the_whole_batch_has_no_rest():
    with pytest.raises(ValueError, match="share above 0"):
        standing_out([0.5, 0.6], [0.1, 0.1], [1, 0])
