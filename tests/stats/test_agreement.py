import math
import time

import numpy as np
import pytest
from scipy import stats

from auditing.stats.agreement import (
    agreement_band,
    brennan_prediger,
    cohen_kappa,
    confusion,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    icc,
    krippendorff_alpha,
    raw_agreement,
)
from tests.stats.published import toy_ratings
from tests.stats.reference import cases, labelled, stated

MANY = [fleiss_kappa, conger_kappa, krippendorff_alpha, gwet_ac, brennan_prediger]
RATERS_4 = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, None],
    [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
]


def pairs(table):
    """Two raters' sequences whose cross-table is `table`."""
    cells = [
        (row, column)
        for row in range(len(table))
        for column in range(len(table))
        for _ in range(table[row][column])
    ]
    return [row for row, _ in cells], [column for _, column in cells]


def from_counts(counts):
    """Ratings (raters x items) with these counts per item."""
    rows = [[category for category, count in enumerate(item) for _ in range(count)] for item in counts]
    return np.array(rows).T


def unweighted(name):
    return None if name in ("unweighted", "identity") else name


@pytest.mark.parametrize("case", cases("cohen_kappa", "audit*") + cases("weighted_kappa_linear"))
def test_cohen_kappa_value_reference(case):
    weights = unweighted(case["inputs"].get("weights", "linear"))
    expected = case["expected"]["kappa"] if isinstance(case["expected"], dict) else case["expected"]
    result = cohen_kappa(*pairs(case["inputs"]["table"]), weights)
    assert result.value == pytest.approx(expected, abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("cohen_kappa", "estimation*"))
def test_cohen_kappa_interval_reference(case):
    result = cohen_kappa(*pairs(case["inputs"]["table"]))
    assert result.value == pytest.approx(case["expected"]["kappa"], abs=case["tolerance"])
    assert [result.low, result.high] == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("weighted_kappa_linear"))
def test_weighted_kappa_standard_error_reference(case):
    result = cohen_kappa(*pairs(case["inputs"]["table"]), "linear")
    error = (result.high - result.low) / 2 / 1.959963984540054
    assert error == pytest.approx(case["expected"]["se"], abs=case["tolerance"])


def test_bootstrap_and_analytic_kappa_intervals_are_near():
    a, b = pairs([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    analytic, bootstrap = cohen_kappa(a, b), cohen_kappa(a, b, interval="bootstrap", resamples=4000)
    assert [bootstrap.low, bootstrap.high] == pytest.approx([analytic.low, analytic.high], abs=0.01)
    assert bootstrap == cohen_kappa(a, b, interval="bootstrap", resamples=4000)


@pytest.mark.parametrize("case", cases("kappa_paradox_kappa_and_AC1"))
def test_prevalence_paradox_reference(case):
    a, b = pairs(case["inputs"]["table"])
    values = [cohen_kappa(a, b).value, gwet_ac([a, b]).value]
    assert values == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("scott_pi"))
def test_scott_pi_is_fleiss_kappa_of_two(case):
    assert fleiss_kappa(pairs(case["inputs"]["table"])).value == pytest.approx(
        case["expected"], abs=case["tolerance"]
    )


@pytest.mark.parametrize("case", cases("gwet_ac1_ac2"))
def test_gwet_of_two_raters_reference(case):
    result = gwet_ac(pairs(case["inputs"]["table"]), unweighted(case["inputs"]["weights"]))
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("fleiss_kappa_multirater") + cases("fleiss_kappa"))
def test_fleiss_kappa_reference(case):
    inputs = case["inputs"]
    counts = inputs.get("counts", inputs.get("counts_items_by_categories"))
    ratings = from_counts(counts) if counts else inputs["ratings_by_rater"]
    result = fleiss_kappa(ratings, unweighted(inputs.get("weights", "unweighted")))
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])


GWET = cases("gwet_ac1", "audit*") + cases("gwet_ac2", "audit*")


