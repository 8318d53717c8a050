import numpy as np
import pytest

from auditing.stats.preferences import bradley_terry

STRENGTH = {"a": 0.8, "b": 0.0, "c": -0.8}


def matches(rng, n=3000, pull=0.0, tie=None):
    """Comparisons of random pairs by the model itself; `tie` is Davidson's log parameter."""
    pairs = rng.permuted(np.tile(list(STRENGTH), (n, 1)), axis=1)[:, :2]
    gap = np.array([STRENGTH[first] - STRENGTH[second] for first, second in pairs]) + pull
    odds = np.exp(np.column_stack([gap / 2, -gap / 2, np.full(n, -np.inf if tie is None else tie)]))
    draws = (rng.random((n, 1)) > np.cumsum(odds / odds.sum(axis=1, keepdims=True), axis=1)).sum(axis=1)
    return pairs[:, 0].tolist(), pairs[:, 1].tolist(), [("first", "second", "tie")[draw] for draw in draws]


def by_name(fitted, values):
    return dict(zip(fitted.players, values, strict=True))


def test_two_players_are_log_odds():
    fitted = bradley_terry(["a"] * 10, ["b"] * 10, ["first"] * 7 + ["second"] * 3)
    assert fitted.strengths[0] - fitted.strengths[1] == pytest.approx(np.log(7 / 3), abs=1e-5)
    assert fitted.win_probability("a", "b") == pytest.approx(0.7, abs=1e-5)


def test_strengths_are_recovered_within_their_intervals():
    fitted = bradley_terry(*matches(np.random.default_rng(1)))
    for name, low, high in zip(fitted.players, fitted.low, fitted.high, strict=True):
        assert low < STRENGTH[name] < high
    assert fitted.strengths.sum() == pytest.approx(0)


def test_position_bias_is_taken_out():
    columns = matches(np.random.default_rng(2), pull=0.6)
    fitted = bradley_terry(*columns, position=True)
    low, high = fitted.effect_intervals["first"]
    assert low < 0.6 < high
    assert by_name(fitted, fitted.strengths) == pytest.approx(STRENGTH, abs=0.15)


def test_a_covariate_is_named():
    first, second, outcome = matches(np.random.default_rng(3))
    length = np.where(np.array(outcome) == "first", 1.0, -1.0) + np.random.default_rng(4).normal(
        size=len(outcome)
    )
    fitted = bradley_terry(first, second, outcome, covariates={"length": length})
    assert fitted.effects["length"] > 1


@pytest.mark.parametrize("ties", ["half", "davidson", "drop"])
def test_the_rule_for_ties_is_stated(ties):
    columns = matches(np.random.default_rng(5), tie=0.0)
    fitted = bradley_terry(*columns, ties=ties)
    counted = len(columns[2]) - (columns[2].count("tie") if ties == "drop" else 0)
    assert f"ties: {ties}" in fitted.method
    assert fitted.n == counted
    assert (
        np.argsort(fitted.strengths).tolist()
        == np.argsort([STRENGTH[name] for name in fitted.players]).tolist()
    )


def test_davidson_recovers_strengths_and_tie_parameter():
    fitted = bradley_terry(*matches(np.random.default_rng(6), tie=0.3), ties="davidson")
    assert fitted.tie == pytest.approx(0.3, abs=0.15)
    assert by_name(fitted, fitted.strengths) == pytest.approx(STRENGTH, abs=0.15)


def test_repeated_clusters_widen_the_intervals():
    first, second, outcome = matches(np.random.default_rng(7), n=200)
    plain = bradley_terry(first * 5, second * 5, outcome * 5)
    clustered = bradley_terry(first * 5, second * 5, outcome * 5, clusters=list(range(200)) * 5)
    ratio = (clustered.high - clustered.low) / (plain.high - plain.low)
    assert ratio == pytest.approx(np.full(3, np.sqrt(5)), rel=0.05)


def test_a_player_who_never_lost_is_named():
    fitted = bradley_terry(["a", "a", "b"], ["b", "c", "c"], ["first", "first", "first"])
    assert "a, c" in fitted.note
    assert np.isfinite(fitted.strengths).all()


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda: bradley_terry(["a"], ["b"], ["draw"]), "unknown outcome 'draw'"),
        (lambda: bradley_terry(["a"], ["b"], ["tie"], ties="drop"), "hold a comparison"),
        (lambda: bradley_terry(["a"], ["b"], ["tie"], ties="win"), "unknown rule"),
        (lambda: bradley_terry(["a"], ["b"], ["first"], covariates={"x": [1, 2]}), "'x' has 2 entries"),
    ],
)
def test_what_cannot_be_is_refused(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt()
