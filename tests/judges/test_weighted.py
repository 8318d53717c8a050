import json
import math

import pytest

from judges.architectures.weighted import Weighted
from judges.contracts import Outcome, Question, Token
from judges.logprobs import weigh
from judges.providers.tokens import tokens_of
from judges.scales import Level, NumericScale, OrdinalScale
from judges.simulator import Persona, Simulator
from judges.spans import value_spans
from tests.judges.bench import QUESTIONS, put, put_all, spec, subjects
from tests.judges.canned import canned, said

TEN = Question("ten", "How good?", OrdinalScale([Level(n) for n in range(1, 11)]))
ANSWER = '{"ten": {"value": 7}}'


def token(text, share=1.0, **others):
    alternatives = {text: math.log(share)} | {other: math.log(p) for other, p in others.items()}
    return Token(text, math.log(share), alternatives)


def spread(*tokens):
    """Of the value of `ten`, as its JSON text in the reply these tokens make."""
    text = "".join(one.text for one in tokens)
    written = {str(n): str(n) for n in range(1, 11)}
    return weigh(tokens, value_spans(text)["ten"], written)


def test_values_are_found_by_structure():
    sly = '{"rationale": "ten: {\\"value\\": 3}", "value": "x"}'
    reply = f'Say {{"ten": {{"value": 1}}}}? No: {{"a": {sly}, "ten": {{"value" : 10 }}}}'
    spans = value_spans(reply)
    assert {key: reply[start:end] for key, (start, end) in spans.items()} == {"a": '"x"', "ten": "10"}
    assert value_spans("nothing here") == {}


def test_one_token_a_value():
    found = spread(token('{"ten": {"value":'), token(" 7", 0.6, **{" 8": 0.3, " x": 0.1}), token("}}"))
    assert found.covered == pytest.approx(0.9)
    assert found.probabilities["7"] == pytest.approx(0.6 / 0.9)
    assert found.probabilities["8"] == pytest.approx(0.3 / 0.9)


def test_a_value_that_spans_two_tokens():
    found = spread(
        token('{"ten": {"value": '), token("1", 0.5, **{"9": 0.5}), token("0", 0.8, **{"}": 0.2}), token("}}")
    )
    assert found.probabilities["10"] == pytest.approx(0.4)
    assert found.probabilities["1"] == pytest.approx(0.1)
    assert found.probabilities["9"] == pytest.approx(0.5)


def test_a_number_ends_only_with_what_follows_it():
    found = spread(token('{"ten": {"value": '), token("1"), token("}}", 0.7, **{"0": 0.3}))
    assert found.probabilities["10"] == pytest.approx(0.3)


def test_a_token_that_holds_more_than_the_value():
    found = spread(token('{"ten": {"value'), token('": 4}', 0.75, **{'": 5}': 0.25}), token("}"))
    assert found.probabilities["4"] == pytest.approx(0.75)
    assert found.probabilities["5"] == pytest.approx(0.25)


def test_text_values_whatever_the_case_and_the_cut():
    written = {"yes": '"yes"', "no": '"no"'}
    tokens = [token('{"q": {"value": '), token('"'), token("ye", 0.6, No=0.3, maybe=0.1), token('s"}}')]
    found = weigh(tokens, value_spans("".join(one.text for one in tokens))["q"], written)
    assert found.probabilities == pytest.approx({"yes": 2 / 3, "no": 1 / 3})


def test_the_simulator_says_what_it_was_likely_to_say():
    persona, truth = Persona(skill=0.7), {"correct": "yes", "helpful": 2.5}
    with Simulator({"simulated": persona}, oracle=lambda payload: truth) as simulator:
        found = put_all(simulator, Weighted(spec()), subjects(40))
    for judgement in found:
        correct, helpful = judgement.answers
        assert correct.probabilities == pytest.approx({"yes": 0.7, "no": 0.3})
        assert helpful.probabilities["1"] == pytest.approx(0.15, abs=1e-6)
        assert helpful.details["expected"] == pytest.approx(2.5, abs=1e-6)
    assert {judgement.answers[0].details["said"] for judgement in found} == {"yes", "no"}
    assert {judgement.answers[0].value for judgement in found} == {"yes"}


