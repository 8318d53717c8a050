import itertools
import json
import math
import time

import numpy as np
import pytest

from auditing.stats.design import draw
from auditing.stats.estimation import (
    EstimateRefused,
    estimate_mean,
    fit_proxy,
    horvitz_thompson_total,
    ppi_mean,
    rogan_gladen,
    worst_case,
)
from auditing.stats.estimation.estimators import Bounds
from auditing.stats.estimation.sample import prepare
from auditing.stats.estimation.single import clipped
from auditing.stats.intervals import proportion
from tests.stats.reference import cases


def world(rng, items=2000, share=0.2, sensitivity=0.9, specificity=0.95):
    """Truth and a judge's verdicts for a batch."""
    truth = (rng.random(items) < share).astype(float)
    verdict = np.where(truth == 1, rng.random(items) < sensitivity, rng.random(items) > specificity)
    return truth, verdict.astype(float)


def coverage(estimate, repetitions):
    """Share of repetitions whose interval holds the truth; estimate(rng) gives (result, truth)."""
    hits = 0
    for run in range(repetitions):
        result, truth = estimate(np.random.default_rng(run))
        hits += result.low <= truth <= result.high
    return hits / repetitions


@pytest.mark.parametrize("case", cases("srs_mean_ci_fpc"))
def test_simple_random_sample_reference(case):
    labels = 2 * np.array(case["inputs"]["y"])  # doubled, so that they are numbers and not a share
    result = estimate_mean(labels, len(labels) / case["inputs"]["N"], population=case["inputs"]["N"])
    assert [result.low / 2, result.high / 2] == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("horvitz_thompson_unbiased_by_enumeration"))
def test_horvitz_thompson_is_unbiased(case):
    labels, inclusion = np.array(case["inputs"]["y"]), np.array(case["inputs"]["pi"])
    expected = 0.0
    for chosen in itertools.product([False, True], repeat=len(labels)):
        drawn = np.array(chosen)
        chance = np.prod(np.where(drawn, inclusion, 1 - inclusion))
        expected += chance * horvitz_thompson_total(labels[drawn], inclusion[drawn])
    assert expected == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("stratified_most_likely_error"))
def test_stratified_reference(case):
    found, counts, sizes = (case["inputs"][key] for key in ("k", "n", "N"))
    labels = [float(i < k) for k, n in zip(found, counts, strict=True) for i in range(n)]
    strata = [stratum for stratum, n in enumerate(counts) for _ in range(n)]
    inclusion = [counts[stratum] / sizes[stratum] for stratum in strata]
    result = estimate_mean(labels, inclusion, strata=strata, strata_sizes=dict(enumerate(sizes)))
    assert result.estimate == pytest.approx(case["expected"], abs=case["tolerance"])
    assert result.population == sum(sizes)