@pytest.mark.parametrize("case", GWET)
def test_gwet_value_reference(case):
    result = gwet_ac(case["inputs"]["ratings_by_rater"], unweighted(case["inputs"]["weights"]))
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("gwet_ac1", "estimation*") + cases("gwet_ac2", "estimation*"))
def test_gwet_interval_reference(case):
    ratings = list(zip(*case["inputs"]["ratings_items_by_raters"], strict=True))
    result = gwet_ac(ratings, unweighted(case["inputs"]["weights"]))
    assert result.value == pytest.approx(case["expected"]["value"], abs=case["tolerance"])
    assert [result.low, result.high] == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("brennan_prediger", "audit*"))
def test_brennan_prediger_value_reference(case):
    result = brennan_prediger(case["inputs"]["ratings_by_rater"], unweighted(case["inputs"]["weights"]))
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("brennan_prediger", "estimation*"))
def test_brennan_prediger_interval_reference(case):
    ratings = list(zip(*case["inputs"]["ratings_items_by_raters"], strict=True))
    result = brennan_prediger(ratings, unweighted(case["inputs"]["weights"]))
    assert result.value == pytest.approx(case["expected"]["value"], abs=case["tolerance"])
    assert [result.low, result.high] == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])


@pytest.mark.parametrize("case", stated("krippendorff_alpha", "ratings_by_rater"))
def test_alpha_reference(case):
    result = krippendorff_alpha(case["inputs"]["ratings_by_rater"], case["inputs"]["level"])
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])
    assert result.low <= result.value <= result.high


@pytest.mark.parametrize(
    ("level", "case"),
    labelled({level: cases(f"krippendorff_alpha_{level}") for level in ("nominal", "ordinal", "interval")}),
)
def test_alpha_by_level_reference(level, case):
    result = krippendorff_alpha(case["inputs"]["raters_by_items"], level)
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("krippendorff_alpha", "estimation*"))
def test_alpha_with_quadratic_weights_is_interval_alpha(case):
    ratings = list(zip(*case["inputs"]["ratings_items_by_raters"], strict=True))
    value = krippendorff_alpha(ratings, "interval").value
    assert value == pytest.approx(case["expected"]["value"], abs=case["tolerance"])


WEIGHTED_ALPHA = {"nominal": "unweighted", "interval": "quadratic", "ratio": "ratio"}


@pytest.mark.parametrize(
    ("level", "case"),
    labelled({level: cases(f"krippendorff_alpha_irrCAC_{name}") for level, name in WEIGHTED_ALPHA.items()}),
)
def test_alpha_levels_match_the_matching_weights(level, case):
    assert krippendorff_alpha(RATERS_4, level).value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("TRAP_krippendorff_ordinal_vs_irrCAC_ordinal"))
def test_ordinal_alpha_is_krippendorffs(case):
    value = krippendorff_alpha(RATERS_4, "ordinal").value
    assert value == pytest.approx(case["expected"]["krippendorff_ordinal"], abs=case["tolerance"])


@pytest.mark.parametrize("case", stated("krippendorff_alpha", "dataset"))
def test_alpha_of_the_toy_data_reference(case):
    value = krippendorff_alpha(toy_ratings(), case["inputs"]["level"]).value
    assert value == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("conger_kappa"))
def test_conger_reference(case):
    result = conger_kappa(RATERS_4)
    assert result.value == pytest.approx(case["expected"], abs=case["tolerance"])
    error = (result.value - result.low) / stats.t.isf(0.025, result.n - 1)
    assert error == pytest.approx(float(case["note"].removeprefix("SE ")), abs=5e-6)


@pytest.mark.parametrize("weights", [None, "linear", "quadratic"])
def test_conger_of_two_raters_is_cohens_kappa(weights):
    a, b = pairs([[88, 14, 18], [10, 40, 10], [2, 6, 12]])
    assert conger_kappa([a, b], weights).value == pytest.approx(cohen_kappa(a, b, weights).value)


@pytest.mark.parametrize("case", cases("agreement_benchmark_cumprob_landis_koch"))
def test_agreement_band_reference(case):
    band = agreement_band(case["inputs"]["coef"], case["inputs"]["se"])
    assert [chance for _, _, chance in band.reached[:5]] == pytest.approx(
        list(case["expected"].values()), abs=case["tolerance"]
    )
    assert band.name == "moderate"


