import csv
import gzip
import io
import json

import pytest
from django.core.management import call_command

from auditing.core.errors import Missing
from auditing.metaaudit.selectors import comparisons, confusion_of, differing_items, evidence
from auditing.rubrics.schema import RubricSpec
from tests.cast import RUBRIC, make_collection
from tests.ratings.ratings_of import rate

SPEC = RubricSpec.from_content(RUBRIC)


def only(found):
    assert len(found) == 1
    return found[0]


def test_a_judge_is_compared_with_gold_by_default(batch):
    rate(batch, "key", "correct", ["yes"] * 6 + ["no"] * 6, kind="gold")
    rate(batch, "gpt", "correct", ["yes"] * 5 + ["no"] * 7, kind="judge")
    found = only(comparisons(evidence(batch=batch, rubric=SPEC), criterion="correct"))
    assert (found.rater, found.reference, found.n) == ("gpt", "key", 12)
    assert found.accuracy == pytest.approx(11 / 12)
    assert found.kappa == pytest.approx(5 / 6)
    assert found.accuracy_interval[0] < 11 / 12 < found.accuracy_interval[1]


def test_unusable_answers_are_counted_and_bound_the_accuracy(batch):
    rate(batch, "ann", "correct", ["yes"] * 10)
    rate(batch, "gpt", "correct", ["yes"] * 8 + ["garbage", ""], kind="judge")
    found = only(comparisons(evidence(batch=batch, rubric=SPEC), reference="ann", criterion="correct"))
    assert (found.n, found.unscored) == (10, 2)
    assert found.accuracy == 0.8
    assert found.accuracy_bounds == (0.8, 1.0)


def test_one_category_leaves_kappa_undefined_and_says_so(batch):
    rate(batch, "ann", "correct", ["yes"] * 5)
    rate(batch, "gpt", "correct", ["yes"] * 5, kind="judge")
    found = only(comparisons(evidence(batch=batch, rubric=SPEC), reference="ann", criterion="correct"))
    assert found.kappa is None
    assert "one category" in found.note
    assert found.accuracy == 1.0


def test_an_order_has_a_weighted_kappa(batch):
    rate(batch, "ann", "helpful", ["1", "2", "3", "1", "2", "3"])
    rate(batch, "ben", "helpful", ["1", "2", "2", "2", "2", "3"])
    found = only(comparisons(evidence(batch=batch, rubric=SPEC), reference="ann", criterion="helpful"))
    assert found.alpha_level == "ordinal"
    assert found.kappa_weighted > found.kappa


def test_who_did_not_speak_is_named(batch):
    rate(batch, "ann", "correct", ["yes"])
    with pytest.raises(Missing, match=r"no rater 'zoe'.*ann"):
        comparisons(evidence(batch=batch), reference="zoe")


def test_differing_items_and_cells(batch):
    rate(batch, "ann", "correct", ["yes", "no", "yes"])
    rate(batch, "gpt", "correct", ["yes", "yes", ""], kind="judge")
    seen = evidence(batch=batch, rubric=SPEC)
    asked = {"rater": "gpt", "reference": "ann", "criterion": "correct"}
    assert len(differing_items(seen, **asked)) == 2
    assert len(differing_items(seen, **asked, cell=("yes", "no"))) == 1
    assert confusion_of(seen, **asked).categories[-1] == "unscored"
    assert confusion_of(seen, **asked).counts.sum() == 3


def import_openqa(shared_data, folder):
    """The public question-answering set through the command line; its label file mixes humans and the gold label."""
    source = shared_data / "openqa_nq301"
    make_collection("NQ-301")
    mapping = folder / "mapping.yaml"
    mapping.write_text(
        "payload: {input: question, reference: gold_answers, output: answer}\n"
        "producer: meta.produced_by\ncluster: meta.question_id\n"
    )
    said = io.StringIO()
    items = str(source / "items.jsonl.gz")
    call_command(
        "import_items", items, "--collection=NQ-301", "--batch=nq", f"--mapping={mapping}", stdout=said
    )
    with gzip.open(source / "labels.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with gzip.open(source / "judges.csv.gz", "rt", encoding="utf-8") as file:
        verdicts = list(csv.DictReader(file))
    ratings = folder / "ratings.csv"
    with ratings.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["item_id", "rater", "rater_kind", "criterion", "value"])
        for row in rows:
            kind = "gold" if row["rater_id"] == "adjudicated" else "human"
            writer.writerow([row["item_id"], row["rater_id"], kind, row["criterion"], row["label"]])
        for row in verdicts:
            writer.writerow([row["item_id"], row["judge"], "judge", row["criterion"], row["score"]])
    call_command("import_ratings", str(ratings), "--batch=nq", stdout=said)


@pytest.mark.django_db
def test_gpt4_against_the_adjudicated_label_of_nq301(shared_data, tmp_path):
    import_openqa(shared_data, tmp_path)
    out = io.StringIO()
    call_command("meta_audit", batch="nq", reference="adjudicated", json=True, stdout=out)
    by_rater = {row["rater"]: row for row in json.loads(out.getvalue())}
    assert by_rater["gpt-4"]["n"] == 1489  # the source has no verdict of it on one answer, and two blank ones
    assert by_rater["gpt-4"]["unscored"] == 2
    assert by_rater["gpt-4"]["accuracy"] == pytest.approx(0.847, abs=5e-4)
    assert by_rater["gpt-4"]["kappa"] == pytest.approx(0.69, abs=5e-3)
    assert by_rater["text-davinci-003"]["accuracy"] == pytest.approx(0.838, abs=5e-4)
    assert by_rater["BEM"]["kappa"] == pytest.approx(0.62, abs=5e-3)
    low, high = by_rater["gpt-4"]["accuracy_interval"]
    assert low < 0.847 < high

    out = io.StringIO()
    call_command("meta_audit", batch="nq", reference="annotator1", json=True, stdout=out)
    alpha = next(row["alpha"] for row in json.loads(out.getvalue()) if row["rater"] == "annotator2")
    assert alpha == pytest.approx(0.735, abs=5e-4)


def test_ac1_knows_the_answers_that_nobody_gave(batch):
    rate(batch, "ann", "correct", ["yes"] * 12)
    rate(batch, "gpt", "correct", ["yes"] * 12, kind="judge")
    found = only(comparisons(evidence(batch=batch, rubric=SPEC), reference="ann", criterion="correct"))
    assert (found.kappa, found.ac1) == (None, 1.0)
    assert found.ac1_interval is not None
