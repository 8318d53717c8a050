import numpy as np
import pytest

from auditing.stats.design import draw, mixed_with_uniform
from auditing.stats.estimation import estimate_mean, fit_proxy


def judged(rng, items=3000):
    """Truth, and three judges: a fair one, one that helps only for the second producer, one of noise with gaps."""
    producer = rng.integers(0, 2, items)
    truth = (rng.random(items) < np.where(producer == 0, 0.9, 0.6)).astype(float)
    fair = np.where(rng.random(items) < 0.85, truth, 1 - truth)
    narrow = np.where(
        producer == 1, np.where(rng.random(items) < 0.95, truth, 1 - truth), rng.integers(0, 2, items)
    )
    noise = np.where(rng.random(items) < 0.2, np.nan, rng.random(items))
    return truth, np.column_stack([producer, fair, narrow, noise])


def some_labels(truth, index):
    labels = np.full(len(truth), np.nan)
    labels[index] = truth[index]
    return labels


def test_a_proxy_beats_each_of_its_judges():
    rng = np.random.default_rng(1)
    truth, features = judged(rng)
    index = rng.choice(len(truth), 500, replace=False)
    proxy = fit_proxy(features, some_labels(truth, index))
    unseen = np.setdiff1d(np.arange(len(truth)), index)
    explained = np.corrcoef(proxy.predictions[unseen], truth[unseen])[0, 1] ** 2
    alone = [np.corrcoef(features[unseen, judge], truth[unseen])[0, 1] ** 2 for judge in (1, 2)]
    assert explained > max(alone) + 0.1
    assert proxy.r_squared == pytest.approx(explained, abs=0.08)


def test_out_of_fold_predictions_are_for_the_labelled_only():
    rng = np.random.default_rng(2)
    truth, features = judged(rng, items=400)
    index = rng.choice(400, 100, replace=False)
    proxy = fit_proxy(features, some_labels(truth, index))
    assert set(np.flatnonzero(~np.isnan(proxy.out_of_fold))) == set(index)
    assert not np.isnan(proxy.predictions).any()
    assert (proxy.spread > 0).all()
    assert np.array_equal(proxy.predictions, fit_proxy(features, some_labels(truth, index)).predictions)


def test_pure_noise_explains_nothing():
    rng = np.random.default_rng(3)
    proxy = fit_proxy(
        rng.normal(size=(1000, 3)), some_labels(rng.integers(0, 2, 1000).astype(float), np.arange(300))
    )
    assert proxy.r_squared < 0.03


def test_numeric_labels_are_predicted_too():
    rng = np.random.default_rng(4)
    score = rng.normal(size=2000)
    label = 3 + score + rng.normal(size=2000) * np.where(score > 0, 1.0, 0.2)
    proxy = fit_proxy(score, some_labels(label, np.arange(400)))
    assert proxy.r_squared > 0.4
    assert "ridge" in proxy.method
    assert proxy.spread[score > 0.5].mean() > 1.5 * proxy.spread[score < -0.5].mean()


def test_clusters_stay_in_one_fold():
    """Answers alike within a cluster: a fold that shared clusters would seem to predict them."""
    rng = np.random.default_rng(5)
    cluster = np.repeat(np.arange(60), 10)
    truth = np.repeat(rng.integers(0, 2, 60), 10).astype(float)
    marks = np.eye(60)[cluster]
    honest = fit_proxy(marks, truth, clusters=cluster.tolist())
    leaking = fit_proxy(marks, truth)
    assert honest.r_squared < 0.1 < 0.9 < leaking.r_squared


def learned_estimate(rng):
    truth, features = judged(rng)
    index = rng.choice(len(truth), 200, replace=False)
    proxy = fit_proxy(features, some_labels(truth, index))
    result = estimate_mean(
        truth[index],
        200 / len(truth),
        proxy.predictions,
        labelled_index=index,
        proxy_labelled=proxy.out_of_fold[index],
    )
    return result, truth.mean()


def active_estimate(rng):
    """Earlier labels teach the proxy where it errs; the next draw goes there."""
    truth, features = judged(rng)
    proxy = fit_proxy(features, some_labels(truth, rng.choice(len(truth), 200, replace=False)))
    sizes = mixed_with_uniform(proxy.spread, 0.3).tolist()
    drawn = draw(list(range(len(truth))), 200, "pps", int(rng.integers(2**31)), sizes=sizes)
    index = np.array(drawn.ids)
    result = estimate_mean(truth[index], drawn.probabilities, proxy.predictions, labelled_index=index)
    return result, truth.mean()


@pytest.mark.slow
@pytest.mark.parametrize("loop", [learned_estimate, active_estimate])
def test_the_loop_covers_and_saves(loop):
    results = [loop(np.random.default_rng(run)) for run in range(120)]
    covered = np.mean([result.low <= truth <= result.high for result, truth in results])
    assert covered >= 0.90  # one-sided binomial bound around 95 % for 120 runs
    assert np.mean([result.n_effective for result, _ in results]) > 350


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([1.0, 0.0] * 5 + [None] * 90, "at least 30 labels, not 10"),
        ([1.0] * 50 + [None] * 50, "all labels are equal"),
        ([1.0, 0.0] * 45, "100 rows of features for 90 items"),
    ],
)
def test_too_little_to_learn_from_is_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        fit_proxy(np.zeros((100, 2)), labels)


def test_fewer_clusters_than_folds_are_refused():
    with pytest.raises(ValueError, match="2 clusters cannot fill 5 folds"):
        fit_proxy(np.zeros(100), [1.0, 0.0] * 50, clusters=[0, 1] * 50)


@pytest.mark.parametrize(
    "broken", [{"labels": np.full(50, np.inf)}, {"features": np.full(50, np.inf)}, {"folds": 1}]
)
def test_a_proxy_of_nonsense_is_refused(broken):
    given = {"features": np.arange(50.0), "labels": np.tile([1.0, 0.0], 25)}
    with pytest.raises(ValueError, match=r"infinite|folds"):
        fit_proxy(**given | broken)
