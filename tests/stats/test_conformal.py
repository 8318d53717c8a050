import numpy as np
import pytest

from auditing.stats.conformal import conformal_rank, conformal_threshold
from tests.stats.reference import cases


@pytest.mark.parametrize("case", cases("split_conformal_quantile_index"))
def test_rank_reference(case):
    assert conformal_rank(case["inputs"]["n"], case["inputs"]["alpha"]) == case["expected"]


def test_the_next_score_is_held_as_often_as_promised():
    rng = np.random.default_rng(1)
    held = sum(rng.normal() <= conformal_threshold(rng.normal(size=39), 0.1) for _ in range(4000))
    assert held / 4000 == pytest.approx(0.9, abs=0.015)


def test_too_few_scores_promise_nothing():
    assert conformal_threshold([0.1] * 8, 0.1) == float("inf")
    assert conformal_rank(8, 0.1) == 9


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="alpha"):
        conformal_rank(10, 1.0)
    with pytest.raises(ValueError, match="n >= 1"):
        conformal_threshold([], 0.1)
    with pytest.raises(ValueError, match="must be a number"):
        conformal_threshold([0.1, float("nan")], 0.5)
