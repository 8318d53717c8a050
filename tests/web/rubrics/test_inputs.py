"""The one component by which people answer: what it shows, and what it reads back."""

import pytest
from django.http import QueryDict
from django.template.loader import render_to_string

from auditing.core import yaml_text
from auditing.rubrics.schema import RubricSpec
from auditing.web.rubrics.inputs import criterion_input, criterion_inputs, read_answer, read_notes

RUBRIC = RubricSpec.from_content(
    yaml_text.read("""
rubric: r
criteria:
  - {key: correct, question: "Is <b>it</b> right?", critical: true, scale: {type: binary}}
  - {key: helpful, scale: {type: ordinal, levels: [{value: 1, anchor: Bad}, {value: 3}], cannot_assess: true}}
  - {key: tone, scale: {type: nominal, options: [{key: warm, label: Warm and kind}, cold]}}
  - {key: minutes, scale: {type: numeric, low: 0, high: 9.5, unit: min, cannot_assess: true}}
  - {key: errors, scale: {type: taxonomy, categories: [fluency, terms], severities: {minor: 1, major: 5}}}
  - {key: preferred, scale: {type: preference}}
""")
)
ONE_ERROR = '[{"category":"terms","severity":"major","note":"here"}]'


def shown(key: str, value: str | None = None, **more: str) -> str:
    one = criterion_input(RUBRIC.criterion(key), value, **more)
    return render_to_string("rubrics/_criterion_input.html", {"input": one})


@pytest.mark.parametrize(
    ("key", "query", "answer"),
    [
        ("correct", "answer-correct=yes", "yes"),
        ("correct", "", None),
        ("correct", "answer-correct=", None),
        ("correct", "answer-correct=maybe", "maybe"),
        ("helpful", "answer-helpful=3", "3"),
        ("helpful", "answer-helpful=cannot_assess", "cannot_assess"),
        ("tone", "answer-tone=warm", "warm"),
        ("minutes", "answer-minutes=+7.50", "7.5"),
        ("minutes", "answer-minutes=about+7", "about 7"),
        ("minutes", "answer-minutes=7&answer-minutes=cannot_assess", "cannot_assess"),
        ("preferred", "answer-preferred=tie", "tie"),
        ("errors", "answer-errors=[]", "[]"),
        ("errors", "answer-errors=listed", None),
        ("errors", "", None),
    ],
)
def test_what_is_read(key, query, answer):
    assert read_answer(RUBRIC.criterion(key), QueryDict(query)) == answer


def test_listed_errors_are_read_row_by_row():
    post = QueryDict(mutable=True)
    post.setlist("answer-errors-category", ["terms", "", "fluency"])
    post.setlist("answer-errors-severity", ["major", "", "minor"])
    post.setlist("answer-errors-note", ["here", " ", ""])
    assert read_answer(RUBRIC.criterion("errors"), post) == ONE_ERROR[:-1] + (
        ',{"category":"fluency","severity":"minor","note":""}]'
    )


def test_a_half_typed_error_is_not_lost():
    post = QueryDict("answer-errors-category=terms&answer-errors-severity=&answer-errors-note=here")
    typed = read_answer(RUBRIC.criterion("errors"), post)
    assert typed == '[{"category":"terms","severity":"","note":"here"}]'
    html = shown("errors", typed)
    assert '<option value="terms" selected>' in html
    assert 'value="here"' in html


def test_notes_are_read():
    assert read_notes(RUBRIC, QueryDict("note-tone=why"))["tone"] == "why"


def test_choices_have_keys_and_the_present_one_is_checked():
    html = shown("helpful", "3")
    assert 'value="1" data-choice="1">' in html
    assert 'value="3" data-choice="3" checked>' in html
    assert 'value="cannot_assess" data-choice="0">' in html
    assert "Bad" in html
    assert "Warm and kind" in shown("tone")


def test_a_question_is_text():
    html = shown("correct")
    assert "Is &lt;b&gt;it&lt;/b&gt; right?" in html
    assert "critical" in html


def test_a_number_that_is_not_on_the_scale_stays_as_typed():
    html = shown("minutes", "about 7", problem="minutes: not a number")
    assert 'value="about 7"' in html
    assert "0 to 9.5 min" in html
    assert "minutes: not a number" in html


def test_a_taxonomy_shows_its_list_and_a_blank_row():
    html = shown("errors", ONE_ERROR)
    assert 'value="listed" data-choice="2" checked' in html
    assert html.count("data-error>") == 3  # the error, a blank row, and the template of one
    assert 'value="[]" data-choice="1" checked' in shown("errors", "[]")
    assert "checked" not in shown("errors")


def test_note_fields_are_there_when_asked_for():
    assert "note-tone" not in shown("tone")
    assert 'name="note-tone" value="x"' in shown("tone", note="x")
    assert all(one.note == "" for one in criterion_inputs(RUBRIC, notes={}))
    assert next(one.criterion.key for one in criterion_inputs(RUBRIC)) == "correct"
