"""The draw as a pure function: no database."""

from collections import Counter
from dataclasses import replace

import pytest

from auditing.core.errors import BadInput
from auditing.sampling.drawing import Parameters, draw_units

IDS = [f"item-{number}" for number in range(100)]
TOPICS = ["history" if number < 90 else "science" for number in range(100)]
SIMPLE = Parameters(
    method="simple", by="", allocation="", judge_size=None, human_size=20, overlap=0.25, opinions=2
)
STRATIFIED = replace(SIMPLE, method="stratified", by="topic", allocation="proportional")


def test_all_items_go_to_the_judges_and_the_asked_number_to_humans():
    sample = draw_units(IDS, None, SIMPLE, seed=7)
    assert sorted(unit.external_id for unit in sample.units) == sorted(IDS)
    assert sample.human_size == 20
    assert {unit.judge_probability for unit in sample.units} == {1.0}
    assert {unit.human_probability for unit in sample.units} == {0.2}


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_frame():
    assert draw_units(IDS, TOPICS, STRATIFIED, 7) == draw_units(IDS[::-1], TOPICS[::-1], STRATIFIED, 7)


def test_another_seed_draws_others():
    assert draw_units(IDS, None, SIMPLE, 7) != draw_units(IDS, None, SIMPLE, 8)


def test_the_human_sample_lies_in_the_judge_sample_with_the_unconditional_probability():
    sample = draw_units(IDS, None, replace(SIMPLE, judge_size=50), seed=7)
    assert len(sample.units) == 50
    assert sample.human_size == 20
    assert {unit.judge_probability for unit in sample.units} == {0.5}
    assert {round(unit.human_probability, 12) for unit in sample.units} == {0.2}


def test_positions_are_one_to_n_in_an_order_that_is_not_the_frames():
    units = draw_units(IDS, None, SIMPLE, seed=7).units
    assert [unit.position for unit in units] == list(range(1, 101))
    assert [unit.external_id for unit in units] != sorted(IDS)


def test_the_overlap_share_gets_several_opinions_and_the_rest_one():
    units = draw_units(IDS, None, replace(SIMPLE, opinions=3), seed=7).units
    assert Counter(unit.opinions for unit in units) == {0: 80, 1: 15, 3: 5}


@pytest.mark.parametrize(
    ("allocation", "reviewed"),
    [("proportional", {"history": 18, "science": 2}), ("equal", {"history": 10, "science": 10})],
)
def test_strata_share_the_sample_and_every_unit_carries_its_strata_chance(allocation, reviewed):
    sample = draw_units(IDS, TOPICS, replace(STRATIFIED, allocation=allocation), seed=7)
    assert {name: human for name, _, _, human in sample.strata} == reviewed
    sizes = {"history": 90, "science": 10}
    for unit in sample.units:
        assert unit.human_probability == pytest.approx(reviewed[unit.stratum] / sizes[unit.stratum])


def test_every_stratum_is_reached_however_small():
    strata = ["rare" if number < 3 else "common" for number in range(100)]
    sample = draw_units(IDS, strata, replace(STRATIFIED, human_size=5), seed=7)
    assert {name: human for name, _, _, human in sample.strata} == {"common": 3, "rare": 2}


def test_a_sample_smaller_than_its_strata_is_refused():
    strata = [str(number) for number in range(100)]
    with pytest.raises(BadInput, match="20 units cannot cover 100 strata"):
        draw_units(IDS, strata, STRATIFIED, seed=7)


def test_asking_for_more_than_there_is_is_a_census():
    sample = draw_units(IDS[:8], None, SIMPLE, seed=7)
    assert sample.human_size == 8
    assert {unit.human_probability for unit in sample.units} == {1.0}


def test_over_many_seeds_a_unit_is_drawn_as_often_as_its_probability_says():
    parameters = replace(SIMPLE, judge_size=50)
    drawn = [draw_units(IDS, None, parameters, seed).units for seed in range(400)]
    hits = sum(any(unit.external_id == "item-3" and unit.is_human for unit in units) for units in drawn)
    assert 80 - 32 < hits < 80 + 32  # a fifth of 400, within four standard deviations
