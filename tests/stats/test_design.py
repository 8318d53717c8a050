import numpy as np
import pytest

from auditing.stats.allocation import allocate, neyman_allocation, smoothed_spread
from auditing.stats.design import draw, fixed_interval, frame_hash, mixed_with_uniform, pps_probabilities
from tests.stats.reference import cases

FRAME = [f"item-{number:03d}" for number in range(60)]
STRATA = ["rare" if number < 5 else "common" for number in range(60)]
SIZES = [1 + number % 7 for number in range(60)]
METHODS = {
    "simple": {},
    "stratified": {"strata": STRATA},
    "systematic": {},
    "pps": {"sizes": SIZES},
}


@pytest.mark.parametrize("case", cases("neyman_allocation") + cases("neyman_allocation_fractional"))
def test_neyman_reference(case):
    inputs = case["inputs"]
    shares = neyman_allocation(inputs["N_h"], inputs["S_h"], inputs["n"])
    assert shares == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("systematic_items"))
def test_systematic_reference(case):
    inputs = case["inputs"]
    hits = fixed_interval(np.ones(inputs["N"]), inputs["n"], inputs["start"])
    assert (hits + 1).tolist() == case["expected"]


@pytest.mark.parametrize("case", cases("mus_fixed_interval"))
def test_monetary_units_reference(case):
    inputs = case["inputs"]
    hits = fixed_interval(inputs["values"], inputs["n"], inputs["start"])
    assert ["ABCDEFGHIJ"[position] for position in hits] == case["expected"]


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_draw_whatever_the_order_of_the_frame(method):
    shuffled = np.random.default_rng(5).permutation(len(FRAME))
    options = {name: [values[position] for position in shuffled] for name, values in METHODS[method].items()}
    first = draw(FRAME, 12, method, 99, **METHODS[method])
    second = draw([FRAME[position] for position in shuffled], 12, method, 99, **options)
    assert (first.ids, first.probabilities.tolist(), first.frame_hash) == (
        second.ids,
        second.probabilities.tolist(),
        second.frame_hash,
    )
    assert len({draw(FRAME, 12, method, seed, **METHODS[method]).ids for seed in range(20)}) > 1


@pytest.mark.parametrize("method", METHODS)
def test_draws_follow_the_stored_probabilities(method):
    counts = dict.fromkeys(FRAME, 0)
    for seed in range(1500):
        result = draw(FRAME, 12, method, seed, **METHODS[method])
        assert len(set(result.ids)) == 12
        for drawn in result.ids:
            counts[drawn] += 1
    shares = np.array([counts[unit] for unit in FRAME]) / 1500
    assert (result.all_probabilities > 0).all()
    assert result.all_probabilities.sum() == pytest.approx(12)
    assert shares == pytest.approx(result.all_probabilities, abs=0.06)


def test_the_seeded_draw_never_changes():
    """The five units with the smallest of sixty numbers by PCG64(SeedSequence(2024)), on any machine."""
    drawn = ("item-006", "item-014", "item-029", "item-039", "item-049")
    keys = np.random.Generator(np.random.PCG64(np.random.SeedSequence(2024))).random(60)
    assert draw(FRAME, 5, "simple", 2024).ids == drawn
    assert tuple(FRAME[position] for position in sorted(np.argsort(keys)[:5])) == drawn


def test_the_kind_of_sequence_does_not_matter():
    plain, array = draw([3, 1, 2, 9], 2, "simple", 5), draw(np.array([3, 1, 2, 9]), 2, "simple", np.int64(5))
    assert (plain.ids, plain.frame_hash) == (array.ids, array.frame_hash)
    assert frame_hash(np.array(["a", "b"])) == frame_hash(["a", "b"])


def test_a_draw_of_everything_is_a_census():
    result = draw(FRAME, 100, "pps", 1, sizes=SIZES)
    assert list(result.ids) == FRAME
    assert set(result.probabilities) == {1.0}


def test_every_stratum_has_its_minimum():
    result = draw(FRAME, 12, "stratified", 3, strata=STRATA, minimum_per_stratum=4)
    assert result.strata.count("rare") == 4
    assert set(result.probabilities[np.array(result.strata) == "rare"]) == {4 / 5}


