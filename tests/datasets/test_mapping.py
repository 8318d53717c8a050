"""Mappings: read strictly, applied without guessing."""

from datetime import UTC, datetime

import pytest

from auditing.core.errors import BadInput
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.suggesting import suggest

WRITTEN = """\
id: id
payload:
  input: question
  reference: gold
  candidates: {a: response1, b: response2}
producer: meta.made_by
produced_at: at
cluster: meta.question
slices: [meta.topic, lang]
"""
ROW = {
    "id": 7,
    "question": "Who?",
    "response1": "A",
    "response2": "B",
    "meta": {"made_by": ["NQ_DPR", "X"], "question": 3, "topic": "sport"},
    "at": 1772442000,
    "lang": None,
}


def test_a_written_mapping_makes_an_item_of_a_row():
    item = MappingSpec.from_yaml(WRITTEN).apply(ROW, 1)
    assert item.external_id == "7"
    assert item.payload == {"input": "Who?", "candidates": {"a": "A", "b": "B"}}
    assert (item.producer, item.cluster) == ("NQ_DPR, X", "3")
    assert item.produced_at == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert item.slices == {"topic": "sport"}


def test_a_mapping_survives_the_round_trip():
    spec = MappingSpec.from_yaml(WRITTEN)
    assert MappingSpec.from_yaml(spec.to_yaml()) == spec
    assert MappingSpec.from_dict(MappingSpec.contract().to_dict()) == MappingSpec.contract()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id: ''\npayload: {input: q}", "m.yaml, line 1, field id: is empty"),
        ("id: id", "m.yaml, field payload: is missing"),
        (
            "id: id\npayload: {inptu: q}",
            "m.yaml, line 2, field payload.inptu: unknown payload word 'inptu'; did you mean 'input'?",
        ),
        ("id: id\npayload: {input: 3}", "m.yaml, line 2, field payload.input: must be text, not 3"),
        ("id: id\npayload: {input: q}\nslice: [x]", "m.yaml: unknown key 'slice'; did you mean 'slices'?"),
        ("- id", "m.yaml, line 1: expected"),
    ],
)
def test_a_bad_mapping_is_one_clear_complaint(text, says):
    with pytest.raises(BadInput) as complaint:
        MappingSpec.from_yaml(text, file="m.yaml")
    assert str(complaint.value).startswith(says)


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"id": None}, "id", "the id is missing"),
        ({"id": "  "}, "id", "the id is missing"),
        ({"id": "x" * 301}, "id", "longer than 300"),
        ({"question": None}, "question", "the input is missing"),
        ({"question": "a\x00b"}, "question", "a null byte at character 2"),
        ({"question": "\ud800"}, "question", "surrogate"),
        ({"question": {"n": 1e999}}, "question", "not finite"),
        ({"question": b"bytes"}, "question", "holds bytes"),
        ({"response1": None}, "response1", "must be an object with the two candidates"),
        ({"at": 1772442000000}, "at", "milliseconds"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at", "the year 1 is not between"),
        ({"at": "yesterday"}, "at", "neither an ISO time nor seconds"),
        ({"meta": {"topic": {"a": 1}}}, "topic", "must be text, not an object"),
    ],
)
def test_a_bad_row_names_the_field(change, field, says):
    with pytest.raises(BadInput, match=says) as complaint:
        MappingSpec.from_yaml(WRITTEN).apply(ROW | change, 1)
    assert complaint.value.field == field


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-02", datetime(2026, 3, 2, tzinfo=UTC)),
        ("20260302", datetime(2026, 3, 2, tzinfo=UTC)),
        ("2026-03-02T10:00:00+01:00", datetime(2026, 3, 2, 9, tzinfo=UTC)),
        ("1772442000", datetime(2026, 3, 2, 9, tzinfo=UTC)),
    ],
)
def test_times(text, moment):
    spec = MappingSpec("id", {"input": "q"}, produced_at="at")
    assert spec.apply({"id": 1, "q": "x", "at": text}, 1).produced_at == moment


def test_the_contract_takes_what_a_row_has():
    row = {
        "id": "1",
        "output": "o",
        "candidates.a": "x",
        "candidates.b": "y",
        "slices.topic": "t",
        "messages": "",
    }
    item = MappingSpec.contract().apply(row, 1)
    assert item.payload == {"output": "o", "candidates": {"a": "x", "b": "y"}}
    assert item.slices == {"topic": "t"}


def test_a_row_without_any_payload_word():
    with pytest.raises(BadInput, match="the row has nothing in input, output"):
        MappingSpec.contract().apply({"id": "1", "question": "?"}, 1)


def test_flat_files_write_messages_as_json_text():
    spec = MappingSpec("id", {"messages": "turns"})
    turns = '[{"role": "user", "content": "Hi"}]'
    assert spec.apply({"id": 1, "turns": turns}, 1).payload["messages"][0]["content"] == "Hi"
    with pytest.raises(BadInput, match="turn 1 must be an object with role and content"):
        spec.apply({"id": 1, "turns": '[{"who": "user"}]'}, 1)
    with pytest.raises(BadInput, match="looks like JSON"):
        spec.apply({"id": 1, "turns": "[{"}, 1)


def test_row_numbers_only_when_asked_for():
    assert MappingSpec("row number", {"input": "q"}).apply({"q": "x"}, 12).external_id == "12"


def test_a_suggestion_for_questions_and_answers():
    rows = [
        {
            "id": f"q{i}",
            "question": "?",
            "gold_answers": ["x"],
            "answer": "x",
            "meta": {"question_id": str(i), "kind": "ab"[i % 2]},
        }
        for i in range(10)
    ]
    spec = suggest(rows)
    assert spec.payload == {"input": "question", "output": "answer", "reference": "gold_answers"}
    assert (spec.id, spec.cluster, spec.slices) == ("id", "meta.question_id", {"kind": "meta.kind"})


def test_a_suggestion_for_pairs():
    rows = [{"id": "1", "instruction": "Do", "input": "this", "response1": "a", "response2": "b"}]
    assert suggest(rows).payload == {
        "input": {"instruction": "instruction", "input": "input"},
        "candidates": {"a": "response1", "b": "response2"},
    }


def test_no_id_is_ever_invented_silently():
    assert suggest([{"text": "x"}]).id == "row number"
