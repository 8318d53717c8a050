import time

import numpy as np
import pytest
from scipy import stats

from auditing.stats.raters import alternative_annotator_test, dawid_skene, leniency
from auditing.stats.votes import majority_vote
from tests.stats.published import anaesthetists, toy_opinions
from tests.stats.reference import cases, data_set


def opinions(rng, skill, items=600, categories=3):
    """Truth, and one opinion per item and rater: right with the rater's skill, else at random."""
    truth = rng.integers(0, categories, items)
    item, rater = (
        axis.ravel() for axis in np.meshgrid(np.arange(items), np.arange(len(skill)), indexing="ij")
    )
    right = rng.random(len(item)) < np.array(skill)[rater]
    return truth, item, rater, np.where(right, truth[item], rng.integers(0, categories, len(item)))


def plain_em(item, rater, label, steps):
    """Dawid and Skene's equations written out with dense loops, as an oracle."""
    items, raters, size = item.max() + 1, rater.max() + 1, label.max() + 1
    posterior = np.zeros((items, size))
    np.add.at(posterior, (item, label), 1)
    posterior /= posterior.sum(axis=1, keepdims=True)
    for _ in range(steps):
        prevalence, confusion = posterior.mean(axis=0), np.zeros((raters, size, size))
        for i, r, given in zip(item, rater, label, strict=True):
            confusion[r, :, given] += posterior[i]
        confusion /= confusion.sum(axis=2, keepdims=True)
        posterior = np.tile(prevalence, (items, 1))
        for i, r, given in zip(item, rater, label, strict=True):
            posterior[i] *= confusion[r, :, given]
        likelihood = np.log(posterior.sum(axis=1)).sum()
        posterior /= posterior.sum(axis=1, keepdims=True)
    return prevalence, confusion, posterior, likelihood


def test_sparse_em_equals_the_equations():
    _, item, rater, label = opinions(np.random.default_rng(1), [0.9, 0.6, 0.7, 0.5], items=40)
    keep = np.random.default_rng(2).random(len(item)) < 0.8
    keep[rater == 0] = True
    item, rater, label = item[keep], rater[keep], label[keep]
    prevalence, confusion, posterior, likelihood = plain_em(item, rater, label, 7)
    fitted = dawid_skene(item, rater, label, iterations=7, tolerance=-np.inf)
    assert fitted.prevalence == pytest.approx(prevalence, abs=1e-9)
    assert fitted.confusion == pytest.approx(confusion, abs=1e-9)
    assert fitted.posterior == pytest.approx(posterior, abs=1e-9)
    assert fitted.log_likelihood == pytest.approx(likelihood, abs=1e-9)


def test_skill_and_truth_are_recovered():
    skill = [0.9, 0.8, 0.6, 0.2, 0.0]
    truth, item, rater, label = opinions(np.random.default_rng(3), skill, items=2000)
    fitted = dawid_skene(item, rater, label)
    diagonal = fitted.confusion[:, range(3), range(3)].mean(axis=1)
    assert fitted.converged
    assert diagonal == pytest.approx([s + (1 - s) / 3 for s in skill], abs=0.04)
    assert (np.array(fitted.labels) == truth).mean() > 0.9


@pytest.mark.parametrize("case", cases("dawid_skene_em"))
def test_anaesthetists_reference(case):
    """The data of the paper; the reference is rounded to four places, and to six for prevalence and likelihood."""
    expected, tolerance = case["expected"], case["tolerance"]
    fitted = dawid_skene(*anaesthetists(), tolerance=1e-15)
    order = [fitted.categories.index(category) for category in (1, 2, 3, 4)]
    confusion = fitted.confusion[:, order][:, :, order]
    assert fitted.prevalence[order] == pytest.approx(expected["prevalence"], abs=tolerance)
    assert fitted.log_likelihood == pytest.approx(expected["loglik"], abs=tolerance)
    assert confusion[0] == pytest.approx(np.array(expected["rater1_error"]), abs=tolerance)
    assert confusion.diagonal(axis1=1, axis2=2) == pytest.approx(
        np.array(expected["rater_diagonals"]), abs=tolerance
    )
    assert "".join(map(str, fitted.labels)) == expected["labels"]


@pytest.mark.parametrize("case", cases("dawid_skene_em"))
def test_dawid_skene_differs_from_the_majority_where_published(case):
    item, rater, label = anaesthetists()
    vote, fitted = majority_vote(item, label), dawid_skene(item, rater, label)
    differing = [place for place, a, b in zip(vote.items, vote.labels, fitted.labels, strict=True) if a != b]
    assert differing == case["expected"]["items_differing_from_majority_vote"]