@pytest.mark.parametrize("measure", [fleiss_kappa, conger_kappa, gwet_ac, brennan_prediger])
def test_no_weights_have_three_names(measure):
    ratings = [[1, 2, 3, 1], [1, 2, 2, 1]]
    assert measure(ratings, "identity") == measure(ratings, "unweighted") == measure(ratings)
    with pytest.raises(ValueError, match="unknown weights 'cubic'"):
        measure(ratings, "cubic")


def test_words_take_their_order_from_the_scale():
    words = [["low", "mid", "high", "mid"], ["low", "high", "high", "mid"]]
    ranks = [[1, 2, 3, 2], [1, 3, 3, 2]]
    ordered = krippendorff_alpha(words, "ordinal", categories=["low", "mid", "high"])
    assert ordered.value == pytest.approx(krippendorff_alpha(ranks, "ordinal").value)
    assert ordered.value != pytest.approx(krippendorff_alpha(words, "ordinal").value)


def test_raters_who_never_differ_have_no_icc_interval():
    result = icc([[1, 2, 3], [1, 2, 3]])
    assert result.value == 1
    assert math.isnan(result.low)


def test_a_band_needs_a_standard_error():
    assert agreement_band(-0.5, 0.01).name == "poor"
    with pytest.raises(ValueError, match="positive standard error"):
        agreement_band(0.5, 0)


@pytest.mark.parametrize("case", cases("icc_shrout_fleiss_1_1__2_1__3_1__1_k__2_k__3_k"))
def test_icc_reference(case):
    ratings = np.array(case["inputs"]["ratings"]).T
    results = [icc(ratings, form) for form in ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")]
    assert [result.value for result in results] == pytest.approx(case["precise"], abs=1e-6)
    assert all(result.low < result.value < result.high for result in results)


def test_icc_intervals_published_by_shrout_and_fleiss():
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    ).T
    intervals = {form: (icc(ratings, form).low, icc(ratings, form).high) for form in ("1,1", "2,1", "3,1")}
    assert intervals["1,1"] == pytest.approx((-0.13, 0.72), abs=0.01)
    assert intervals["2,1"] == pytest.approx((0.02, 0.76), abs=0.01)
    assert intervals["3,1"] == pytest.approx((0.34, 0.95), abs=0.01)


def test_icc_names_the_items_it_left_out():
    result = icc([[1, 2, 3, None], [1, 2, 4, 4]])
    assert result.n == 3
    assert "1 of 4 items" in result.note


@pytest.mark.parametrize("measure", MANY)
def test_one_category_is_undefined_not_a_number(measure):
    result = measure([["yes"] * 5, ["yes"] * 5])
    assert math.isnan(result.value)
    assert "one category" in result.note
    assert result.to_dict()["value"] is None


def test_one_category_kappa_is_undefined_and_raw_agreement_is_not():
    assert math.isnan(cohen_kappa(["yes"] * 5, ["yes"] * 5).value)
    assert raw_agreement(["yes"] * 5, ["yes"] * 5).value == 1.0


@pytest.mark.parametrize("measure", MANY)
def test_without_a_pair_nothing_is_claimed(measure):
    result = measure([["yes", None], [None, "no"]])
    assert math.isnan(result.value)
    assert "two ratings" in result.note


@pytest.mark.parametrize("measure", MANY)
def test_perfect_agreement_still_has_a_lower_end(measure):
    result = measure([["a", "b", "a", "b", "a"]] * 2)
    assert result.value == result.high == 1.0
    assert result.low < 0.8


@pytest.mark.parametrize("measure", MANY)
def test_one_item_has_no_interval(measure):
    result = measure([["a"], ["b"]])
    assert math.isnan(result.low)
    assert "no interval" in result.note


def test_missing_pairs_are_left_out_and_counted():
    result = raw_agreement(["a", None, "b", float("nan")], ["a", "b", "a", "b"])
    assert (result.n, result.value) == (2, 0.5)


def test_confusion_keeps_the_order_of_the_scale():
    table = confusion(["low", "high"], ["low", "low"], categories=["low", "mid", "high"])
    assert table.counts.tolist() == [[1, 0, 0], [0, 0, 0], [1, 0, 0]]
    assert table.to_dict() == {
        "categories": ["low", "mid", "high"],
        "counts": [[1, 0, 0], [0, 0, 0], [1, 0, 0]],
    }


