import dataclasses

import pytest

from judges import contracts
from judges.contracts import Example, JudgeSpec, Outcome, Question, Request
from judges.scales import BinaryScale, NumericScale
from tests.judges.bench import CORRECT, HELPFUL, QUESTIONS, spec

CHANGES = {
    "endpoint": "elsewhere",
    "model": "other",
    "questions": [HELPFUL, CORRECT],
    "task": "Other.",
    "instructions": "Be strict.",
    "temperature": 0.5,
    "max_output_tokens": 64,
    "seed": 7,
    "rationale": False,
    "structured": "none",
    "repair_attempts": 0,
    "parameters": {"top_p": 0.5},
    "reference": "hide",
    "examples": [Example({"output": "4"}, {"correct": "yes"})],
}


def test_every_field_of_a_judge_changes_its_fingerprint():
    assert set(CHANGES) == {field.name for field in dataclasses.fields(JudgeSpec)}
    prints = [spec(**{name: value}).fingerprint() for name, value in CHANGES.items()]
    assert len({spec().fingerprint(), *prints}) == len(CHANGES) + 1


@pytest.mark.parametrize(
    "question",
    [
        dataclasses.replace(CORRECT, key="right"),
        dataclasses.replace(CORRECT, text="Is it right?"),
        dataclasses.replace(CORRECT, guidance="Check dates."),
        dataclasses.replace(CORRECT, cannot_assess=True),
        dataclasses.replace(CORRECT, scale=NumericScale(0, 1)),
    ],
)
def test_every_part_of_a_question_changes_the_fingerprint(question):
    assert spec(questions=[question]).fingerprint() != spec(questions=[CORRECT]).fingerprint()


def test_the_prompt_version_changes_the_fingerprint(monkeypatch):
    before = spec().fingerprint()
    monkeypatch.setattr(contracts, "PROMPT_VERSION", "next")
    assert spec().fingerprint() != before


def test_equal_judges_have_equal_fingerprints():
    one = spec(parameters={"top_p": 0.5, "top_k": 3}, questions=QUESTIONS)
    same = spec(parameters={"top_k": 3, "top_p": 0.5}, questions=tuple(QUESTIONS))
    assert one.fingerprint() == same.fingerprint()
    assert len(one.fingerprint()) == 64


def test_a_request_is_told_by_all_that_can_change_its_reply():
    request = Request("m", [{"role": "user", "content": "Hello"}], {"temperature": 0})
    changes = {"model": "n", "messages": [], "parameters": {}, "endpoint": "elsewhere"}
    changes |= {"replicate": 1, "resource": "decisions"}
    assert set(changes) == {field.name for field in dataclasses.fields(Request)} - {"role"}
    digests = [dataclasses.replace(request, **{name: value}).digest() for name, value in changes.items()]
    assert len({request.digest(), *digests}) == len(changes) + 1


@pytest.mark.parametrize("questions", [[], [CORRECT, CORRECT]])
def test_a_judge_needs_questions_with_different_keys(questions):
    with pytest.raises(ValueError, match="different keys"):
        spec(questions=questions)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_round_trips(question):
    assert Question.from_dict(question.to_dict()) == question


def test_a_question_is_read_from_a_rubric_criterion():
    criterion = {
        "key": "ok",
        "question": "Fine?",
        "weight": 2,
        "scale": {"type": "binary", "cannot_assess": True},
    }
    assert Question.from_dict(criterion) == Question("ok", "Fine?", BinaryScale(), cannot_assess=True)


def test_only_failures_that_are_not_the_judges_are_retried():
    assert {outcome for outcome in Outcome if outcome.retryable} == {
        Outcome.INFRA_FAILED,
        Outcome.OVER_BUDGET,
    }
    assert {outcome for outcome in Outcome if outcome.settled} == {Outcome.SCORED, Outcome.ABSTAINED}


def test_the_digest_of_a_request_is_the_same_in_every_version():
    """Replies are kept under it: a change of it makes each be paid again."""
    request = Request("m", [{"role": "user", "content": "Größe <1>?"}], {"temperature": 1e-7, "seed": 2**70})
    assert request.digest() == "cb3445c6aab82b279e5fc6ab9cff264d9c374af3a8cd9a9ed0f8f9d455572617"
    usual = Request("m", [{"role": "user", "content": "Größe <1>?"}], {"temperature": 0.5, "max_tokens": 9})
    assert usual.digest() == "5a22577e9c94a439685ff21ad6b365245b3875e88df249c37e94bca75dda822d"
