"""Importing ratings: strict about who, what and which item; a repeated opinion is no news, a contradiction an error."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from auditing.core.errors import BadInput, Forbidden
from auditing.datasets.problems import BadRows
from auditing.journal.models import Entry
from auditing.ratings.models import Rater, Rating
from auditing.ratings.services import import_ratings

HEAD = "item_id,rater,rater_kind,criterion,value,probability,rationale,rated_at\n"


@pytest.fixture
def rate(tmp_path, batch, lead):
    def rate(text: str, *, name="ratings.csv", by=lead, **options):
        path: Path = tmp_path / name
        path.write_text(text)
        return import_ratings(by=by, path=path, batch=batch, **options)

    return rate


def test_ratings_are_stored_as_the_source_wrote_them(rate, batch, collection):
    result = rate(
        HEAD + "item-1,gpt,judge,correct,Yes,0.9,because,2026-03-02\nitem-2,ann,human,correct,,,,\n"
    )
    assert (result.created, result.imported, result.unchanged, result.rejected) == (True, 2, 0, 0)
    first, blank = Rating.objects.order_by("pk")
    assert (first.item.external_id, first.rater.name, first.rater.kind) == ("item-1", "gpt", "judge")
    assert (first.value, first.probability, first.rationale) == ("Yes", 0.9, "because")
    assert first.rated_at.isoformat() == "2026-03-02T00:00:00+00:00"
    assert (blank.value, blank.probability, blank.rated_at) == ("", None, None)
    assert Entry.objects.latest("sequence").details == {"file": "ratings.csv", "ratings": 2, "rejected": 0}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            "nobody,a,human,correct,Yes,,,",
            "ratings.csv, line 2, field item_id: the batch has no item 'nobody'",
        ),
        (
            "item-1,a,robot,correct,Yes,,,",
            "ratings.csv, line 2, field rater_kind: 'robot' is not human, judge or gold",
        ),
        (
            "item-1,a,human,correct,Yes,1.5,,",
            "ratings.csv, line 2, field probability: 1.5 is not between 0 and 1",
        ),
        (
            "item-1,a,human,correct,Yes,nan,,",
            "ratings.csv, line 2, field probability: nan is not between 0 and 1",
        ),
        (
            "item-1,a,human,correct,Yes,often,,",
            "ratings.csv, line 2, field probability: 'often' is not a number",
        ),
        ("item-1,,human,correct,Yes,,,", "ratings.csv, line 2, field rater: is empty"),
        ("item-1,a,human,,Yes,,,", "ratings.csv, line 2, field criterion: is empty"),
        ("item-1,a,human,correct,Yes,,,soon", "ratings.csv, line 2, field rated_at: 'soon' is neither"),
        ("item-1,a,human,correct,Yes", "ratings.csv, line 2: 5 cells, but the heading has 8 columns"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_stored(rate, row, says):
    with pytest.raises(BadRows) as complaint:
        rate(HEAD + row + "\nitem-2,a,human,correct,Yes,,,\n")
    assert str(complaint.value).startswith(says)
    assert not Rating.objects.exists()
    assert not Rater.objects.exists()


def test_a_second_opinion_of_the_same_rater_must_be_the_same(rate):
    with pytest.raises(
        BadInput, match="line 3, field value: 'a' gave another value for 'correct' of 'item-1' on line 2"
    ):
        rate(HEAD + "item-1,a,human,correct,Yes,,,\nitem-1,a,human,correct,No,,,\n")
    result = rate(HEAD + "item-1,a,human,correct,Yes,,,\nitem-1,a,human,correct,Yes,,,\n")
    assert (result.imported, result.unchanged) == (1, 1)
    with pytest.raises(BadInput, match="in an earlier file"):
        rate(HEAD + "item-1,a,human,correct,No,,,\n")
    assert rate(HEAD + "item-1,a,human,correct,Yes,,,\nitem-2,a,human,correct,No,,,\n").unchanged == 1


def test_one_name_is_one_kind_of_rater(rate):
    rate(HEAD + "item-1,a,human,correct,Yes,,,\n")
    with pytest.raises(BadInput, match="field rater_kind: 'a' is a human already, not a judge"):
        rate(HEAD + "item-2,a,judge,correct,Yes,,,\n")


def test_the_same_file_twice_changes_nothing(rate):
    text = HEAD + "item-1,a,human,correct,Yes,,,\n"
    first, again = rate(text), rate(text)
    assert (again.created, again.imported, again.file) == (False, 0, first.file)
    assert Entry.objects.filter(verb="imported ratings for").count() == 1


def test_skipping_bad_rows_says_which(rate):
    result = rate(HEAD + "item-1,a,human,correct,Yes,,,\nnobody,a,human,correct,Yes,,,\n", skip_bad=True)
    assert (result.imported, result.rejected, result.file.rejected_count) == (1, 1, 1)
    assert [problem.line for problem in result.problems] == [3]


def test_columns_and_constants(rate):
    text = "item_id,judge,criterion,score\nitem-1,gpt,correct,3\n"
    rate(text, columns={"rater": "judge", "value": "score"}, constants={"rater_kind": "judge"})
    assert (Rating.objects.get().rater.name, Rating.objects.get().value) == ("gpt", "3")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "field rater: there is no column for rater; name the column"),
        (
            {"columns": {"rater": "judge", "value": "score"}},
            "field rater_kind: there is no column for rater_kind",
        ),
        ({"columns": {"ratr": "judge"}}, "field ratr: unknown field 'ratr'; did you mean 'rater'"),
        ({"columns": {"rater": "x"}, "constants": {"rater": "y"}}, "field rater: is given both"),
    ],
)
def test_a_missing_column_is_one_complaint(rate, options, says):
    with pytest.raises(BadInput, match=says):
        rate("item_id,judge,criterion,score\nitem-1,gpt,correct,3\nitem-2,gpt,correct,3\n", **options)


def test_json_values_are_written_out(rate):
    base = {"rater": "a", "rater_kind": "gold"}
    values = [4, 2.5, True, None, [{"category": "x", "severity": "minor"}], " Yes "]
    rows = [base | {"item_id": "item-1", "criterion": f"c{n}", "value": v} for n, v in enumerate(values)]
    rate("".join(json.dumps(row) + "\n" for row in rows), name="r.jsonl")
    assert list(Rating.objects.order_by("criterion").values_list("value", flat=True)) == [
        "4", "2.5", "true", "", '[{"category": "x", "severity": "minor"}]', "Yes",
    ]  # fmt: skip
    partial = [
        base | {"item_id": "item-2", "criterion": "c", "value": 1},
        base | {"item_id": "item-3", "criterion": "c"},
    ]
    with pytest.raises(BadInput, match="line 2, field value: is missing"):
        rate("\n".join(json.dumps(row) for row in partial), name="r.jsonl")


def test_only_who_may(rate, outsider, auditor, viewer, vendor):
    for person in (outsider, auditor, viewer, vendor):
        with pytest.raises(Forbidden):
            rate(HEAD + "item-1,a,human,correct,Yes,,,\n", by=person)


def test_the_command(batch, tmp_path):
    path, out = tmp_path / "judges.csv", StringIO()
    path.write_text("item_id,judge,criterion,score\nitem-1,gpt,correct,3\n")
    options = ["--column", "rater=judge", "--column", "value=score", "--set", "rater_kind=judge"]
    call_command("import_ratings", str(path), "--batch", batch.name, *options, "--json", stdout=out)
    assert json.loads(out.getvalue())["imported"] == 1
    errors = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("import_ratings", str(path), "--batch", "none", stderr=errors)
    assert (stop.value.code, errors.getvalue()) == (2, "There is no batch named 'none'.\n")
    with pytest.raises(SystemExit):
        call_command("import_ratings", str(path), "--batch", batch.name, "--column", "rater", stderr=errors)
    assert "expected --column FIELD=..., each field once, found 'rater'" in errors.getvalue()
