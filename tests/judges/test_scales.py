import json

import pytest

from judges.errors import OffScale
from judges.scales import (
    BinaryScale,
    Level,
    NominalScale,
    NumericScale,
    Option,
    OrdinalScale,
    PreferenceScale,
    TaxonomyScale,
    number_text,
    scale_from_dict,
)
from tests.judges.bench import QUESTIONS

STARS = OrdinalScale([Level(1), Level(2.5), Level(4)])
TONES = NominalScale([Option("Warm"), Option("cold")])
PERCENT = NumericScale(0, 100)
ERRORS = TaxonomyScale(["accuracy/addition", "fluency/grammar"], {"minor": 1, "major": 5})


@pytest.mark.parametrize(
    ("scale", "raw", "value"),
    [
        (BinaryScale(), " YES\n", "yes"),
        (BinaryScale(), "No", "no"),
        (STARS, 4, "4"),
        (STARS, 4.0, "4"),
        (STARS, " 2.50 ", "2.5"),
        (TONES, "warm", "Warm"),
        (PERCENT, 0, "0"),
        (PERCENT, "12.30", "12.3"),
        (PERCENT, 1e-7, "0.0000001"),
        (PreferenceScale(), "TIE", "tie"),
        (ERRORS, [], "[]"),
        (
            ERRORS,
            [{"category": "Accuracy/Addition", "severity": "MAJOR", "note": "x", "more": 1}],
            '[{"category":"accuracy/addition","severity":"major","note":"x"}]',
        ),
    ],
)
def test_an_answer_on_the_scale_becomes_its_canonical_text(scale, raw, value):
    assert scale.parse(raw) == value


@pytest.mark.parametrize(
    ("scale", "raw"),
    [
        (BinaryScale(), True),
        (BinaryScale(), "yes, mostly"),
        (BinaryScale(), None),
        (STARS, 3),
        (STARS, "4/5"),
        (STARS, True),
        (STARS, [4]),
        (TONES, "lukewarm"),
        (PERCENT, 100.1),
        (PERCENT, -1),
        (PERCENT, float("nan")),
        (PERCENT, "1_0"),
        (PERCENT, "٥"),
        (PERCENT, "inf"),
        (PERCENT, 10**400),
        (PERCENT, "1e999999999"),
        (PERCENT, "1" * 5000),
        (PreferenceScale(), "c"),
        (ERRORS, "none"),
        (ERRORS, [{"category": "style", "severity": "minor"}]),
        (ERRORS, [{"category": "fluency/grammar"}]),
        (ERRORS, ["fluency/grammar"]),
    ],
)
def test_nothing_off_the_scale_is_guessed(scale, raw):
    with pytest.raises(OffScale):
        scale.parse(raw)


def test_an_off_scale_message_names_the_value_and_the_choices():
    with pytest.raises(OffScale, match=r"^7 is not one of the levels 1, 2\.5, 4$"):
        STARS.parse(7)


@pytest.mark.parametrize("scale", [question.scale for question in QUESTIONS])
def test_a_scale_round_trips_through_json(scale):
    assert scale_from_dict(json.loads(json.dumps(scale.to_dict()))) == scale


def test_rubric_keys_are_left_to_the_rubric():
    assert scale_from_dict({"type": "binary", "good": "yes", "cannot_assess": True}) == BinaryScale()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"type": "stars"}, 'unknown scale type "stars"'),
        ({}, "unknown scale type None"),
        ({"type": "ordinal", "levels": []}, "ordinal levels: at least one"),
        ({"type": "ordinal"}, "levels must be a list of mappings"),
        ({"type": "ordinal", "levels": [{"value": "high"}]}, '"high" is not a number'),
        ({"type": "ordinal", "levels": [{"value": 1}, {"value": 1.0}]}, "is there twice"),
        ({"type": "ordinal", "levels": [{"value": 1, "colour": "red"}]}, "colour"),
        ({"type": "nominal", "options": [{"key": True}]}, "True is not text; quote it"),
        ({"type": "nominal", "options": [{"key": "cannot_assess"}]}, "reserved"),
        ({"type": "numeric", "low": 5, "high": 5}, "must be below"),
        ({"type": "numeric", "low": 5}, "high"),
        ({"type": "taxonomy", "categories": "x", "severities": {"minor": 1}}, "categories must be a list"),
        ({"type": "taxonomy", "categories": ["x"], "severities": ["minor"]}, "severities must map"),
        ({"type": "preference", "options": ["a", "A"]}, "is there twice"),
    ],
)
def test_a_wrong_scale_is_refused_with_one_clear_message(data, message):
    with pytest.raises(ValueError, match=message):
        scale_from_dict(data)


@pytest.mark.parametrize(
    ("value", "text"), [(4.0, "4"), (2.5, "2.5"), (-0.0, "0"), (100, "100"), (1e20, "1" + "0" * 20)]
)
def test_numbers_are_written_plainly(value, text):
    assert number_text(value) == text