@pytest.mark.parametrize("case", cases("dawid_skene_toy"))
def test_toy_labels_reference(case):
    fitted = dawid_skene(*toy_opinions())
    assert dict(zip(fitted.items, fitted.labels, strict=True)) == case["expected"]["labels"]
    prevalence = dict(zip(fitted.categories, fitted.prevalence, strict=True))
    assert prevalence == pytest.approx(case["expected"]["priors"], abs=case["tolerance"])


@pytest.mark.parametrize("case", cases("alt_test"))
def test_alternative_annotator_test_reference(case):
    """On the paper's own data, which is not stored with the reference values."""
    inputs = case["inputs"]
    humans = data_set(inputs["dataset"], "human_annotations.json")
    judges = data_set(inputs["dataset"], "llm_annotations.json")
    items = sorted({item for given in humans.values() for item in given})
    words = sorted({str(value) for given in (*humans.values(), *judges.values()) for value in given.values()})

    def row(given):
        if inputs["scoring"] == "neg_rmse":
            return [float(given.get(item, np.nan)) for item in items]
        return [words.index(str(given[item])) if item in given else np.nan for item in items]

    for judge, expected in case["expected"].items():
        found = alternative_annotator_test(
            [row(given) for given in humans.values()],
            row(judges[judge]),
            inputs["scoring"],
            inputs["epsilon"],
            inputs["q_fdr"],
        )
        assert found.winning_rate == pytest.approx(expected["winning_rate"], abs=case["tolerance"])
        assert found.advantage_probability == pytest.approx(
            expected["advantage_probability"], abs=case["tolerance"]
        )


def test_repeats_by_one_rater_count():
    once = dawid_skene(["x", "x", "y"], ["a", "b", "a"], ["yes", "no", "no"], iterations=1)
    twice = dawid_skene(["x", "x", "x", "y"], ["a", "a", "b", "a"], ["yes", "yes", "no", "no"], iterations=1)
    assert once.labels != twice.labels or once.log_likelihood != twice.log_likelihood
    assert twice.confusion.sum(axis=2) == pytest.approx(np.ones((2, 2)))


def test_labels_are_named_and_plain_data_comes_out():
    fitted = dawid_skene(["i", "i", "j", "j"], ["a", "b", "a", "b"], ["good", "good", "bad", "bad"])
    assert dict(zip(fitted.items, fitted.labels, strict=True)) == {"i": "good", "j": "bad"}
    assert fitted.to_dict()["categories"] == ["good", "bad"]


def test_smoothing_keeps_a_rater_of_one_opinion_from_certainty():
    columns = (["i", "i", "i", "j", "j"], ["a", "b", "c", "a", "b"], ["x", "x", "x", "y", "y"])
    plain, smooth = dawid_skene(*columns), dawid_skene(*columns, smoothing=1.0)
    assert plain.confusion.max() == pytest.approx(1)
    assert smooth.confusion.max() < 0.9


def test_a_hundred_thousand_opinions_take_little_time():
    _, item, rater, label = opinions(np.random.default_rng(4), [0.7] * 5, items=20_000)
    start = time.perf_counter()
    dawid_skene(item, rater, label, iterations=20, tolerance=-np.inf)
    assert time.perf_counter() - start < 2


def test_leniency_is_not_the_difficulty_of_ones_items():
    """The lenient rater saw the bad items: the raw means mislead, the fit does not."""
    rng = np.random.default_rng(5)
    quality = rng.normal(size=400)
    effect = {"lenient": 0.5, "severe": -0.5, "even": 0.0}
    rows = []
    for number, value in enumerate(quality):
        for rater in ("lenient", "even") if value < 0 else ("severe", "even"):
            rows.append((number, rater, value + effect[rater] + 0.1 * rng.normal()))
    item, rater, value = zip(*rows, strict=True)
    raw = {name: np.mean([v for r, v in zip(rater, value, strict=True) if r == name]) for name in effect}
    fitted = leniency(item, rater, value)
    found = dict(zip(fitted.raters, fitted.effects, strict=True))
    assert raw["lenient"] < raw["severe"]
    assert found == pytest.approx(effect, abs=0.05)
    for name, low, high in zip(fitted.raters, fitted.low, fitted.high, strict=True):
        assert low < effect[name] < high


def test_raters_without_a_common_item_are_not_compared():
    fitted = leniency(["i", "i", "j", "j"], ["a", "b", "c", "d"], [1.0, 2.0, 5.0, 7.0])
    assert "2 groups of raters share no item" in fitted.note
    assert dict(zip(fitted.raters, fitted.effects, strict=True)) == pytest.approx(
        {"a": -0.5, "b": 0.5, "c": -1, "d": 1}
    )


