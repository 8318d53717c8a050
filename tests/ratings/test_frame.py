import pytest

from auditing.ratings.frame import opinions, with_item_passes
from auditing.ratings.reference import reference
from auditing.rubrics.schema import RubricSpec
from tests.cast import RUBRIC
from tests.ratings.ratings_of import rate

SPEC = RubricSpec.from_content(RUBRIC)


def cell(frame, **where):
    for column, value in where.items():
        frame = frame[frame[column] == value]
    assert len(frame) == 1
    return frame.iloc[0]


def test_values_are_put_on_the_scale_and_keep_their_source(batch):
    rate(batch, "ann", "correct", [" Yes", "NO"])
    frame = opinions(batch=batch, rubric=SPEC)
    assert frame["raw"].tolist() == [" Yes", "NO"]
    assert frame["value"].tolist() == ["yes", "no"]
    assert frame["number"].tolist() == [1.0, 0.0]


def test_what_is_off_the_scale_is_unscored_with_a_reason_and_kept(batch):
    rate(batch, "gpt", "helpful", ["3", "7", "garbage", ""], kind="judge")
    frame = opinions(batch=batch, rubric=SPEC)
    assert frame["status"].tolist() == ["scored", "unscored", "unscored", "unscored"]
    assert frame["reason"].tolist() == ["", "off the scale: 7", "off the scale: garbage", "no usable answer"]
    assert frame["value"].isna().tolist() == [False, True, True, True]


def test_without_a_rubric_values_are_text_whatever_their_case(batch):
    rate(batch, "ann", "acceptable", ["Yes", "yes "])
    assert set(opinions(batch=batch)["value"]) == {"yes"}


def test_an_item_passes_only_when_every_answer_it_needs_is_there(batch):
    rate(batch, "ann", "correct", ["yes", "no", "yes"])
    rate(batch, "ann", "helpful", ["3", None, None])
    passes = with_item_passes(opinions(batch=batch, rubric=SPEC), SPEC)
    passes = passes[passes["criterion"] == "item_passes"]
    assert passes["value"].where(passes["value"].notna(), None).tolist() == ["yes", "no", None]


class TestReference:
    def test_humans_who_agree_are_the_reference(self, batch):
        rate(batch, "ann", "correct", ["yes"])
        rate(batch, "ben", "correct", ["yes"])
        row = cell(reference(opinions(batch=batch, rubric=SPEC)), criterion="correct")
        assert (row["value"], row["source"]) == ("yes", "agreed humans")

    def test_those_who_marked_the_same_errors_agree_whatever_they_noted(self, batch):
        scale = {"type": "taxonomy", "categories": ["fluency"], "severities": {"minor": 1}}
        spec = RubricSpec.from_content({"rubric": "marked", "criteria": [{"key": "errors", "scale": scale}]})
        for rater, note in (("ann", "comma"), ("ben", "a comma is missing")):
            error = f'[{{"category": "fluency", "severity": "minor", "note": "{note}"}}]'
            rate(batch, rater, "errors", [error])
        row = cell(reference(opinions(batch=batch, rubric=spec), rubric=spec), criterion="errors")
        assert (row["number"], row["source"]) == (1.0, "agreed humans")

    def test_no_rater_passes_for_the_rulings(self, batch):
        rate(batch, "ruling", "correct", ["no"])
        rate(batch, "ann", "correct", ["yes"])
        rate(batch, "ben", "correct", ["yes"])
        row = cell(reference(opinions(batch=batch, rubric=SPEC)), criterion="correct")
        assert (row["value"], row["source"]) == ("yes", "majority of humans")

    def test_a_tie_stays_open_and_is_kept(self, batch):
        rate(batch, "ann", "correct", ["yes"])
        rate(batch, "ben", "correct", ["no"])
        row = cell(reference(opinions(batch=batch, rubric=SPEC)), criterion="correct")
        assert row["value"] is None
        assert row["source"] == "unresolved"

    def test_a_majority_is_named_so(self, batch):
        for name, value in (("ann", "yes"), ("ben", "no"), ("cat", "no")):
            rate(batch, name, "correct", [value])
        row = cell(reference(opinions(batch=batch, rubric=SPEC)), criterion="correct")
        assert (row["value"], row["source"]) == ("no", "majority of humans")

    def test_numbers_that_differ_are_averaged(self, batch):
        rate(batch, "ann", "helpful", ["1"])
        rate(batch, "ben", "helpful", ["2"])
        row = cell(reference(opinions(batch=batch, rubric=SPEC), rubric=SPEC), criterion="helpful")
        assert (row["number"], row["source"]) == (1.5, "mean of humans")

    def test_every_row_is_about_an_item_where_humans_agree_on_none(self, batch):
        rate(batch, "ann", "correct", ["yes"])
        rate(batch, "ben", "correct", ["no"])
        assert reference(opinions(batch=batch, rubric=SPEC))["item"].notna().all()

    def test_gold_stands_above_humans_and_a_named_rater_above_gold(self, batch):
        rate(batch, "ann", "correct", ["yes"])
        rate(batch, "key", "correct", ["no"], kind="gold")
        frame = opinions(batch=batch, rubric=SPEC)
        assert cell(reference(frame), criterion="correct")["source"] == "gold"
        assert cell(reference(frame, rater="ann"), criterion="correct")["source"] == "rater ann"

    def test_judges_never_make_a_reference(self, batch):
        rate(batch, "gpt", "correct", ["yes"], kind="judge")
        assert reference(opinions(batch=batch, rubric=SPEC)).empty

    @pytest.mark.parametrize("votes", [["cannot_assess"], ["cannot_assess", "cannot_assess", "yes"]])
    def test_cannot_assess_is_no_label(self, batch, votes):
        criteria = [{**RUBRIC["criteria"][0], "scale": {"type": "binary", "cannot_assess": True}}]
        spec = RubricSpec.from_content({"rubric": "r", "criteria": criteria})
        for index, vote in enumerate(votes):
            rate(batch, f"human-{index}", "correct", [vote])
        row = cell(reference(opinions(batch=batch, rubric=spec), rubric=spec), criterion="correct")
        assert row["value"] is None
        assert row["source"] == "unresolved"
