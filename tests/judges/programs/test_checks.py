"""Each check on items that hold, that fail, and that it cannot be made of."""

import time

import pytest

from judges.contracts import Subject
from judges.programs.catalogue import check_from_dict


def found(check, **payload):
    return check_from_dict(check).find(Subject("1", payload))


@pytest.mark.parametrize(
    ("how", "output", "score"),
    [
        ("exact", "Paris ", 1.0),
        ("exact", "paris", 0.0),
        ("normalised", "The PARIS.", 1.0),
        ("contains", "It is in Paris, France", 1.0),
        ("contains", "Comparison", 0.0),
        ("token_recall", "new york", 1.0),
        ("token_recall", "york", 0.5),
        ("token_f1", "york", 2 / 3),
        ("token_f1", "", 0.0),
    ],
)
def test_the_nearest_of_several_references_counts(how, output, score):
    found_ = found({"check": "match", "how": how}, output=output, reference=["New York", "Paris"])
    if how.startswith("token"):
        found_ = found({"check": "match", "how": how}, output=output, reference=["Paris", "New York"])
    assert found_.score == pytest.approx(score)
    assert found_.holds is (score == 1.0)


def test_a_field_within_a_field_is_reached_by_dots():
    check = {"check": "match", "field": "candidates.a.name", "against": "candidates.b.name"}
    sides = {"a": {"name": "Sony TV"}, "b": {"name": "sony tv"}}
    assert found(check, candidates=sides).holds
    assert found(check, candidates={"a": {}}).holds is None


@pytest.mark.parametrize(
    "check",
    [
        {"check": "match"},
        {"check": "regex", "pattern": "x"},
        {"check": "length", "most": 3},
        {"check": "json_schema", "schema": {}},
        {"check": "language", "languages": ["en"]},
    ],
)
def test_a_check_cannot_be_made_of_an_item_without_the_field(check):
    finding = found(check, input="x", output=None)
    assert finding.holds is None
    assert "'output'" in finding.said


def test_a_pattern_is_searched_for():
    check = {"check": "regex", "pattern": r"^\s*sorry\b", "ignore_case": True}
    assert found(check, output="Sorry, no.").holds
    assert not found(check, output="I am not sorry.").holds


def test_a_catastrophic_pattern_is_not():
    started = time.perf_counter()
    assert not found({"check": "regex", "pattern": "(a+)+$"}, output="a" * 90_000 + "b").holds
    assert time.perf_counter() - started < 1


def test_length_counts_characters_or_words():
    assert found({"check": "length", "least": 3, "most": 5}, output="four").holds
    assert not found({"check": "length", "unit": "words", "most": 2}, output="one two three").holds
    assert found({"check": "length", "least": 200_000}, output="x" * 200_000).holds


SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "tags": {"uniqueItems": True}},
    "required": ["name"],
}


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ('{"name": "Ann", "tags": [1, 2]}', "valid"),
        ({"name": "Ann"}, "valid"),
        ('{"name": "ann"}', "output.name: "),
        ('{"name": "Ann", "tags": [1, 1.0]}', "twice"),
        ("[]", "not of type 'object'"),
        ("{", "not JSON"),
        ("[" * 90_000, "not JSON"),
    ],
)
def test_json_is_held_against_a_schema(output, said):
    finding = found({"check": "json_schema", "schema": SCHEMA}, output=output)
    assert said in finding.said or "deeply" in finding.said
    assert finding.holds is (said == "valid")


def test_a_schema_that_points_outside_is_not_followed():
    check = {"check": "json_schema", "schema": {"$ref": "http://127.0.0.1:9/schema.json"}}
    finding = found(check, output="{}")
    assert finding.holds is None
    assert "127.0.0.1" in finding.said


@pytest.mark.parametrize(
    ("output", "holds"),
    [
        ("The quick brown fox jumps over the lazy dog.", True),
        ("Der schnelle braune Fuchs springt über den faulen Hund.", False),
        ("これは日本語の文章です。", False),
        ("ok 1234567890 1234567890", None),
    ],
)
def test_a_language_is_told_where_there_is_text_enough(output, holds):
    assert found({"check": "language", "languages": ["en"]}, output=output).holds is holds


@pytest.mark.parametrize(
    ("check", "complaint"),
    [
        ({"check": "spelling"}, "is no check; known: match"),
        ({"check": "match", "hwo": "exact"}, "no setting 'hwo'"),
        ({"check": "match", "how": "nearly"}, "not one of exact"),
        ({"check": "match", "at_least": True}, "at_least cannot be True"),
        ({"check": "match", "field": 3}, "field cannot be 3"),
        ({"check": "regex"}, "missing 1 required"),
        ({"check": "regex", "pattern": "(?=a)"}, "cannot be used: invalid perl operator"),
        ({"check": "length", "least": 5, "most": 2}, "least <= most"),
        ({"check": "language", "languages": ["english"]}, "not english"),
        ({"check": "json_schema", "schema": {"type": "text"}}, "json_schema: "),
        ({"check": "near_duplicate", "at_least": 0.2}, "from 0.5 to 1"),
    ],
)
def test_a_check_that_is_not_right_is_refused_by_name(check, complaint):
    with pytest.raises(ValueError, match=complaint.replace("?", r"\?")):
        check_from_dict(check)


def test_a_check_reads_back_as_itself():
    for written in (
        {"check": "match", "how": "token_f1", "at_least": 0.5},
        {"check": "length", "most": 9},
        {"check": "language", "languages": ["en"]},
        {"check": "json_schema", "schema": SCHEMA},
        {"check": "near_duplicate", "at_least": 0.9},
    ):
        check = check_from_dict(written)
        assert check_from_dict(check.to_dict()) == check
        assert written.items() <= check.to_dict().items()
