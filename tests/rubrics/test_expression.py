"""When an item passes: the language, its three values, and its complaints."""

import time

import pytest

from auditing.core import yaml_text
from auditing.core.errors import BadInput
from auditing.rubrics.schema import RubricSpec

CRITERIA = """
rubric: r
criteria:
  - {key: correct, scale: {type: binary}}
  - {key: unsafe, scale: {type: binary, good: no}}
  - {key: helpful, scale: {type: ordinal, levels: [{value: 1}, {value: 3}, {value: 5}]}}
  - {key: tone, scale: {type: nominal, options: [warm, cold]}}
  - {key: errors, scale: {type: taxonomy, categories: [c], severities: {minor: 1, major: 5, critical: 25}}}
"""
MAJOR = '[{"category":"c","severity":"major","note":""},{"category":"c","severity":"minor","note":""}]'


def spec(rule: str = "", critical: str = "") -> RubricSpec:
    content = yaml_text.read(CRITERIA)
    for criterion in content["criteria"]:
        if criterion["key"] == critical:
            criterion["critical"] = True
    return RubricSpec.from_content({**content, "item_passes_when": rule} if rule else content)


@pytest.mark.parametrize(
    ("rule", "values", "passes"),
    [
        ("correct == 'yes'", {"correct": "yes"}, True),
        ("correct != 'Yes'", {"correct": "yes"}, False),
        ("correct == 'yes'", {}, None),
        ("correct == 'yes'", {"correct": "cannot_assess"}, None),
        ("correct == 'yes' and helpful >= 3", {"correct": "no"}, False),
        ("correct == 'yes' and helpful >= 3", {"correct": "yes"}, None),
        ("correct == 'yes' or helpful >= 3", {"correct": "yes"}, True),
        ("correct == 'yes' or helpful >= 3", {"correct": "no"}, None),
        ("not (correct == 'yes')", {}, None),
        ("not correct == 'yes'", {"correct": "no"}, True),
        ("1 < helpful <= 3", {"helpful": "3"}, True),
        ("1 < helpful <= 3", {"helpful": "5"}, False),
        ("helpful in [3, 5]", {"helpful": "3"}, True),
        ("helpful > -1.5", {"helpful": "1"}, True),
        ("tone not in ['warm']", {"tone": "cold"}, True),
        ("errors.count == 2", {"errors": MAJOR}, True),
        ("errors.points <= 5", {"errors": MAJOR}, False),
        ("errors.worst < 'critical'", {"errors": MAJOR}, True),
        ("errors.worst >= 'major'", {"errors": MAJOR}, True),
        ("errors.worst >= 'minor'", {"errors": "[]"}, False),
        ("errors.count == 0", {}, None),
        ("correct ==\n  'yes'\n  and tone == 'warm'", {"correct": "yes", "tone": "warm"}, True),
    ],
)
def test_a_rule_has_three_values(rule, values, passes):
    assert spec(rule).passes(values) is passes


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("correct = 'yes'", "cannot be read"),
        ("correct", "is an answer, not a condition"),
        ("corect == 'yes'", "did you mean 'correct'"),
        ("correct == yes", "quote it: 'yes'"),
        ("correct == 'maybe'", "not one of yes, no"),
        ("correct > 'no'", "has no order"),
        ("helpful == '3'", "cannot be compared"),
        ("correct == helpful", "cannot be compared"),
        ("correct == unsafe", "with a quoted text"),
        ("errors > 3", "use errors.count"),
        ("errors.wrst > 3", "did you mean 'worst'"),
        ("errors.worst > 'huge'", "unknown severity"),
        ("helpful.count > 3", "no taxonomy"),
        ("helpful in 3", "stands after `in`"),
        ("helpful == [3]", "stands after `in`"),
        ("helpful in []", "at least one"),
        ("1 == 1", "both fixed"),
        ("helpful >= True", "not understood"),
        ("helpful + 1 > 3", "not understood here"),
        ("helpful is 3", "compare with"),
        ("__import__('os').system('x') == 0", "not understood here"),
        ("[x for x in 'a'] == 1", "not understood here"),
        ("(lambda: 1)() > 0", "not understood here"),
        ("not " * 60 + "correct == 'yes'", "nested too deeply"),
        ("(" * 500 + "correct == 'yes'" + ")" * 500, "cannot be read"),
        ("correct == 'yes' and " * 200 + "helpful > 1", "longer than"),
    ],
)
def test_a_wrong_rule_is_one_complaint(rule, message):
    with pytest.raises(BadInput, match=message) as caught:
        spec(rule)
    assert caught.value.field == "item_passes_when"


def test_a_critical_fail_fails_the_item_whatever_the_rule():
    rubric = spec("helpful >= 3", critical="unsafe")
    assert rubric.passes({"helpful": "5", "unsafe": "yes"}) is False
    assert rubric.passes({"helpful": "5", "unsafe": "no"}) is True
    assert rubric.passes({"helpful": "5"}) is None
    assert rubric.passes({"helpful": "1"}) is False


def test_without_a_rule_every_graded_criterion_must_be_good():
    rubric = spec()
    assert rubric.decides_items
    assert rubric.passes({"correct": "yes", "unsafe": "no"}) is True
    assert rubric.passes({"correct": "yes", "unsafe": "yes"}) is False
    assert rubric.passes({"correct": "yes"}) is None


def test_scores_alone_do_not_decide():
    content = yaml_text.read("rubric: r\ncriteria: [{key: p, scale: {type: preference}}]")
    rubric = RubricSpec.from_content(content)
    assert not rubric.decides_items
    assert rubric.passes({"p": "a"}) is None


def test_a_hundred_thousand_items_take_a_moment():
    rubric = spec("correct == 'yes' and helpful >= 3")
    values = {"correct": "yes", "helpful": "5"}
    start = time.process_time()
    assert all(rubric.passes(values) for _ in range(100_000))
    assert time.process_time() - start < 1.5
