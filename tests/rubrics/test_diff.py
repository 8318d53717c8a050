"""What changed between two versions."""

import copy

from auditing.rubrics.diff import differences
from tests.cast import RUBRIC


def told(change) -> tuple:
    return change.kind, change.path, change.before, change.after


def test_nothing_changed():
    assert differences(RUBRIC, copy.deepcopy(RUBRIC)) == []


def test_changes_are_named_by_key_and_level():
    new = copy.deepcopy(RUBRIC)
    new["description"] = "Sharper."
    new["criteria"][1]["scale"]["levels"][2]["label"] = "All"
    del new["criteria"][0]["critical"]
    new["criteria"].append({"key": "safe", "scale": {"type": "binary"}})
    changes = [told(change) for change in differences(RUBRIC, new)]
    assert changes == [
        ("changed", "description", RUBRIC["description"], "Sharper."),
        ("removed", "criteria[correct].critical", True, None),
        ("changed", "criteria[helpful].scale.levels[3].label", "Complete", "All"),
        ("added", "criteria[safe]", None, {"key": "safe", "scale": {"type": "binary"}}),
    ]


def test_another_order_is_one_change():
    new = copy.deepcopy(RUBRIC)
    new["criteria"].reverse()
    assert [told(change) for change in differences(RUBRIC, new)] == [
        ("moved", "criteria", ["correct", "helpful"], ["helpful", "correct"])
    ]


def test_removed_and_lists_of_texts():
    changes = differences({"judges": ["a", "b"], "x": 1}, {"judges": ["b", "c"]})
    assert [told(change) for change in changes] == [
        ("added", "judges[c]", None, "c"),
        ("removed", "judges[a]", "a", None),
        ("removed", "x", 1, None),
    ]


def test_text_of_a_change_is_readable():
    change = differences({}, {"criteria": [{"key": "safe", "critical": True}]})[0]
    assert change.old_text == ""
    assert change.new_text == "key: safe\ncritical: true"
    assert differences({"a": False}, {"a": True})[0].new_text == "true"
