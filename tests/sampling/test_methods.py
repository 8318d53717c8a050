"""The methods of a draw, as pure functions: what each does to the chances, and that each replays."""

from collections import Counter
from dataclasses import replace

import pytest

from auditing.core.errors import BadInput
from auditing.sampling.drawing import Guide, Parameters, draw_humans, draw_units

IDS = [f"item-{number}" for number in range(100)]
SIMPLE = Parameters(
    method="simple", by="", allocation="", judge_size=None, human_size=20, overlap=0.0, opinions=1
)
SIZES = {name: 1.0 + number for number, name in enumerate(IDS)}
HALVES = {name: "low" if number < 50 else "high" for number, name in enumerate(IDS)}


def reviewed(units):
    return [unit for unit in units if unit.is_human]


def test_systematic_takes_every_fifth_in_the_order_of_ids():
    sample = draw_units(IDS, None, replace(SIMPLE, method="systematic"), seed=3)
    places = [sorted(IDS).index(unit.external_id) for unit in reviewed(sample.units)]
    assert {b - a for a, b in zip(sorted(places), sorted(places)[1:], strict=False)} == {5}
    assert {unit.human_probability for unit in sample.units} == {0.2}


def test_chances_grow_with_the_size():
    sample = draw_units(IDS, None, replace(SIMPLE, method="pps", by="amount"), 3, Guide(sizes=SIZES))
    assert len(reviewed(sample.units)) == 20
    shares = {unit.human_probability / SIZES[unit.external_id] for unit in sample.units}
    assert max(shares) - min(shares) < 1e-12


def test_a_size_that_one_lacks_is_refused_by_name():
    lacking = {name: size for name, size in SIZES.items() if name != "item-7"}
    with pytest.raises(BadInput, match="item-7 has no size"):
        draw_units(IDS, None, replace(SIMPLE, method="pps", by="amount"), 3, Guide(sizes=lacking))


def test_neyman_takes_more_where_labels_vary_more_and_something_where_none_seem_to():
    parameters = replace(SIMPLE, method="stratified", by="half", allocation="neyman")
    strata = [HALVES[name] for name in IDS]
    sample = draw_units(IDS, strata, parameters, 3, Guide(spreads={"low": 0.0, "high": 0.5}))
    assert {name: human for name, _, _, human in sample.strata} == {"high": 18, "low": 2}
    again = draw_units(IDS, strata, parameters, 3)
    assert {name: human for name, _, _, human in again.strata} == {"high": 10, "low": 10}


def test_the_minimum_per_stratum_is_kept():
    strata = ["rare" if number < 10 else "common" for number in range(100)]
    parameters = replace(SIMPLE, method="stratified", by="kind", allocation="proportional", minimum=6)
    sample = draw_units(IDS, strata, parameters, seed=3)
    assert {name: human for name, _, _, human in sample.strata} == {"common": 14, "rare": 6}


@pytest.mark.parametrize("method", ["two-phase", "active"])
def test_humans_wait_for_the_judges(method):
    sample = draw_units(IDS, None, replace(SIMPLE, method=method), seed=3)
    assert sample.human_size == 0
    assert {unit.human_probability for unit in sample.units} == {None}


def test_two_phases_draw_from_strata_of_the_scores_inside_the_judge_sample():
    parameters = replace(SIMPLE, method="two-phase", allocation="equal", judge_size=60)
    judged = draw_units(IDS, None, parameters, seed=3).units
    units = draw_humans(judged, parameters, 3, Guide(strata=HALVES))
    assert Counter(unit.stratum for unit in reviewed(units)) == {"low": 10, "high": 10}
    sizes = Counter(unit.stratum for unit in units)
    for unit in units:
        assert unit.human_probability == pytest.approx(0.6 * 10 / sizes[unit.stratum])


def test_active_mixes_the_predicted_spread_with_a_uniform_share():
    parameters = replace(SIMPLE, method="active", tau=0.5)
    judged = draw_units(IDS, None, parameters, seed=3).units
    units = draw_humans(judged, parameters, 3, Guide(sizes=SIZES))
    mean = sum(SIZES.values()) / 100
    for unit in units:
        expected = 20 * (0.5 * SIZES[unit.external_id] + 0.5 * mean) / (100 * mean)
        assert unit.human_probability == pytest.approx(expected)


def test_active_without_earlier_audits_is_uniform():
    parameters = replace(SIMPLE, method="active", tau=0.3)
    units = draw_humans(draw_units(IDS, None, parameters, seed=3).units, parameters, 3)
    assert {round(unit.human_probability, 12) for unit in units} == {0.2}


def test_the_order_in_which_units_are_read_changes_nothing():
    parameters = replace(SIMPLE, method="active", tau=0.3)
    judged = draw_units(IDS, None, parameters, seed=3).units
    forth = draw_humans(judged, parameters, 3, Guide(sizes=SIZES))
    back = draw_humans(judged[::-1], parameters, 3, Guide(sizes=SIZES))
    assert set(forth) == set(back)


@pytest.mark.parametrize(("method", "tau"), [("pps", 0.0), ("active", 0.2)])
def test_over_many_seeds_units_are_drawn_as_often_as_their_probabilities_say(method, tau):
    parameters = replace(SIMPLE, method=method, by="amount", tau=tau)
    hits, expected = Counter(), {}
    for seed in range(300):
        judged = draw_units(IDS, None, parameters, seed, Guide(sizes=SIZES)).units
        units = draw_humans(judged, parameters, seed, Guide(sizes=SIZES))
        hits.update(unit.external_id for unit in reviewed(units))
        expected = {unit.external_id: 300 * unit.human_probability for unit in units}
    far = [name for name in IDS if abs(hits[name] - expected[name]) > 4.5 * expected[name] ** 0.5 + 1]
    assert far == []
