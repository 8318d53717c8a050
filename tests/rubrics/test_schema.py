"""Rubric files: what is understood, what is refused and where, and that nothing is lost on the way round."""

import pytest

from auditing.core import yaml_text
from auditing.core.errors import BadInput
from auditing.rubrics.schema import RubricSpec

FILE = """\
rubric: sft-response-quality
description: |
  Two lines
  of text.
criteria:
  - key: correct
    question: Is every claim true?
    scale: {type: binary, good: yes, aliases: {1: yes, 0: no}}
    critical: true
  - key: helpful
    weight: 2
    question: How well does it do what was asked?
    scale:
      type: ordinal
      levels: [{value: 1, label: Useless, anchor: "..."}, {value: 4.5, label: Complete}]
  - key: tone
    scale: {type: nominal, options: [{key: warm, label: Warm}, cold], good: warm, cannot_assess: true}
  - key: minutes
    scale: {type: numeric, low: 0, high: 90.5, unit: min}
  - key: errors
    scale: {type: taxonomy, categories: [accuracy/addition, fluency], severities: {critical: 25, minor: 1}}
  - key: preferred
    scale: {type: preference}
item_passes_when: "correct == 'yes' and helpful >= 4"
"""


@pytest.fixture
def content() -> dict:
    return yaml_text.read(FILE)


def test_a_file_survives_the_way_round(content):
    written = yaml_text.write(content)
    assert yaml_text.read(written) == content
    assert list(yaml_text.read(written)["criteria"][4]["scale"]["severities"]) == ["critical", "minor"]
    assert yaml_text.write(yaml_text.read(written)) == written


def test_a_spec_survives_the_way_round(content):
    spec = RubricSpec.from_content(content)
    assert RubricSpec.from_content(spec.to_content()) == spec


def test_unquoted_yes_and_no_are_answers(content):
    assert content["criteria"][0]["scale"]["good"] == "yes"
    assert content["criteria"][0]["scale"]["aliases"] == {"1": "yes", "0": "no"}


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ("type: ordinal", "type: ordnial", 14, "criteria[1].scale.type", "did you mean 'ordinal'?"),
        ("weight: 2", "wieght: 2", 10, "criteria[1]", "did you mean 'weight'?"),
        ("weight: 2", "weight: heavy", 11, "criteria[1].weight", "must be a number"),
        ("value: 4.5", "value: high", 15, "criteria[1].scale.levels[1].value", "must be a number"),
        ("value: 4.5", "value: 1.0", 15, "criteria[1].scale.levels[1].value", "'1' is there twice"),
        ("key: helpful", "key: correct", 10, "criteria[1].key", "is there twice"),
        ("key: helpful", "key: is helpful", 10, "criteria[1].key", "letters, digits and _"),
        ("key: helpful", "key: lambda", 10, "criteria[1].key", "reserved"),
        ("good: warm", "good: hot", 17, "criteria[2].scale.good", "unknown option 'hot'"),
        ("high: 90.5", "high: 0", 19, "criteria[3].scale.high", "must be above low"),
        ("minor: 1}", "minor: low}", 21, "criteria[4].scale.severities.minor", "must be a number"),
        ("good: yes", "good: true", 8, "criteria[0].scale.good", "must be text"),
        ("1: yes, 0", "1: sure, 0", 8, "criteria[0].scale.aliases.1", "'sure' is not one of yes, no"),
        ("critical: true", "critical: yes", 9, "criteria[0].critical", "must be true or false"),
        ("unit: min}", "unit: min}\n    critical: true", 20, "criteria[3].critical", "which answer is good"),
        ("helpful >= 4", "helpfull >= 4", 24, "item_passes_when", "did you mean 'helpful'?"),
        ("rubric: sft-response-quality", "rubric: SFT quality", 1, "rubric", "is no name"),
    ],
)
def test_a_complaint_names_line_and_path(old, new, line, field, message):
    assert old in FILE
    text = FILE.replace(old, new, 1)
    with pytest.raises(BadInput) as caught:
        RubricSpec.from_content(yaml_text.read(text))
    located = yaml_text.located(caught.value, text, "a.yaml")
    assert (located.line, located.field) == (line, field)
    assert message in located.message
    assert str(located).startswith(f"a.yaml, line {line}, field {field}: ")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: 1\na: 2", 2, "there twice"),
        ("a: &x 1\nb: *x", 2, "aliases"),
        ("a: !!python/object:os.system x", 1, "constructor"),
        ('a: "\\0"', 1, "cannot be kept"),
        ("- 1", 1, "`key: value`"),
        ("", 1, "`key: value`"),
        ("a: 1\nb: [1", 2, "expected"),
        ("? [a]\n: 1", 1, "key must be text"),
        ("a: " + "[" * 5000, None, "recursion"),
        ("a: " + "x" * 1_000_001, None, "longer"),
    ],
)
def test_what_is_no_file_is_one_complaint(text, line, message):
    with pytest.raises(BadInput, match=message) as caught:
        yaml_text.read(text, file="a.yaml")
    assert caught.value.file == "a.yaml"
    assert caught.value.line == line


def test_dates_and_odd_numbers_stay_text():
    assert yaml_text.read("a: 2026-01-02\nb: 1:30\nc: 010\nd: on\ne: .nan") == {
        "a": "2026-01-02",
        "b": "1:30",
        "c": "010",
        "d": "on",
        "e": ".nan",
    }


def scale_of(content, key):
    return RubricSpec.from_content(content).criterion(key).scale


@pytest.mark.parametrize(
    ("key", "raw", "canonical", "number"),
    [
        ("correct", " YES ", "yes", 1.0),
        ("correct", 1, "yes", 1.0),
        ("correct", "0", "no", 0.0),
        ("helpful", "4.50", "4.5", 4.5),
        ("helpful", 1.0, "1", 1.0),
        ("tone", "WARM", "warm", None),
        ("tone", "Cannot_assess", "cannot_assess", None),
        ("minutes", "+1e1", "10", 10.0),
        ("preferred", "Tie", "tie", None),
        ("errors", "[]", "[]", 0.0),
        (
            "errors",
            [{"severity": "Minor", "category": "fluency"}, {"severity": "critical", "category": "fluency"}],
            '[{"category":"fluency","severity":"minor","note":""},'
            '{"category":"fluency","severity":"critical","note":""}]',
            26.0,
        ),
    ],
)
def test_answers_have_one_text(content, key, raw, canonical, number):
    scale = scale_of(content, key)
    assert scale.canonical(raw) == canonical
    assert scale.canonical(canonical) == canonical
    assert scale.number(canonical) == number


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("correct", "true"),
        ("correct", "cannot_assess"),
        ("correct", None),
        ("helpful", "2"),
        ("helpful", "Useless"),
        ("helpful", True),
        ("minutes", "91"),
        ("minutes", "nan"),
        ("minutes", float("inf")),
        ("tone", "lukewarm"),
        ("errors", "none"),
        ("errors", '[{"category": "fluency"}]'),
        ("errors", "[" * 100_000),
        ("preferred", "1"),
    ],
)
def test_nothing_is_guessed(content, key, raw):
    with pytest.raises(BadInput):
        scale_of(content, key).canonical(raw)
