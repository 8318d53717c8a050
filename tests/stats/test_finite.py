import numpy as np
import pytest
from scipy import stats

from auditing.stats.finite import hypergeometric_cdf


def test_it_is_the_hypergeometric_distribution_everywhere():
    """Every count, impossible ones too, of every sample of every batch of up to twelve."""
    N, D, n, k = (axis.ravel() for axis in np.meshgrid(*[np.arange(13)] * 3, np.arange(-1, 14)))
    possible = (D <= N) & (n <= N) & (N > 0)
    N, D, n, k = (axis[possible] for axis in (N, D, n, k))
    assert hypergeometric_cdf(k, N, D, n) == pytest.approx(stats.hypergeom.cdf(k, N, D, n), abs=1e-12)


def test_large_batches_keep_their_precision():
    D = np.arange(0, 10_001, 500)
    expected = stats.hypergeom.cdf(7, 50_000, D, 315)
    assert hypergeometric_cdf(7, 50_000, D, 315) == pytest.approx(expected, rel=1e-9)


def test_more_than_the_batch_has_no_probability():
    assert np.isnan(hypergeometric_cdf(2, 10, 4, 11))
    assert np.isnan(hypergeometric_cdf(2, 10, 11, 4))


def test_far_tails_neither_vanish_nor_exceed_one():
    assert hypergeometric_cdf(900, 10**6, 10**4, 1000) == 1
    assert 0 < hypergeometric_cdf(0, 10**6, 10**4, 10**4) < 1e-40