@pytest.mark.parametrize("case", cases("ppi_mean"))
def test_published_ppi_reference(case):
    inputs = case["inputs"]
    slope = None if isinstance(inputs["lam"], str) else inputs["lam"]
    result = ppi_mean(inputs["Y"], inputs["Yhat"], inputs["Yhat_unlabeled"], slope, 1 - inputs["alpha"])
    assert result.estimate == pytest.approx(case["expected"]["point"], abs=case["tolerance"])
    assert [result.low, result.high] == pytest.approx(case["expected"]["ci"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("ppi_lambda0_equals_classical"))
def test_ppi_without_slope_is_the_classical_mean(case):
    result = ppi_mean([1, 0, 1], [0.2, 0.4, 0.9], [0.3, 0.8], slope=0)
    assert result.estimate == pytest.approx(case["expected"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("lee2025_ci"))
def test_rogan_gladen_interval_reference(case):
    inputs = case["inputs"]
    result = rogan_gladen(
        *(inputs[key] for key in ("p", "n", "q0", "q1", "m0", "m1")), confidence=1 - inputs["alpha"]
    )
    assert [result.low, result.high] == pytest.approx(case["expected"], abs=case["tolerance"])


def test_a_judge_at_chance_is_refused_by_rogan_gladen():
    with pytest.raises(ValueError, match="no better than chance"):
        rogan_gladen(0.4, 100, 0.5, 0.5, 50, 50)


@pytest.mark.parametrize("negatives", range(1, 7))
@pytest.mark.parametrize("positives", range(1, 7))
def test_rogan_gladen_corrects_by_few_labels_or_says_that_they_are_too_few(negatives, positives):
    for right_no in range(negatives + 1):
        for right_yes in range(positives + 1):
            try:
                found = rogan_gladen(
                    0.5, 12, right_no / negatives, right_yes / positives, negatives, positives
                )
            except ValueError:
                continue
            assert 0 <= found.low <= found.high <= 1


def test_a_large_batch_gives_wilsons_interval():
    result = estimate_mean([1] * 10 + [0] * 90, 1e-9, population=10**11)
    wilson = proportion(10, 100)
    assert [result.low, result.high] == pytest.approx([wilson.low, wilson.high], abs=1e-9)
    assert (result.n_effective, result.labels_saved) == (pytest.approx(100), pytest.approx(0))
    assert "Wilson" in result.method


def test_a_census_of_the_batch_is_exact_but_the_process_is_not():
    labels = [1] * 18 + [0] * 2
    batch = estimate_mean(labels, 1.0)
    process = estimate_mean(labels, 1.0, target="process")
    assert batch.low == batch.estimate == batch.high == pytest.approx(0.9)
    wilson = proportion(18, 20)
    assert [process.low, process.high] == pytest.approx([wilson.low, wilson.high])
    assert batch.estimand != process.estimand


def test_no_error_drawn_is_not_no_error():
    result = estimate_mean([0] * 30, 0.01)
    assert result.estimate == 0
    assert result.high > 0.1


def test_equal_scores_are_not_certainty():
    result = estimate_mean([5] * 20, 0.01, bounds=(1, 5))
    assert result.estimate == result.high == 5
    assert result.low < 4.6
    with pytest.raises(EstimateRefused, match="cannot show how far they vary"):
        estimate_mean([5] * 20, 0.01)
    assert estimate_mean([5] * 20, 1.0).high == 5


def test_one_cluster_or_one_number_is_not_certainty():
    cluster = estimate_mean([1, 0, 1, 1], 0.1, clusters=["only"] * 4)
    assert cluster.high - cluster.low > 0.7
    with pytest.raises(EstimateRefused, match="labels from one unit"):
        estimate_mean([1.5, 0.5], 0.1, clusters=["only"] * 2)


def test_a_judge_never_seen_to_err_still_may():
    score = np.arange(1000) % 7.0
    index = np.arange(0, 1000, 40)
    result = estimate_mean(score[index], 25 / 1000, score, labelled_index=index, method="ppi++")
    assert result.high > result.estimate > result.low


def test_a_finite_batch_narrows_the_interval():
    wide, narrow = (estimate_mean([1, 0] * 50, inclusion) for inclusion in (0.001, 0.5))
    assert (wide.high - wide.low) / (narrow.high - narrow.low) == pytest.approx(1.41, abs=0.03)


def test_the_risk_targeted_sample_is_weighted():
    """Defects drawn five times as often as the rest: the raw mean is far off, the estimate is not."""
    rng = np.random.default_rng(4)
    truth, verdict = world(rng)
    sizes = np.where(verdict == 1, 5.0, 1.0)
    drawn = draw(list(range(len(truth))), 400, "pps", 4, sizes=sizes.tolist())
    labels = truth[list(drawn.ids)]
    result = estimate_mean(labels, drawn.probabilities)
    assert labels.mean() > truth.mean() + 0.2
    assert result.low <= truth.mean() <= result.high


def test_the_judge_saves_labels_and_says_how():
    truth, verdict = world(np.random.default_rng(1), items=20_000)
    index = np.random.default_rng(2).choice(len(truth), 400, replace=False)
    human = estimate_mean(truth[index], 0.02, verdict, labelled_index=index, method="human-only")
    judged = estimate_mean(truth[index], 0.02, verdict, labelled_index=index)
    assert judged.high - judged.low < 0.75 * (human.high - human.low)
    assert judged.labels_saved > 300
    assert (judged.n_human, judged.n_judged, judged.population) == (400, 20_000, 20_000)
    assert "post-stratified" in judged.method


def test_a_judge_of_noise_is_left_aside_or_refused():
    rng = np.random.default_rng(8)
    truth, noise = world(rng)[0], rng.random(2000)
    index = rng.choice(2000, 200, replace=False)
    result = estimate_mean(truth[index], 0.1, noise, labelled_index=index)
    assert "human-only" in result.method
    assert "not shown to be better than chance" in result.note
    with pytest.raises(EstimateRefused, match="better than chance"):
        estimate_mean(truth[index], 0.1, noise, labelled_index=index, method="ppi++")


def test_a_judge_on_another_scale_serves_as_well():
    rng = np.random.default_rng(8)
    score = rng.integers(1, 101, size=5000).astype(float)
    label = np.clip(np.round(1 + score / 25 + rng.normal(size=5000) / 4), 1, 5)
    index = rng.choice(5000, 300, replace=False)
    result = estimate_mean(label[index], 0.06, score, labelled_index=index, bounds=(1, 5))
    rescaled = estimate_mean(label[index], 0.06, 3 - score / 7 * -1, labelled_index=index, bounds=(1, 5))
    assert result.low <= label.mean() <= result.high
    assert result.n_effective > 1000
    assert rescaled.estimate == pytest.approx(result.estimate)


def test_few_or_skewed_numbers_are_warned_of():
    """A lone 100 among 199 zeros: skewness 14.04, so 25 * 197.0 labels, rounded up."""
    even, few = estimate_mean(np.arange(200) % 5, 0.01), estimate_mean(np.arange(90) % 5, 0.01)
    skewed = estimate_mean([0.0] * 199 + [100.0], 0.01)
    assert "need about" not in even.note
    assert "need about 100:" in few.note
    assert "need about 4926:" in skewed.note


def test_unscored_items_stay_in_the_claim():
    rng = np.random.default_rng(3)
    truth, verdict = world(rng)
    verdict[rng.random(2000) < 0.2] = np.nan
    index = rng.choice(2000, 300, replace=False)
    result = estimate_mean(truth[index], 0.15, verdict, labelled_index=index)
    assert result.low <= truth.mean() <= result.high
    assert result.n_judged == int((~np.isnan(verdict)).sum())
    assert "unscored by the judge" in result.note


def test_missing_labels_widen_to_the_worst_case():
    full = estimate_mean([1.0] * 8 + [0.0] * 2, 0.001)
    result = estimate_mean([1.0] * 8 + [0.0] * 2 + [None] * 10, 0.001)
    assert result.n_human == 10
    assert result.low == pytest.approx(full.low / 2, abs=1e-3)
    assert result.high == pytest.approx(full.high / 2 + 0.5, abs=1e-3)
    assert "50.0% of the drawn weight has no label" in result.note
    with pytest.raises(EstimateRefused, match="range of the scale is unknown"):
        estimate_mean([3.0, 4.0, None], 0.1)


def test_labels_for_all_that_was_judged_still_speak_for_the_batch():
    rng = np.random.default_rng(0)
    score = rng.random(200)
    labels = (rng.random(200) < score).astype(float)
    result = estimate_mean(labels, 0.1, score, 2000, labelled_index=np.arange(200))
    alone = estimate_mean(labels, 0.1, population=2000)
    assert [result.low, result.high] == pytest.approx([alone.low, alone.high], abs=0.005)
    assert abs(result.labels_saved) < 10


@pytest.mark.parametrize("placed", [True, False])
def test_predictions_out_of_fold_stay_in_their_judges_cells(placed):
    """One binary judge: a prediction has two levels, and five times as many out of fold."""
    truth, verdict = world(np.random.default_rng(0))
    index = np.arange(100)
    learned = fit_proxy(verdict, np.where(np.arange(2000) < 100, truth, np.nan))
    options = {"labelled_index": index} if placed else {}
    result = estimate_mean(
        truth[:100], 0.05, learned.predictions, learned_proxy=True, **options,
        proxy_labelled=learned.out_of_fold[index],
    )  # fmt: skip
    by_score = estimate_mean(truth[:100], 0.05, verdict, labelled_index=index)
    assert (result.low, result.high) == pytest.approx((by_score.low, by_score.high))
    assert result.method == by_score.method


def test_missing_labels_are_not_labels_saved():
    gap = estimate_mean([1] * 160 + [0] * 20 + [None] * 20, 0.1, population=2000)
    assert gap.n_human == 180
    assert gap.labels_saved < -100


def test_a_slice_is_known_by_what_was_labelled_of_it():
    """Eight of eight, where half of the batch was drawn: the slice is counted, not estimated."""
    whole = estimate_mean([1, 1, 0, 1, 1, 1, 0, 1], 0.5, population=8)
    assert whole.low == whole.estimate == whole.high
    most = estimate_mean([1, 1, 0, 1, 1, 1, 0, 1], 0.1, population=10)
    assert most.labels_saved == pytest.approx(0)
    assert most.high - most.low < 0.3


def test_a_judge_is_not_corrected_by_the_one_label_that_is_no_census():
    labels = np.tile([1.0, 1.0, 1.0, 0.0], 26)[:101]
    score = np.append(labels, [0.8, 0.9, 0.7, 0.6]) + np.linspace(0, 0.01, 105)
    drawn = {"labelled_index": np.arange(101), "strata": ["census"] * 100 + ["rest"]}
    inclusion = np.append(np.ones(100), 0.2)
    result = estimate_mean(labels, inclusion, score, **drawn, strata_sizes={"census": 100, "rest": 5})
    assert result.method.startswith("human-only")
    assert result.high - result.low <= 4 / 105 + 1e-9


BROKEN = {
    "outside": {"labelled_index": [0, 1, 2, 40]},
    "negative": {"labelled_index": [0, 1, 2, -1]},
    "twice": {"labelled_index": [0, 1, 2, 2]},
    "infinite": {"labels": [1, 0, 1, math.inf]},
    "infinite score": {"proxy_all": [math.inf] * 40},
    "nested": {"labels": [[1, 0, 1, 1]]},
    "range": {"bounds": (1, 0)},
    "waves beyond": {"labelled_index": [0, 1, 2, 40], "waves": [0, 0, 1, 1]},
    "rows": {"proxy_all": [[0.5] * 40] * 3, "waves": [0, 0, 1, 1]},
    "use": {"use": "pleasure"},
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_makes_no_sense_is_refused_at_the_door(broken):
    given = {"labels": [1, 0, 1, 1], "probabilities": 0.1, "proxy_all": np.linspace(0, 1, 40)}
    with pytest.raises(ValueError, match=r"\w"):
        estimate_mean(**given | {"labelled_index": range(4)} | BROKEN[broken])


def test_bounds_as_a_list_are_bounds():
    assert estimate_mean([1, 0, 1], 0.1, bounds=[0, 1]) == estimate_mean([1, 0, 1], 0.1, bounds=(0, 1))


def test_comparisons_without_data_are_refused():
    with pytest.raises(ValueError, match="proxy for each label"):
        ppi_mean([1, 0], [0.4, 0.2], [])
    with pytest.raises(ValueError, match="at least one item"):
        rogan_gladen(0.4, 0, 0.9, 0.9, 50, 50)
    with pytest.raises(ValueError, match="confidence"):
        rogan_gladen(0.4, 50, 0.9, 0.9, 50, 50, confidence=1)


def test_what_is_no_number_is_no_bound():
    sample = prepare([1, 0], 0.5, None, None, None, None, None, None, None, None, 0.025)
    with pytest.raises(ArithmeticError, match="no interval"):
        clipped(Bounds(0.5, math.nan, 1.0, "made up"), sample)


def test_worst_case_takes_both_ends():
    assert worst_case(0.8, 0.9, 0.1) == pytest.approx((0.72, 0.91))
    assert worst_case(3.0, 4.0, 0.5, (1, 5)) == pytest.approx((2.0, 4.5))
    with pytest.raises(ValueError, match="share"):
        worst_case(0, 1, 1.5)


def test_one_sided_bounds_name_their_side():
    result = estimate_mean([0] * 59, 1e-6, side="upper")
    assert (result.side, result.low) == ("upper", 0.0)
    assert result.high < estimate_mean([0] * 59, 1e-6).high


@pytest.mark.parametrize(
    ("probabilities", "reason"),
    [
        (None, "unknown"),
        ([0.1, float("nan"), 0.1], "1 drawn units have no known"),
        ([0.1, 0.0, 0.1], "probability 0"),
        ([0.1, 1.2, 0.1], "above 1"),
    ],
)
def test_estimates_without_honest_probabilities_are_refused(probabilities, reason):
    with pytest.raises(EstimateRefused, match=reason):
        estimate_mean([1, 0, 1], probabilities)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(EstimateRefused, match="no drawn unit has a label"):
        estimate_mean([None, None], 0.1)
    with pytest.raises(EstimateRefused, match="there are none"):
        estimate_mean([1, 0], 0.1, method="ppi++")
    with pytest.raises(ValueError, match="labelled_index"):
        estimate_mean([1, 0], 0.1, [0.5, 0.5, 0.5])
    with pytest.raises(ValueError, match="do not fit in 1 items"):
        estimate_mean([1, 0], 0.1, population=1)
    with pytest.raises(ValueError, match="outside the bounds"):
        estimate_mean([1, 7], 0.1, bounds=(1, 5))
    with pytest.raises(ValueError, match="unknown target"):
        estimate_mean([1, 0], 0.1, target="future")
    with pytest.raises(ValueError, match="unknown method"):
        estimate_mean([1, 0], 0.1, method="magic")


def test_the_result_is_plain_data():
    json.dumps(estimate_mean([1, 0, 1], 0.1).to_dict(), allow_nan=False)


def test_a_million_judged_items_take_less_than_a_second():
    rng = np.random.default_rng(0)
    proxy = rng.random(1_000_000)
    index = rng.choice(1_000_000, 1000, replace=False)
    labels = (rng.random(1000) < proxy[index]).astype(float)
    start = time.perf_counter()
    estimate_mean(labels, 0.001, proxy, labelled_index=index)
    assert time.perf_counter() - start < 1


def judged_estimate(n, method="auto", target="batch", **options):
    def estimate(rng):
        truth, verdict = world(rng, **options)
        index = rng.choice(len(truth), n, replace=False)
        result = estimate_mean(
            truth[index], n / len(truth), verdict, labelled_index=index, method=method, target=target
        )
        return result, truth.mean() if target == "batch" else options["share"]

    return estimate


@pytest.mark.parametrize(("n", "share"), [(30, 0.2), (30, 0.05), (200, 0.2)])
def test_small_samples_cover(n, share):
    assert coverage(judged_estimate(n, share=share, sensitivity=0.98, specificity=0.98), 200) >= 0.92


@pytest.mark.slow
@pytest.mark.parametrize("target", ["batch", "process"])
@pytest.mark.parametrize("method", ["human-only", "auto"])
@pytest.mark.parametrize("n", [30, 100, 300])
def test_simulated_coverage(n, method, target):
    """Over defect rates from 2 to 50 %, since Wilson's coverage swings around its level from rate to rate."""

    def estimate(rng):
        return judged_estimate(n, method, target, share=rng.uniform(0.02, 0.5))(rng)

    assert coverage(estimate, 2000) >= 0.94


def clustered_estimate(rng):
    """Forty clusters of ten drawn from four hundred, answers alike within a cluster."""
    rates = rng.beta(2, 2, size=400)
    truth = (rng.random((400, 10)) < rates[:, None]).astype(float)
    proxy = np.clip(truth * 0.5 + rng.random((400, 10)) * 0.5, 0, 1)
    chosen = rng.choice(400, 40, replace=False)
    index = (chosen[:, None] * 10 + np.arange(10)).ravel()
    clusters = np.repeat(chosen, 10).tolist()
    result = estimate_mean(truth.ravel()[index], 0.1, proxy.ravel(), labelled_index=index, clusters=clusters)
    return result, truth.mean()


def stratified_estimate(rng):
    """A rare stratum drawn in full measure, with a judge whose scores are continuous."""
    truth = np.concatenate([rng.random(1800) < 0.03, rng.random(200) < 0.5]).astype(float)
    proxy = np.clip(0.6 * truth + 0.4 * rng.random(2000), 0, 1)
    strata = np.repeat(["common", "rare"], [1800, 200])
    index = np.concatenate([rng.choice(1800, 150, replace=False), 1800 + rng.choice(200, 100, replace=False)])
    inclusion = np.where(strata[index] == "rare", 0.5, 150 / 1800)
    result = estimate_mean(
        truth[index], inclusion, proxy, labelled_index=index, strata=strata[index].tolist()
    )
    return result, truth.mean()


def two_phase_estimate(rng):
    """The judge saw a third of the batch only."""
    truth, verdict = world(rng, items=3000)
    judged = rng.choice(3000, 1000, replace=False)
    index = rng.choice(1000, 250, replace=False)
    labels = truth[judged[index]]
    result = estimate_mean(labels, 250 / 3000, verdict[judged], 3000, labelled_index=index)
    return result, truth.mean()


@pytest.mark.slow
@pytest.mark.parametrize("design", [clustered_estimate, stratified_estimate, two_phase_estimate])
def test_coverage_of_other_designs(design):
    assert coverage(design, 1000) >= 0.933
