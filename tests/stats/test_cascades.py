import math
from itertools import pairwise

import numpy as np
import pytest

from auditing.stats.cascades import (
    CurvePoint,
    Stage,
    best_within,
    cheapest_within,
    cost_error_curve,
    fit_cascade,
    fit_shares,
    fit_threshold,
    replay,
    trade_off,
)
from auditing.stats.comparisons import trusted_prefix

NAN = float("nan")


def planted(n, seed):
    """Confidences that mean what they say, and whether each answer was right."""
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(0.5, 1, n)
    return confidence, (rng.uniform(size=n) < confidence).astype(float)


def test_it_is_the_prefix_that_may_be_trusted():
    confidence, correct = planted(1000, 7)
    order = np.argsort(-confidence)
    size = trusted_prefix(list(correct[order] == 1), risk=0.1)
    threshold = fit_threshold(confidence, correct, risk=0.1)
    assert abs(int((confidence >= threshold).sum()) - size) <= 22  # the first test may start elsewhere


def test_the_promise_is_kept_nine_times_in_ten():
    """The true error above t is the mean of 1 - c: (1 - t) / 2 for confidences even between .5 and 1."""
    broken = 0
    for seed in range(300):
        threshold = fit_threshold(*planted(400, seed), risk=0.08, error=0.1)
        broken += threshold is not None and (1 - threshold) / 2 > 0.08
    assert broken / 300 < 0.13


def test_equal_confidences_stand_or_fall_together():
    confidence, correct = [0.9] * 50 + [0.8] * 50, [1] * 50 + [0, 1] * 25
    assert fit_threshold(confidence, correct, risk=0.1) == 0.9
    assert fit_threshold([0.9] * 100, correct, risk=0.1) is None


def test_too_few_items_promise_nothing():
    """(1 - .05)^44 > .1 >= (1 - .05)^45."""
    assert fit_threshold([0.9] * 44, [1] * 44, risk=0.05) is None
    assert fit_threshold([0.9] * 45, [1] * 45, risk=0.05) == 0.9


def test_no_confidence_and_no_answer_go_on():
    first = Stage.of("first", [0.9, NAN, 0.9], [1, 1, NAN], 1)
    last = Stage.of("last", [NAN] * 3, [0, 1, NAN], 10)
    found = replay([first, last], (0.5,))
    assert found.cost == pytest.approx((1 + 11 + 11) / 3)
    assert found.decided == pytest.approx((1 / 3, 2 / 3))
    assert (found.error, found.answered) == (0.0, pytest.approx(2 / 3))


def test_a_threshold_of_none_lets_everything_go_on():
    first, last = Stage.of("first", [1.0, 1.0], [0, 0], 1), Stage.of("last", [1.0, 1.0], [1, 1], 5)
    assert replay([first, last], (None,)).cost == 6
    assert replay([first, last], (0.0,)).error == 1.0


def test_each_stage_is_fitted_on_what_reaches_it():
    """The middle stage is right where the first is sure, and wrong on what is left for it."""
    sure = [0.9] * 60 + [0.5] * 60
    first = Stage.of("first", sure, [1] * 60 + [0] * 60, 1)
    middle = Stage.of("middle", [0.9] * 120, [1] * 60 + [0] * 60, 2)
    last = Stage.of("last", [1.0] * 120, [1] * 120, 50)
    assert fit_cascade([first, middle, last], risk=0.05) == (0.9, None)


def test_a_curve_trades_cost_for_error():
    confidence, correct = planted(1500, 3)
    cheap = Stage.of("cheap", confidence, correct, 1)
    person = Stage.of("person", np.ones(1500), np.ones(1500), 100)
    curve = cost_error_curve([cheap, person], risks=(0.05, 0.1, 0.15, 0.2))
    assert [point.risk for point in curve] == [0.05, 0.1, 0.15, 0.2]
    assert all(one.cost > other.cost and one.error < other.error for one, other in pairwise(curve))
    assert all(point.low <= point.error <= point.high for point in curve)
    assert cheapest_within(curve, 0.06).cost < 101
    assert best_within(curve, 60).cost <= 60
    assert cheapest_within(curve[1:], 0.0) is None
    assert best_within(curve, 0.5) is None


def test_the_trade_off_reaches_every_price():
    """Where confidences c mean what they say, the surest half of uniform(.5, 1) errs in one of eight."""
    confidence, correct = planted(4000, 3)
    cheap = Stage.of("cheap", confidence, correct, 0)
    person = Stage.of("person", np.ones(4000), np.ones(4000), 100)
    found = trade_off([cheap, person])
    assert (found[0].cost, found[-1].cost, found[-1].error) == (0, 100, 0)
    assert all(one.cost < other.cost and one.error > other.error for one, other in pairwise(found))
    half = best_within(found, 50.5)
    assert half.cost == pytest.approx(50, abs=1)
    assert half.thresholds[0] == pytest.approx(0.75, abs=0.02)
    assert half.error == pytest.approx(0.125 / 2, abs=0.015)


def test_of_three_stages_each_decides_a_share_of_what_reaches_it():
    sure = np.linspace(0.5, 1, 100)
    stages = [Stage.of(name, sure, np.ones(100), 1) for name in ("first", "middle", "last")]
    thresholds = fit_shares(stages, (0.5, 0.5))
    assert replay(stages, thresholds).decided == pytest.approx((0.5, 0.25, 0.25))
    assert fit_shares(stages, (0, 1)) == (None, 0.0)


def test_what_cannot_be_replayed_is_refused():
    one = Stage.of("one", [0.5], [1], 1)
    with pytest.raises(ValueError, match="at least two"):
        fit_cascade([one], 0.1)
    with pytest.raises(ValueError, match="take 1 thresholds"):
        replay([one, one], (0.5, 0.5))
    with pytest.raises(ValueError, match="same items"):
        replay([one, Stage.of("two", [0.5, 0.5], [1, 1], 1)], (0.5,))
    with pytest.raises(ValueError, match="same items"):
        Stage.of("odd", [0.5], [1, 1], 1)
    with pytest.raises(ValueError, match="risk"):
        fit_threshold([0.5], [1], risk=1)


def test_a_cascade_that_answered_nothing_is_not_the_best():
    silent = CurvePoint((None,), 0.0, math.nan, math.nan, math.nan, 0.0, (0.0, 1.0), 10, risk=0.01)
    answered = CurvePoint((0.5,), 0.0, 0.1, 0.0, 0.4, 1.0, (1.0, 0.0), 10, risk=0.1)
    assert best_within([silent, answered], cost=1.0) == answered
    assert cheapest_within([silent, answered], error=0.2) == answered
    assert best_within([silent], cost=1.0) is None
