import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.contracts import Outcome
from judges.parsing import REPLY_CAP, last_object, read_text
from tests.judges.bench import CORRECT, HELPFUL, QUESTIONS

YES = '{"correct": {"rationale": "ok", "value": "yes"}}'
NO = '{"correct": {"rationale": "bad", "value": "no"}}'


@pytest.mark.parametrize(
    "reply", [NO, f"```json\n{NO}\n```", f"{YES} On reflection: {NO} That is all.", f"{{draft}} {NO} }}{{"]
)
def test_the_last_complete_object_wins(reply):
    (answer,) = read_text(reply, [CORRECT])
    assert (answer.outcome, answer.value, answer.rationale) == (Outcome.SCORED, "no", "bad")


@pytest.mark.parametrize(
    "reply", ["", "yes", "[1]", YES[:-2], '{"correct": "yes"}', '{"other": {"value": "yes"}}', "{" * 20_000]
)
def test_a_reply_without_the_answer_is_unscored(reply):
    (answer,) = read_text(reply, [CORRECT])
    assert (answer.outcome, answer.value) == (Outcome.PARSE_FAILED, None)
    assert answer.reason


def test_an_off_scale_value_is_named():
    (answer,) = read_text('{"helpful": {"value": 7}}', [HELPFUL])
    assert answer.outcome is Outcome.PARSE_FAILED
    assert answer.reason == "7 is not one of the levels 1, 2.5, 4"


def test_one_bad_answer_leaves_the_others():
    reply = {"correct": {"value": "yes"}, "helpful": {"value": "great"}}
    assert [answer.outcome for answer in read_text(json.dumps(reply), [CORRECT, HELPFUL])] == [
        "scored",
        "parse_failed",
    ]


def test_a_judge_may_abstain_only_where_the_question_allows_it():
    reply = {"correct": {"value": "cannot_assess"}, "helpful": {"value": " Cannot_Assess "}}
    correct, helpful = read_text(json.dumps(reply), [CORRECT, HELPFUL])
    assert correct.outcome is Outcome.PARSE_FAILED
    assert (helpful.outcome, helpful.value) == (Outcome.ABSTAINED, None)


def test_null_bytes_do_not_come_through():
    (answer,) = read_text('{"correct": {"rationale": "a\\u0000b", "value": "yes"}}', [CORRECT])
    assert answer.rationale == "ab"


def test_what_is_too_deep_or_too_long_is_no_object():
    assert last_object('{"a":' * 100_000) is None
    assert last_object('{"a": ' + "9" * 5000 + "}") is None
    assert last_object(f"{YES}{' ' * REPLY_CAP}") is None
    (answer,) = read_text('{"correct": {"value": ' + "[" * 900 + "]" * 900 + "}}", [CORRECT])
    assert answer.outcome is Outcome.PARSE_FAILED


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from('{}[]":,\\ \n1eyscorctvalue')))
def test_any_reply_gives_one_answer_a_question(reply):
    assert [answer.question for answer in read_text(reply, QUESTIONS)] == [
        question.key for question in QUESTIONS
    ]
