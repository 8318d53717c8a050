"""The `estimate` command on public data: all labels, a fair part of them, a picked part, preferences."""

import csv
import gzip
import io
import json

import numpy as np
import pytest
from django.core.management import call_command

from auditing.ratings.models import Rating
from auditing.rubrics.services import import_rubric
from tests.cast import make_collection
from tests.metaaudit.test_comparisons import import_openqa

PREFERENCE = """
rubric: preferred-response
criteria:
  - key: preference
    question: Which response is better?
    scale:
      type: preference
      options: [a, b, tie]
      aliases: {"1": a, "2": b, "0": tie, "Tie": tie}
"""


def estimate(**options):
    out = io.StringIO()
    call_command("estimate", json=True, stdout=out, **options)
    return json.loads(out.getvalue())


@pytest.fixture
def openqa(shared_data, tmp_path, db):
    import_openqa(shared_data, tmp_path)


def keep_only(chosen):
    """Forget every human and gold rating of the other items."""
    others = Rating.objects.exclude(rater__kind="judge").exclude(item__in=chosen)
    # by key: as one statement with a subquery, the planner, who has not analysed the table yet, loops for minutes
    Rating.objects.filter(pk__in=list(others.values_list("pk", flat=True))).delete()


def adjudicated():
    ratings = Rating.objects.filter(rater__name="adjudicated").values_list("item", "value")
    return {item: float(value == "Yes") for item, value in ratings}


def of_basis(rows, basis):
    return next(row for row in rows if row["basis"] == basis and row["slice"] is None)


def test_all_labels_are_the_share_itself(openqa):
    truth = np.mean(list(adjudicated().values()))
    human = of_basis(estimate(batch="nq", reference="adjudicated"), "human")
    assert human["estimate"] == pytest.approx(truth)
    assert human["low"] == human["estimate"] == human["high"]
    assert (human["n_human"], human["population"]) == (1490, 1490)


def test_the_keys_are_the_contract(openqa):
    keys = set(estimate(batch="nq", reference="adjudicated")[0])
    assert keys >= {
        "criterion", "slice", "estimand", "method", "estimate", "low", "high", "confidence",
        "n_human", "n_judged", "population", "n_effective", "labels_saved",
    }  # fmt: skip


def test_three_hundred_random_labels_cover_the_truth_and_the_judges_narrow_it(openqa):
    labels = adjudicated()
    truth = np.mean(list(labels.values()))
    keep_only(np.random.default_rng(11).choice(sorted(labels), 300, replace=False).tolist())
    rows = estimate(batch="nq", reference="adjudicated")
    human, assisted = of_basis(rows, "human"), of_basis(rows, "assisted")
    for row in (human, assisted):
        assert row["low"] < truth < row["high"]
        assert row["n_human"] == 300
        assert "simple random sample" in row["note"]
    assert assisted["high"] - assisted["low"] < human["high"] - human["low"]
    assert assisted["labels_saved"] > 0


def test_labels_picked_by_hand_are_refused(openqa, capsys):
    labels = adjudicated()
    keep_only([item for item, good in labels.items() if good][:300])
    with pytest.raises(SystemExit) as refused:
        estimate(batch="nq", reference="adjudicated")
    assert refused.value.code == 2
    assert "no random sample" in capsys.readouterr().err


@pytest.fixture
def pandalm(shared_data, tmp_path, db):
    source = shared_data / "pandalm_pairwise"
    make_collection("PandaLM")
    import_rubric(by=None, text=PREFERENCE)
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text("payload: {input: instruction, candidates: {a: response1, b: response2}}\n")
    said = {"stdout": io.StringIO()}
    items = str(source / "items.jsonl.gz")
    call_command("import_items", items, collection="PandaLM", batch="pairs", mapping=mapping, **said)
    ratings = tmp_path / "ratings.csv"
    with ratings.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "rater", "rater_kind", "criterion", "value"])
        for name, rater, kind, value in (
            ("labels", "rater_id", "human", "label"),
            ("judges", "judge", "judge", "score"),
        ):
            with gzip.open(source / f"{name}.csv.gz", "rt", encoding="utf-8") as rows:
                for row in csv.DictReader(rows):
                    writer.writerow([row["item_id"], row[rater], kind, row["criterion"], row[value]])
    call_command("import_ratings", str(ratings), batch="pairs", **said)


def test_preferences_with_ties_and_garbage(pandalm):
    rows = estimate(batch="pairs", rubric="preferred-response")
    human = of_basis(rows, "human")
    assert human["estimand"] == "preference_for_a"
    assert human["population"] == 999
    assert human["n_human"] + human["unscored"]["labels"] == 999
    assert 0.3 < human["low"] <= human["estimate"] <= human["high"] < 0.7
    assert of_basis(rows, "assisted")["unscored"]["verdicts"] == 25  # the source's `garbage`
