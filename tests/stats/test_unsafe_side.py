"""How often the truth is worse than the interval says: the error that lets a bad batch through, nominally 2.5 %."""

import math

import numpy as np
import pytest
from scipy import special, stats

from auditing.stats.design import mixed_with_uniform, select
from auditing.stats.estimation import estimate_mean
from auditing.stats.planning import attribute_sample_size

ITEMS = 3000


def targeted_estimate(rng, offset, n):
    """Items that are mostly good, a proxy that is right about how good each is, and a draw that follows it."""
    predicted = special.expit(offset + 2.5 * rng.normal(size=ITEMS))
    truth = (rng.random(ITEMS) < predicted).astype(float)
    sizes = mixed_with_uniform(np.sqrt(predicted * (1 - predicted)), 0.3)
    index, inclusion = select(n, "pps", rng.random(ITEMS + 1), sizes=sizes)
    found = estimate_mean(truth[index], inclusion[index], predicted, labelled_index=index, learned_proxy=True)
    return found, truth.mean()


@pytest.mark.slow
@pytest.mark.parametrize(("offset", "n"), [(3.5, 100), (4.3, 200), (6, 150)])  # 0.92, 0.95 and 0.985 pass
def test_high_pass_rates_err_on_either_side_alike(offset, n):
    rng = np.random.default_rng(3)
    found = [targeted_estimate(rng, offset, n) for _ in range(2000)]
    below = np.mean([truth < result.low for result, truth in found])
    above = np.mean([truth > result.high for result, truth in found])
    assert below + above <= 0.06
    assert below <= 0.035


def test_the_interval_reaches_further_to_the_side_of_the_rare_error():
    result, _ = targeted_estimate(np.random.default_rng(0), 4.3, 200)
    assert result.method == "AIPW on a learned proxy, guarded variance, Wilson on effective n"
    assert result.estimate - result.low > 1.2 * (result.high - result.estimate)


def accepts(failing, n, bar, population=None):
    """Whether a one-sided 95 % rule lets a batch (or the process, without a population) pass."""
    labels = np.repeat([0.0, 1.0], [failing, n - failing])
    about = {"population": population} if population else {"target": "process", "population": 10**6}
    inclusion = n / about["population"]
    return estimate_mean(labels, inclusion, confidence=0.9, use="compliance", **about).low >= bar


def allowed(n, bar, population=None):
    """With how many failing items n labels still pass; -1 where not even with none."""
    return next(k for k in range(n + 1) if not accepts(k, n, bar, population)) - 1


@pytest.mark.parametrize("bar", [0.9, 0.95, 0.98])
@pytest.mark.parametrize("n", [52, 59, 150, 190, 300])
def test_a_process_below_the_bar_passes_once_in_twenty_at_most(n, bar):
    assert stats.binom.cdf(allowed(n, bar), n, 1 - bar) <= 0.05


@pytest.mark.parametrize("bar", [0.9, 0.95, 0.98])
@pytest.mark.parametrize("n", [52, 150, 300])
def test_a_batch_below_the_bar_passes_once_in_twenty_at_most(n, bar):
    too_many = math.floor(round(1000 * (1 - bar), 6)) + 1
    assert stats.hypergeom.cdf(allowed(n, bar, 1000), 1000, too_many, n) <= 0.05


@pytest.mark.parametrize(
    ("tolerable", "population"), [(0.05, None), (0.02, None), (0.0505, 1000), (0.0305, 400)]
)
def test_the_rule_accepts_the_planners_zero_failure_plan_and_nothing_smaller(tolerable, population):
    likelihood = "binomial" if population is None else "hypergeometric"
    n = attribute_sample_size(tolerable, likelihood=likelihood, population=population)
    assert accepts(0, n, 1 - tolerable, population)
    assert not accepts(0, n - 1, 1 - tolerable, population)


BATCHES = 700


def batch_just_below(rng, bar):
    """A batch with one failing item too many, and a proxy that is right about which are likely to fail."""
    predicted = special.expit(special.logit(bar) + 1.2 + 2.5 * rng.normal(size=ITEMS))
    truth = np.ones(ITEMS)
    failing = math.floor(round(ITEMS * (1 - bar), 6)) + 1
    chances = (1 - predicted) / (1 - predicted).sum()
    truth[rng.choice(ITEMS, failing, replace=False, p=chances)] = 0
    return truth, predicted


@pytest.mark.slow
@pytest.mark.parametrize("way", ["simple", "pps"])
@pytest.mark.parametrize(("bar", "n"), [(0.9, 200), (0.95, 200), (0.98, 200), (0.95, 400)])
def test_with_judges_a_batch_below_the_bar_seldom_passes(bar, n, way):
    rng = np.random.default_rng(4)
    passed = 0
    for _ in range(BATCHES):
        truth, predicted = batch_just_below(rng, bar)
        sizes = mixed_with_uniform(np.sqrt(predicted * (1 - predicted)), 0.3)
        index, inclusion = select(n, way, rng.random(ITEMS + 1), sizes=sizes)
        found = estimate_mean(
            truth[index], inclusion[index], predicted, labelled_index=index, learned_proxy=True,
            confidence=0.9, use="compliance",
        )  # fmt: skip
        passed += found.low >= bar
    assert stats.binom.sf(passed - 1, BATCHES, 0.05) > 0.01, passed / BATCHES