def annotators(rng, skill, items=300):
    truth = rng.integers(0, 3, items)
    ratings = np.where(
        rng.random((len(skill), items)) < np.array(skill)[:, None],
        truth,
        rng.integers(0, 3, (len(skill), items)),
    )
    return truth, ratings.astype(float)


def test_a_good_judge_may_replace_and_a_bad_one_may_not():
    truth, ratings = annotators(np.random.default_rng(6), [0.8, 0.75, 0.8, 0.7])
    good = alternative_annotator_test(ratings, truth)
    bad = alternative_annotator_test(ratings, np.random.default_rng(7).integers(0, 3, len(truth)))
    assert (good.winning_rate, good.passed) == (1.0, True)
    assert (bad.winning_rate, bad.passed) == (0.0, False)
    assert good.advantage_probability > 0.9 > bad.advantage_probability


def test_alternative_annotator_test_by_hand():
    """Against the definition: judge and annotator are scored against the others, item by item."""
    truth, ratings = annotators(np.random.default_rng(8), [0.8, 0.6, 0.7], items=60)
    ratings[np.random.default_rng(9).random(ratings.shape) < 0.1] = np.nan
    result = alternative_annotator_test(ratings, truth, "neg_rmse")
    for annotator, n, p_value in zip(result.annotators, result.n, result.p_values, strict=True):
        leads = []
        for item, own in enumerate(ratings[annotator]):
            others = [row[item] for row in np.delete(ratings, annotator, axis=0) if not np.isnan(row[item])]
            if others and not np.isnan(own):
                judge, human = (
                    np.sqrt(np.mean([(x - other) ** 2 for other in others])) for x in (truth[item], own)
                )
                leads.append(float(human <= judge) - float(judge <= human))
        t = (np.mean(leads) - 0.1) / (np.std(leads, ddof=1) / np.sqrt(len(leads)))
        assert n == len(leads)
        assert p_value == pytest.approx(stats.t.cdf(t, len(leads) - 1), abs=1e-9)


def test_annotators_with_few_items_are_left_out():
    _, ratings = annotators(np.random.default_rng(9), [0.8, 0.8, 0.8], items=100)
    ratings[2, 20:] = np.nan
    assert "1 annotators with fewer than 30" in alternative_annotator_test(ratings, ratings[0]).note
    with pytest.raises(ValueError, match="no annotator has 30 items"):
        alternative_annotator_test(ratings[:, :10], ratings[0, :10])
    with pytest.raises(ValueError, match="unknown scoring"):
        alternative_annotator_test(ratings, ratings[0], "kappa")


def test_no_opinion_is_left_out():
    columns = ["i", "i", "j", "j"], ["a", "b", "a", "b"], ["x", "x", "y", "x"]
    longer = [*columns[0], "k"], [*columns[1], "a"], [*columns[2], None]
    assert dawid_skene(*longer).to_dict() == dawid_skene(*columns).to_dict()
    values = [1.0, 2.0, np.nan, 3.0]
    assert leniency(["i", "i", "i", "j"], ["a", "b", "c", "a"], values).raters == ("a", "b")
    with pytest.raises(ValueError, match="hold an opinion"):
        dawid_skene(["i"], ["a"], [None])


def test_accuracy_takes_categories_by_name():
    truth, ratings = annotators(np.random.default_rng(6), [0.8, 0.75, 0.8])
    words = np.array(["good", "fair", "poor"], dtype=object)
    by_name = alternative_annotator_test(words[ratings.astype(int)], words[truth])
    assert by_name.to_dict() == alternative_annotator_test(ratings, truth).to_dict()


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="equally long"):
        dawid_skene(["i"], ["a", "b"], ["x"])
    with pytest.raises(ValueError, match="not empty"):
        leniency([], [], [])


def test_smoothed_dawid_skene_ends_where_another_round_changes_nothing():
    for seed in range(10):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 3, 30)
        cells = [(i, r) for i in range(30) for r in range(5) if rng.random() < 0.6]
        item, rater = [i for i, _ in cells], [r for _, r in cells]
        label = [int(truth[i]) if rng.random() < 0.6 else int(rng.integers(0, 3)) for i, _ in cells]
        found = dawid_skene(item, rater, label, smoothing=1.0)
        further = dawid_skene(item, rater, label, smoothing=1.0, iterations=5000, tolerance=-np.inf)
        assert found.converged
        assert found.labels == further.labels
        assert found.posterior == pytest.approx(further.posterior, abs=0.01)


@pytest.mark.parametrize("options", [{"iterations": 0}, {"smoothing": -1.0}, {"smoothing": np.nan}])
def test_dawid_skene_needs_an_iteration_and_no_negative_smoothing(options):
    with pytest.raises(ValueError, match="need an iteration"):
        dawid_skene(["i"], ["r"], ["a"], **options)