def test_neyman_draw_floors_a_stratum_that_looks_pure():
    spreads = {"rare": 0.5, "common": 0.0}
    result = draw(FRAME, 12, "stratified", 3, strata=STRATA, allocation="neyman", spreads=spreads)
    assert result.strata.count("common") >= 2
    assert result.strata.count("rare") == 5


def test_smoothed_spread_is_never_zero():
    assert (smoothed_spread([0, 10], [10, 10]) > 0.25).all()


@pytest.mark.parametrize("allocation", ["proportional", "equal"])
def test_allocation_sums_and_respects_sizes(allocation):
    shares = allocate([1, 3, 500, 40], 60, allocation, minimum=5)
    assert shares.sum() == 60
    assert (shares <= [1, 3, 500, 40]).all()
    assert (shares >= [1, 3, 5, 5]).all()


def test_allocation_lowers_a_minimum_that_does_not_fit():
    assert allocate([10, 10, 10], 4, minimum=2).tolist() == [2, 1, 1]


def test_large_units_are_taken_with_certainty():
    inclusion = pps_probabilities([100, 1, 1, 1, 1], 2)
    assert inclusion == pytest.approx([1, 0.25, 0.25, 0.25, 0.25])


def test_mixing_keeps_small_units_drawable():
    assert mixed_with_uniform([0.0, 2.0], 0.3) == pytest.approx([0.3, 1.7])
    assert mixed_with_uniform([0.0, 0.0], 0.3) == pytest.approx([0.3, 0.3])


def test_frame_hash_knows_members_and_types_but_not_order():
    assert frame_hash(["a", "b"]) == frame_hash(["b", "a"])
    assert len({frame_hash(["a", "b"]), frame_hash(["ab"]), frame_hash([1, 2]), frame_hash(["1", "2"])}) == 4


@pytest.mark.parametrize(
    ("frame", "n", "options", "message"),
    [
        ([], 1, {}, "empty"),
        (np.zeros((2, 2)), 1, {}, "one column"),
        (["a", "a"], 1, {}, "'a' is in the frame twice"),
        (["a", "b"], 0, {}, "at least one unit"),
        (["a", "b"], 1, {"method": "lottery"}, "unknown method"),
        (["a", "b"], 1, {"method": "stratified"}, "needs the stratum"),
        (["a", "b"], 1, {"method": "stratified", "strata": ["x", "y"]}, "cannot cover 2 strata"),
        (["a", "b", "c"], 1, {"method": "stratified", "strata": ["x"]}, "1 entries for 3 units"),
        (["a", "b"], 1, {"method": "pps"}, "needs the size"),
        (["a", "b"], 1, {"method": "pps", "sizes": [0, 1]}, "size 0 could never be drawn"),
    ],
)
def test_draws_that_cannot_be_are_refused(frame, n, options, message):
    with pytest.raises(ValueError, match=message):
        draw(frame, n, **options)


def test_pps_leaves_no_unit_without_a_chance():
    assert pps_probabilities([1, 2], 2).tolist() == [1, 1]
    assert pps_probabilities([1e17, 1, 2], 2).tolist() == pytest.approx([1, 1 / 3, 2 / 3])
    with pytest.raises(ValueError, match="too unequal"):
        draw(["a", "b", "c"], 1, "pps", sizes=[1e17, 1, 2])


def test_strata_without_a_unit_are_refused():
    for sizes, n in (([0, 5], 3), ([], 0)):
        with pytest.raises(ValueError, match="none without a unit"):
            allocate(sizes, n)
    with pytest.raises(ValueError, match="nor all of them 0"):
        neyman_allocation([1, 2], [0, 0], 5)


@pytest.mark.parametrize("ids", [["a", 1], [None], [float("nan"), 1.0]])
def test_ids_without_an_order_are_refused(ids):
    with pytest.raises(ValueError, match="all texts or all numbers"):
        draw(ids, 1)
    with pytest.raises(ValueError, match="all texts or all numbers"):
        frame_hash(ids)