def bold_audit(rng, boldness, rate, n):
    """A draw that follows predictions whose logits are `boldness` times what they should be; what it makes of it."""
    logit = special.logit(rate) + 1.2 + 2.5 * rng.normal(size=1000)
    truth, predicted = (
        (rng.random(1000) < special.expit(logit)).astype(float),
        special.expit(boldness * logit),
    )
    sizes = np.maximum(np.sqrt(predicted * (1 - predicted)), 0.05)
    index, inclusion = select(n, "pps", rng.random(1001), sizes=mixed_with_uniform(sizes, 0.2))
    about = {"proxy_all": predicted, "labelled_index": index, "learned_proxy": True}
    shown = estimate_mean(truth[index], inclusion[index], **about)
    bound = estimate_mean(truth[index], inclusion[index], **about, confidence=0.9, use="compliance").low
    return shown.low <= truth.mean() <= shown.high, bound > truth.mean()


@pytest.mark.slow
@pytest.mark.parametrize("boldness", [0.6, 1.0, 1.1, 1.6, 2.5])
def test_predictions_too_bold_or_too_timid_do_not_let_bad_batches_pass(boldness):
    """Items that are wrongly thought sure are drawn seldom: without them the estimate is too good, and looks sure."""
    rng = np.random.default_rng(9)
    plans = [(0.8, 200), (0.95, 100), (0.97, 300)]
    found = np.array([bold_audit(rng, boldness, *plan) for plan in plans for _ in range(500)])
    covered, passed = found.sum(axis=0)
    assert stats.binom.cdf(covered, len(found), 0.94) > 0.01, covered / len(found)
    assert stats.binom.sf(passed - 1, len(found), 0.055) > 0.01, passed / len(found)


def lopsided_audit(rng, rate, n):
    """Items drawn by a size that says nothing of their labels."""
    sizes = np.exp(rng.normal(size=ITEMS))
    truth = (rng.random(ITEMS) < rate).astype(float)
    index, inclusion = select(n, "pps", rng.random(ITEMS + 1), sizes=sizes)
    found = estimate_mean(truth[index], inclusion[index], population=ITEMS)
    return found.low <= truth.mean() <= found.high


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "n"), [(0.9, 200), (0.97, 100)])
def test_a_share_of_labels_of_very_unequal_weight_holds(rate, n):
    rng = np.random.default_rng(9)
    covered = sum(lopsided_audit(rng, rate, n) for _ in range(700))
    assert stats.binom.cdf(covered, 700, 0.95) > 0.01, covered / 700


def clustered_census(rng):
    """Twenty-five questions of twenty items, all labelled: exact about the batch, a small sample of the process."""
    rates = rng.beta(2, 2, size=25)
    labels = (rng.random((25, 20)) < rates[:, None]).astype(float).ravel()
    return labels, np.repeat(np.arange(25), 20)


@pytest.mark.parametrize(("part", "least"), [(1.0, 0.92), (0.5, 0.92)])
def test_items_alike_within_a_cluster_say_less_of_the_process(part, least):
    hits = 0
    for run in range(400):
        rng = np.random.default_rng(run)
        labels, clusters = clustered_census(rng)
        index = np.sort(rng.choice(500, round(500 * part), replace=False))
        found = estimate_mean(labels[index], part, population=500, clusters=clusters[index], target="process")
        hits += found.low <= 0.5 <= found.high
    assert hits / 400 >= least


def test_a_judge_does_not_hide_that_items_of_a_cluster_are_alike():
    hits = 0
    for run in range(400):
        rng = np.random.default_rng(run)
        labels, clusters = clustered_census(rng)
        score = np.where(rng.random(500) < 0.95, labels, 1 - labels) + rng.normal(0, 0.01, 500)
        index = np.sort(rng.choice(500, 250, replace=False))
        found = estimate_mean(
            labels[index], 0.5, score, labelled_index=index, clusters=clusters[index], target="process"
        )
        hits += found.low <= 0.5 <= found.high
    assert hits / 400 >= 0.92


def test_waves_know_that_items_of_a_cluster_are_alike():
    hits = 0
    for run in range(300):
        rng = np.random.default_rng(run)
        labels, clusters = clustered_census(rng)
        index = rng.permutation(500)[:400]
        found = estimate_mean(
            labels[index], np.repeat([200 / 500, 200 / 300], 200), population=500, labelled_index=index,
            clusters=clusters[index], waves=np.repeat([1, 2], 200), target="process",
        )  # fmt: skip
        hits += found.low <= 0.5 <= found.high
    assert hits / 300 >= 0.92
