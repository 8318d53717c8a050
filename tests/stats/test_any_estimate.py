"""Whatever few labels say, an estimate is an interval around itself or a refusal with its reason."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auditing.stats.estimation import EstimateRefused, estimate_mean

VALUES = {
    "binary": st.sampled_from([0.0, 1.0]),
    "grades": st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0]),
    "numbers": st.floats(-1e6, 1e6).map(lambda value: round(value, 3)),
}
SCORES = st.one_of(st.sampled_from([0.0, 1.0]), VALUES["numbers"], st.just(math.nan))


@st.composite
def audits(draw):
    """The arguments of an estimate: a few drawn units of a small judged batch, of any shape."""
    n = draw(st.integers(1, 12))
    population = n + draw(st.integers(0, 12))
    values = VALUES[draw(st.sampled_from(sorted(VALUES)))]

    def column(of, size):
        return draw(st.lists(of, min_size=size, max_size=size))

    given = {
        "labels": np.array(column(values, n)),
        "probabilities": draw(
            st.one_of(st.just(n / population), st.just(np.array(column(st.floats(0.01, 1), n))))
        ),
        "population": population,
        "method": draw(st.sampled_from(["auto", "human-only", "ppi++", "post-stratified", "aipw"])),
        "use": draw(st.sampled_from(["display", "compliance"])),
        "side": draw(st.sampled_from(["two-sided", "lower", "upper"])),
        "target": draw(st.sampled_from(["batch", "process"])),
    }
    if draw(st.booleans()):
        for place in draw(st.sets(st.integers(0, n - 1), max_size=n - 1)):
            given["labels"][place] = math.nan
        given["bounds"] = (
            (0, 1) if set(given["labels"][~np.isnan(given["labels"])]) <= {0, 1} else (-1e6, 1e6)
        )
    _with_judges(draw, column, given, n, population)
    if draw(st.booleans()):
        given["clusters"] = column(st.sampled_from("abcd"), n)
    elif draw(st.booleans()):
        given["strata"] = column(st.sampled_from("ab"), n)
    return given


def _with_judges(draw, column, given, n, population):
    """A judge of all items or of the labelled ones only, at times learned out of fold, at times in two waves."""
    if draw(st.booleans()):
        judged = draw(st.sampled_from([population, n]))
        given |= {"proxy_all": np.array(column(SCORES, judged)), "labelled_index": np.arange(n)}
        given["learned_proxy"] = draw(st.booleans())
        if draw(st.booleans()):
            given["proxy_labelled"] = np.array(column(SCORES, n))
    if "proxy_all" in given and len(given["proxy_all"]) == population and n > 1 and draw(st.booleans()):
        first = draw(st.integers(1, n - 1))
        given["waves"] = [1] * first + [2] * (n - first)


@given(audits())
@example(
    {
        "labels": np.array([0.0, 1.0, 0.0, 1.0]),
        "probabilities": 0.5,
        "population": 8,
        "proxy_all": np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]),
        "labelled_index": np.arange(4),
    }
)  # a judge that is always wrong
@settings(max_examples=400, deadline=None)
def test_any_labels_give_an_interval_or_a_reason(given):
    try:
        found = estimate_mean(**given)
    except EstimateRefused:
        return
    assert math.isfinite(found.estimate)
    assert found.low <= found.estimate + 1e-9 * abs(found.estimate)
    assert found.estimate <= found.high + 1e-9 * abs(found.estimate)
    assert found.n_effective > 0
    if given.get("bounds") in (None, (0, 1)) and set(given["labels"][~np.isnan(given["labels"])]) <= {0, 1}:
        assert 0 <= found.low <= found.high <= 1


def test_a_judge_that_is_always_wrong_is_no_better_than_chance():
    labels = np.array([0.0, 1.0] * 20)
    with pytest.raises(EstimateRefused, match="better than chance"):
        estimate_mean(labels, 0.5, np.tile(1 - labels, 2), labelled_index=np.arange(40), method="ppi++")