def test_the_reply_is_not_constrained():
    with Simulator() as simulator:
        (call,) = put(simulator, Weighted(spec(), 5)).calls
    assert "response_format" not in call.request
    assert (call.request["logprobs"], call.request["top_logprobs"]) == (True, 5)


def test_an_endpoint_without_log_probabilities_is_said():
    with canned(said(ANSWER)) as local:
        (answer,) = put(local, Weighted(spec(questions=[TEN]))).answers
    assert (answer.outcome, answer.value, answer.probability) == (Outcome.SCORED, "7", None)
    assert answer.reason == "no probability: the endpoint gave no log-probabilities"


@pytest.mark.parametrize(
    ("token", "logprob", "kept"),
    [
        ("x", -math.inf, Token("x", -9999.0, {"x": -9999.0})),
        pytest.param("x", -(10**400), Token("x", -9999.0, {"x": -9999.0}), id="huge"),
        ("x", 0.5, Token("x", 0.0, {"x": 0.0})),
        ("\ud83d\0", -1, Token("?", -1.0, {"?": -1.0})),
    ],
)
def test_a_token_is_kept_as_databases_take_it(token, logprob, kept):
    content = [{"token": token, "logprob": logprob, "top_logprobs": []}]
    assert tokens_of({"choices": [{"logprobs": {"content": content}}]}) == (kept,)


def test_a_log_probability_that_is_no_number_is_none():
    content = [{"token": "x", "logprob": math.nan, "top_logprobs": []}]
    assert tokens_of({"choices": [{"logprobs": {"content": content}}]}) == ()


@pytest.mark.parametrize("logprobs", [{"content": [{"token": "x"}]}, {"content": "x"}, [], {"content": [7]}])
def test_log_probabilities_that_are_none_are_ignored(logprobs):
    with canned(said(ANSWER, logprobs=logprobs)) as local:
        (answer,) = put(local, Weighted(spec(questions=[TEN]))).answers
    assert (answer.value, answer.probability) == ("7", None)


def test_tokens_that_are_another_text_give_no_probability():
    content = [{"token": "{}", "logprob": -0.1, "top_logprobs": []}]
    with canned(said(ANSWER, logprobs={"content": content})) as local:
        (answer,) = put(local, Weighted(spec(questions=[TEN]))).answers
    assert answer.reason.endswith("the value could not be read from the tokens")


def test_a_token_that_may_become_another_value_counts_for_none():
    one_or_ten = spread(token('{"ten": {"value": '), token("2", 0.55, **{"1": 0.45}), token("}}"))
    assert one_or_ten.probabilities["2"] == pytest.approx(1.0)
    assert one_or_ten.covered == pytest.approx(0.55)
    hardly = spread(token('{"ten": {"value": '), token("2", 0.05, **{"1": 0.95}), token("}}"))
    assert hardly is None


def test_a_value_that_stood_there_by_accident_is_not_certain():
    written = {"yes": '"yes"', "no": '"no"'}
    tokens = [token('{"q": {"value": "'), Token("yes", -9999.0, {"Sure": -0.1}), token('"}}')]
    assert weigh(tokens, value_spans("".join(one.text for one in tokens))["q"], written) is None


def test_scales_that_cannot_be_listed_keep_their_value():
    length = Question("length", "How long?", NumericScale(0, 100))
    with Simulator({"simulated": Persona(skill=1.0)}, oracle=lambda _: {"length": 30}) as simulator:
        (answer,) = put(simulator, Weighted(spec(questions=[length]))).answers
    assert (answer.value, answer.probability) == ("30", None)
    assert "cannot be listed" in answer.reason


def test_every_kind_of_question_survives():
    with Simulator() as simulator:
        judgement = put(simulator, Weighted(spec(questions=QUESTIONS)))
    assert {answer.outcome for answer in judgement.answers} == {Outcome.SCORED}
    assert json.loads(judgement.calls[0].response_text)
