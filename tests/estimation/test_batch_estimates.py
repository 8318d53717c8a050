"""Estimates from ratings made elsewhere, by hand-sized batches."""

import numpy as np
import pytest

from auditing.core.errors import BadInput
from auditing.estimation.inputs import evidence_of_batch, numbers_for
from auditing.estimation.measures import measures_without_rubric
from auditing.estimation.services import estimate_batch
from auditing.rubrics.schema import RubricSpec
from tests.cast import RUBRIC, make_batch
from tests.estimation.building import only
from tests.ratings.ratings_of import rate

SPEC = RubricSpec.from_content(RUBRIC)


def test_yes_and_no_are_a_pass_rate_even_without_a_rubric(batch):
    rate(batch, "ann", "correct", ["Yes"] * 9 + ["No"] * 3)
    found = only(estimate_batch(batch=batch), criterion="correct")
    assert (found.estimand, found.result.estimate) == ("pass_rate", 0.75)
    assert found.assumption == ""  # every item is labelled


def test_numbers_have_a_mean(batch):
    rate(batch, "ann", "score", ["10", "20"] * 6)
    found = only(estimate_batch(batch=batch))
    assert (found.estimand, found.result.estimate) == ("mean", 15)


def test_other_words_have_a_share_each(batch):
    rate(batch, "ann", "tone", ["formal"] * 3 + ["casual"] * 9)
    shares = {one.estimand: one.result.estimate for one in estimate_batch(batch=batch)}
    assert shares == {"share_of_casual": 0.75, "share_of_formal": 0.25}


def test_ties_count_half_a_win(batch):
    rubric = RubricSpec.from_content(
        {
            "rubric": "pairs",
            "criteria": [
                {
                    "key": "preferred",
                    "scale": {
                        "type": "preference",
                        "options": ["a", "b", "tie"],
                        "aliases": {"1": "a", "2": "b", "0": "tie"},
                    },
                }
            ],
        }
    )
    rate(batch, "ann", "preferred", ["1"] * 6 + ["2"] * 2 + ["0"] * 4)
    found = only(estimate_batch(batch=batch, rubric=rubric))
    assert (found.estimand, found.result.estimate) == ("preference_for_a", pytest.approx(8 / 12))


def test_a_taxonomy_has_an_error_rate_and_a_mean_severity(batch):
    rubric = RubricSpec.from_content(
        {
            "rubric": "marked",
            "criteria": [
                {
                    "key": "errors",
                    "scale": {
                        "type": "taxonomy",
                        "categories": ["accuracy", "fluency"],
                        "severities": {"minor": 1, "major": 5},
                    },
                }
            ],
        }
    )
    one = '[{"category": "accuracy", "severity": "major"}]'
    rate(batch, "ann", "errors", [one] * 3 + ["[]"] * 9)
    figures = {found.estimand: found.result.estimate for found in estimate_batch(batch=batch, rubric=rubric)}
    assert figures["error_rate"] == 0.25
    assert figures["mean_severity_points"] == pytest.approx(1.25)


@pytest.mark.parametrize("severity", ["", "minor"])
def test_points_of_0_and_1_are_no_share(batch, severity):
    scale = {"type": "taxonomy", "categories": ["accuracy"], "severities": {"minor": 1, "major": 5}}
    rubric = RubricSpec.from_content({"rubric": "marked", "criteria": [{"key": "errors", "scale": scale}]})
    marked = '[{"category": "accuracy", "severity": "minor"}]' if severity else "[]"
    rate(batch, "ann", "errors", [marked] * 2 + ["[]"] * 6)
    found = only(estimate_batch(batch=batch, rubric=rubric), estimand="mean_severity_points")
    if severity:
        assert found.result.method.endswith("Student t")
    else:
        assert "all equal" in found.refusal  # nothing says how bad what was not seen may be


def test_some_labels_are_taken_for_a_random_sample_and_it_says_so(batch):
    rate(batch, "ann", "correct", ["yes", "no"] * 3)
    found = only(estimate_batch(batch=batch))
    assert "simple random sample" in found.to_dict()["note"]
    assert found.result.low < 0.5 < found.result.high


def test_by_field_needs_a_field_of_the_batch(batch):
    rate(batch, "ann", "correct", ["yes"] * 12)
    by_topic = estimate_batch(batch=batch, by_field="topic")
    assert {one.slice_value for one in by_topic} == {"", "history", "science", "sport"}
    for field in ("colour", "drawn", "cluster"):
        with pytest.raises(BadInput, match=field):
            estimate_batch(batch=batch, by_field=field)


def test_a_slice_nobody_labelled_is_refused_and_the_others_stand(batch):
    rate(batch, "ann", "correct", ["yes", "no", None] * 4)  # topics take turns: none of one topic
    parts = {one.slice_value: one for one in estimate_batch(batch=batch, by_field="topic")}
    refused = [one for one in parts.values() if one.result is None]
    assert len(refused) == 1
    assert refused[0].refusal


def test_an_unknown_criterion_and_a_batch_without_labels_are_refused(batch):
    with pytest.raises(BadInput, match="Nobody has rated"):
        estimate_batch(batch=batch)
    rate(batch, "ann", "correct", ["yes"] * 12)
    with pytest.raises(BadInput, match="no criterion 'colour'"):
        estimate_batch(batch=batch, criterion="colour")


def test_judges_alone_are_no_labels(batch):
    rate(batch, "gpt", "correct", ["yes"] * 12, kind="judge")
    with pytest.raises(BadInput, match="Nobody has rated"):
        estimate_batch(batch=batch)


def test_a_criterion_asked_of_some_items_only_is_judged_by_those(batch):
    """What was never asked of an item is not a missing label."""
    rate(batch, "ann", "correct", ["yes"] * 12)
    rate(batch, "ann", "helpful", ["3"] * 6)
    found = only(estimate_batch(batch=batch, criterion="helpful", rubric=SPEC))
    assert found.unscored["labels"] == 0
    assert "simple random sample" in found.to_dict()["note"]


def test_picked_items_are_refused_because_the_judges_tell(collection, lead):
    batch = make_batch(collection, lead, name="picked", size=200)
    worth = ["yes" if position % 2 else "no" for position in range(200)]
    rate(batch, "gpt", "correct", worth, kind="judge")
    rate(batch, "ann", "correct", ["yes" if value == "yes" else None for value in worth])
    with pytest.raises(BadInput, match="no random sample"):
        estimate_batch(batch=batch)


def test_a_rated_item_that_no_judge_saw_takes_no_other_items_score(batch):
    rate(batch, "gpt", "correct", ["yes", "no"] * 4 + [None] * 4, kind="judge")
    rate(batch, "ann", "correct", [None] * 2 + ["yes", "no"] * 5)
    seen = evidence_of_batch(batch, rubric=None, rater=None)
    numbers = numbers_for(seen, measures_without_rubric("correct", seen.labels["value"])[0])
    scores = numbers.proxy[numbers.labelled_in_proxy]
    assert np.isnan(scores).sum() == 4
    assert np.nanmean(scores) == 0.5
