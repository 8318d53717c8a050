"""The default method on real labels and real judges: does its interval hold the batch's own mean?"""

import csv
import gzip
import math
from collections import defaultdict

import numpy as np
import pytest

from auditing.stats.agreement import cohen_kappa, raw_agreement
from auditing.stats.estimation import estimate_mean, ppi_mean
from tests.stats.reference import SHARED, cases, data_set

DATA = SHARED / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="real data absent: set DOKIMA_SHARED to the folder that holds data/"
)
YES_NO = {"Yes": 1.0, "No": 0.0}


def scores(name, file, column, **wanted):
    """Mean numeric score per item over the rows that match `wanted`."""
    found = defaultdict(list)
    with gzip.open(DATA / name / f"{file}.csv.gz", "rt", newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if all(row[key] == value for key, value in wanted.items()) and row[column] != "":
                found[row["item_id"]].append(
                    YES_NO.get(row[column]) if row[column] in YES_NO else float(row[column])
                )
    return {item: sum(values) / len(values) for item, values in found.items()}


def labels_and_judge(name, judge, criterion=None, rater=None):
    criterion = {} if criterion is None else {"criterion": criterion}
    labels = scores(name, "labels", "label", **criterion, **({} if rater is None else {"rater_id": rater}))
    verdicts = scores(name, "judges", "score", judge=judge, **criterion)
    items = sorted(labels)
    return np.array([labels[item] for item in items]), np.array(
        [verdicts.get(item, math.nan) for item in items]
    )


SETS = {
    "evouna_tq": {"judge": "lexical:token_recall"},
    "openqa_nq301": {"judge": "gpt-4", "rater": "adjudicated"},
    "hanna_stories": {"judge": "Beluga-13B/prompt2", "criterion": "relevance"},
}


def test_gpt4_against_the_adjudicated_label():
    """1,261 of its 1,487 scored verdicts agree; .847 is the share of its 1,489 rows, two of which hold no verdict."""
    labels, verdicts = labels_and_judge("openqa_nq301", **SETS["openqa_nq301"])
    agreement = raw_agreement(labels, verdicts)
    assert (round(agreement.value * agreement.n), agreement.n) == (1261, 1487)
    assert agreement.value == pytest.approx(0.848, abs=0.0005)
    assert cohen_kappa(labels, verdicts).value == pytest.approx(0.69, abs=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("n", [50, 100, 250])
def test_the_default_method_covers_and_never_costs(name, n):
    labels, verdicts = labels_and_judge(name, **SETS[name])
    hits, gain = 0, 0.0
    for run in range(600):
        index = np.random.default_rng(run).choice(len(labels), n, replace=False)
        result = estimate_mean(labels[index], n / len(labels), verdicts, labelled_index=index)
        hits += result.low <= labels.mean() <= result.high
        gain += result.n_effective / n / 600
    assert hits / 600 >= 0.932
    assert gain > 1.05


@pytest.mark.slow
def test_a_judge_of_noise_costs_nothing():
    labels, _ = labels_and_judge("openqa_nq301", **SETS["openqa_nq301"])
    noise, gain = np.random.default_rng(0).random(len(labels)), 0.0
    for run in range(600):
        index = np.random.default_rng(run).choice(len(labels), 100, replace=False)
        gain += (
            estimate_mean(labels[index], 100 / len(labels), noise, labelled_index=index).n_effective
            / 100
            / 600
        )
    assert gain >= 0.95


@pytest.mark.slow
@pytest.mark.parametrize("case", cases("label_efficiency_regression"))
def test_label_efficiency_reference(case):
    """PPI++ on the stars of the CEBaB reviews, 100 labels at a time; the data set is not stored with the values."""
    humans, judges = (data_set("cebab_stars", f"{kind}_annotations.json") for kind in ("human", "llm"))
    verdicts = judges["gpt-4o"]
    given = {item: [float(one[item]) for one in humans.values() if item in one] for item in verdicts}
    items = [item for item, values in given.items() if values]
    labels = np.array([np.mean(given[item]) for item in items])
    judged = np.array([float(verdicts[item]) for item in items])
    hits, errors, n = 0, [], 100
    for run in range(2000):
        drawn = np.zeros(len(items), dtype=bool)
        drawn[np.random.default_rng(run).choice(len(items), n, replace=False)] = True
        result = ppi_mean(labels[drawn], judged[drawn], judged[~drawn])
        errors.append(result.estimate - labels.mean())
        hits += result.low <= labels.mean() <= result.high
    saved = labels.var(ddof=1) * (1 / n - 1 / len(items)) / np.var(errors)
    assert saved == pytest.approx(case["expected"]["ratio"], abs=case["tolerance"])
    assert hits / 2000 >= case["expected"]["coverage_min"]