def test_a_category_off_the_scale_is_refused():
    with pytest.raises(ValueError, match="'maybe' is not among"):
        confusion(["yes"], ["maybe"], categories=["yes", "no"])
    with pytest.raises(ValueError, match="different lengths"):
        confusion(["yes"], [])


def test_bad_levels_are_refused():
    with pytest.raises(ValueError, match="unknown level"):
        krippendorff_alpha(RATERS_4, "cardinal")
    with pytest.raises(ValueError, match="needs numbers"):
        krippendorff_alpha([["a", "b"], ["a", "a"]], "interval")
    with pytest.raises(ValueError, match="not negative"):
        krippendorff_alpha([[-1, 2], [1, 2]], "ratio")


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_alpha_equals_its_definition(level):
    """Against the coincidence-matrix definition, written out naively."""
    rng = np.random.default_rng(3)
    ratings = rng.integers(0, 5, size=(4, 30)).astype(float)
    ratings[rng.random(ratings.shape) < 0.3] = np.nan
    assert krippendorff_alpha(ratings, level).value == pytest.approx(naive_alpha(ratings, level), abs=1e-9)


def naive_alpha(ratings, level):
    units = [column[~np.isnan(column)] for column in ratings.T]
    units = [unit for unit in units if len(unit) > 1]
    everything = np.concatenate(units)
    values = sorted(set(everything))
    frequency = {value: (everything == value).sum() for value in values}

    def distance(a, b):
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b) ** 2
        if level == "ratio":
            return ((a - b) / (a + b)) ** 2 if a + b else 0.0
        low, high = min(a, b), max(a, b)
        between = sum(frequency[value] for value in values if low <= value <= high)
        return (between - (frequency[a] + frequency[b]) / 2) ** 2

    observed = sum(distance(a, b) / (len(unit) - 1) for unit in units for a in unit for b in unit)
    expected = sum(distance(a, b) for a in everything for b in everything) / (len(everything) - 1)
    return 1 - observed / expected


def test_alpha_is_linear_in_the_ratings():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=20_000)
    ratings = np.round(truth + rng.normal(size=(5, 20_000)), 3)
    timings = []
    for _ in range(3):
        start = time.perf_counter()
        krippendorff_alpha(ratings, "interval")
        timings.append(time.perf_counter() - start)
    assert min(timings) < 0.25, "5 x 20,000 ratings took as long as a method that is not linear would"


@pytest.mark.slow
def test_alpha_interval_covers():
    rng = np.random.default_rng(11)
    truth = krippendorff_alpha(simulated(rng, 40_000), "interval").value
    results = [
        krippendorff_alpha(simulated(rng, 80), "interval", resamples=500, seed=run) for run in range(400)
    ]
    assert sum(result.low <= truth <= result.high for result in results) >= 368


def simulated(rng, items):
    return np.clip(np.round(3 + rng.normal(size=items) + 0.8 * rng.normal(size=(3, items))), 1, 5)


@pytest.mark.parametrize("form", ["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"])
@pytest.mark.parametrize(
    "ratings", [[[1, 1, 1], [2, 2, 2]], [[1, 2, 3], [3, 2, 1]], [[0.1, 0.3], [0.3, 0.1]]]
)
def test_icc_of_items_that_do_not_differ_is_undefined_or_has_no_interval(form, ratings):
    found = icc(ratings, form)
    if form in ("1,k", "3,k"):
        assert np.isnan(found.value)
        assert "differ too little" in found.note
    elif form == "1,1":
        assert (found.value, found.low, found.high) == (-1, -1, -1)
    elif not np.isnan(found.value):
        assert np.isnan(found.low) or found.low <= found.value <= found.high


@pytest.mark.parametrize("form", ["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"])
def test_an_icc_lies_within_its_interval(form):
    rng = np.random.default_rng(11)
    for _ in range(200):
        found = icc(rng.integers(1, 6, (3, 5)), form)
        assert np.isnan(found.value) or np.isnan(found.low) or found.low <= found.value <= found.high
