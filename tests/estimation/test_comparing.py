"""Slices side by side: pooled where they are small, and said to differ only where chance does not explain it."""

import numpy as np
import pytest

from auditing.estimation.calculation import calculated
from auditing.estimation.comparing import FALSE_DISCOVERIES, with_slices_compared
from auditing.estimation.inputs import Numbers
from auditing.estimation.measures import Measure, on_scale_number

PASSES = Measure("correct", "pass_rate", on_scale_number, (0.0, 1.0))


def numbers(good: int, n: int, population: int) -> Numbers:
    """So many of n labels are good, drawn simply."""
    return Numbers(
        labels=np.repeat([1.0, 0.0], [good, n - good]),
        probabilities=np.full(n, n / population),
        strata=np.full(n, "", dtype=object),
        strata_sizes={"": float(population)},
        clusters=None,
        proxy=None,
        labelled_in_proxy=None,
        reach=None,
        population=population,
        unscored_verdicts=0,
    )


def slices(*counts: tuple[int, int, int], field: str = "topic"):
    """One estimate for each slice's (good, labels, items)."""
    return [
        calculated(numbers(*one), PASSES, "human", 0.95, "batch", "", (field, f"{field} {place}"))
        for place, one in enumerate(counts)
    ]


def compared(*counts: tuple[int, int, int]):
    return with_slices_compared(slices(*counts), PASSES.bounds)


def test_the_smaller_the_slice_the_more_it_borrows():
    found = compared((90, 100, 1000), (80, 100, 1000), (2, 4, 1000))
    large, _, small = (one.beside["pooled"] for one in found)
    assert small["own_weight"] < large["own_weight"]
    assert 0.5 < small["estimate"] < 0.9
    assert small["high"] - small["low"] < found[2].result.high - found[2].result.low
    assert found[2].result.estimate == 0.5  # its own figure stays


def test_pooled_figures_stay_on_the_scale():
    assert all(one.beside["pooled"]["high"] <= 1 for one in compared((9, 9, 99), (9, 9, 99), (9, 9, 99)))


def test_two_slices_are_compared_but_not_pooled():
    found = compared((95, 100, 1000), (50, 100, 1000))
    assert [one.beside["rest"]["differs"] for one in found] == [True, True]
    assert found[0].beside["rest"]["difference"] == pytest.approx(0.45)
    assert "pooled" not in found[0].beside


def test_the_slice_that_differs_is_named_and_no_other():
    found = compared((95, 100, 1000), (94, 100, 1000), (96, 100, 1000), (60, 100, 1000))
    assert found[3].beside["rest"]["differs"]
    assert found[3].beside["rest"]["difference"] < 0
    assert found[3].beside["rest"]["compared"] == 4


def test_a_slice_whose_items_are_all_labelled_borrows_nothing():
    found = compared((9, 10, 10), (90, 100, 1000), (80, 100, 1000), (85, 100, 1000))
    assert "pooled" not in found[0].beside
    assert "rest" in found[0].beside
    assert "pooled" in found[1].beside


def test_a_slice_without_an_estimate_is_left_out():
    refused = calculated(numbers(0, 0, 9), PASSES, "human", 0.95, "batch", "", ("topic", "none"))
    found = with_slices_compared([*slices((90, 100, 1000), (80, 100, 1000)), refused], PASSES.bounds)
    assert found[2].beside == {}
    assert found[0].beside["rest"]["compared"] == 2


def test_the_whole_is_not_compared():
    whole = calculated(numbers(90, 100, 1000), PASSES, "human", 0.95, "batch", "")
    assert with_slices_compared([whole], PASSES.bounds)[0].beside == {}


def test_slices_of_two_fields_are_one_family_of_tests():
    both = [
        *slices((95, 100, 1000), (80, 100, 1000)),
        *slices((90, 100, 1000), (85, 100, 1000), field="tone"),
    ]
    found = with_slices_compared(both, PASSES.bounds)
    assert {one.beside["rest"]["compared"] for one in found} == {4}


def test_false_discoveries_are_held_down_where_no_slice_differs():
    """Twelve slices alike: any discovery is false, so at most a tenth of the audits may make one."""
    rng = np.random.default_rng(4)
    runs = 200
    false = sum(
        any(
            one.beside["rest"]["differs"]
            for one in compared(*((int(good), 60, 5000) for good in rng.binomial(60, 0.8, 12)))
        )
        for _ in range(runs)
    )
    assert false / runs <= FALSE_DISCOVERIES + 2 * np.sqrt(0.09 / runs)
