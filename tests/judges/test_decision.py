"""Typed questions to a decision model, and what is made of its answers."""

import asyncio
import json
import statistics

import pytest

from judges.architectures.decision import Decision, DecisionSpec
from judges.contracts import Outcome, Question, Subject
from judges.pricing import Price
from judges.providers.transports import LeanTransport, SdkTransport
from judges.scales import BinaryScale, NominalScale, NumericScale, Option, TaxonomyScale
from judges.simulator import Faults, Persona, Simulator
from judges.simulator.http import Response
from tests.judges.bench import CORRECT, HELPFUL, ONCE, QUESTIONS, endpoint, subjects
from tests.judges.canned import canned

ASKED = [question for question in QUESTIONS if question.key != "errors"]
TRUTH = {"correct": "no", "helpful": 2.5, "tone": "cold", "length": 42, "preferred": "tie"}


def decision(questions=ASKED, **changes):
    return Decision(DecisionSpec(model="simulated", questions=questions, task="Answers.", **changes))


def judge_one(server, judge=None, subject=None, **options):
    async def judged():
        async with endpoint(server, **options) as provider:
            return await (judge or decision()).judge(subject or subjects(1)[0], provider)

    return asyncio.run(judged())


def decided(*answers):
    usage = {"input_tokens": 70, "output_tokens": 5}
    return Response(200, {"model": "m", "answers": list(answers), "usage": usage})


def read(question, *answers):
    with canned(decided(*answers)) as local:
        return judge_one(local, decision([question])).answers[0]


@pytest.mark.parametrize("transport", [SdkTransport, LeanTransport])
def test_every_scale_but_a_list_is_answered_in_one_call(transport):
    with Simulator({"simulated": Persona(skill=0.99)}, oracle=lambda payload: TRUTH) as simulator:
        judgement = judge_one(simulator, transport=transport)
        assert sum(simulator.stats.requests.values()) == 1
    values = {answer.question: answer.value for answer in judgement.answers}
    assert float(values.pop("length")) == pytest.approx(40, abs=2)  # the nearest tenth, and its mean
    assert values == {"correct": "no", "helpful": "2.5", "tone": "cold", "preferred": "tie"}
    assert {answer.outcome for answer in judgement.answers} == {Outcome.SCORED}
    correct = judgement.answers[0]
    assert correct.probability == pytest.approx(0.99)
    assert correct.probabilities == {"no": pytest.approx(0.99), "yes": pytest.approx(0.01)}


def test_what_is_sent_is_typed_and_the_item_is_fenced():
    with canned(decided({"type": "predicate", "name": "correct", "probability": 0.8})) as local:
        (call,) = judge_one(local, decision([CORRECT])).calls
    assert local.asked == [call.request]
    (sent,) = local.asked
    assert sent["questions"] == [
        {
            "name": "correct",
            "type": "predicate",
            "instructions": 'The answer to this question is "yes": Is every claim true?',
        }
    ]
    assert [message["role"] for message in sent["input"]] == ["system", "user"]
    assert "<untrusted-item>" in sent["input"][1]["content"]
    assert "JSON" not in sent["input"][0]["content"] + sent["input"][1]["content"]


def test_levels_are_scored_and_a_question_may_be_left_open():
    typed = decision([HELPFUL]).opening(subjects(1)[0])[0].body()["questions"]
    assert [question["name"] for question in typed] == ["helpful", "helpful.cannot_assess"]
    assert [level["label"] for level in typed[0]["levels"]] == ["1: Useless", "2.5: Partial", "4: Complete"]
    with Simulator(oracle=lambda payload: {"helpful": "cannot_assess"}) as simulator:
        (answer,) = judge_one(simulator, decision([HELPFUL])).answers
    assert (answer.outcome, answer.value) == (Outcome.ABSTAINED, None)


def test_images_go_as_parts():
    item = Subject("1", {"output": "x", "images": ["data:image/png;base64,AAAA"]})
    content = decision().opening(item)[0].body()["input"][1]["content"]
    assert [part["type"] for part in content] == ["input_image", "input_text"]
    assert content[0]["image_url"] == "data:image/png;base64,AAAA"


def test_tokens_and_cost_are_counted():
    with canned(decided({"type": "predicate", "probability": 0.8})) as local:
        (call,) = judge_one(local, decision([CORRECT]), prices={"simulated": Price(1, 2)}).calls
    assert (call.prompt_tokens, call.completion_tokens) == (70, 5)
    assert call.cost * 1_000_000 == 80


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ([{"type": "refusal", "name": "correct"}], Outcome.REFUSED),
        ([{"type": "predicate", "name": "helpful", "probability": 0.5}], Outcome.PARSE_FAILED),
        ([{"type": "predicate", "name": "correct", "probability": 1.5}], Outcome.PARSE_FAILED),
        ([{"type": "predicate", "name": "correct"}], Outcome.PARSE_FAILED),
        ([], Outcome.PARSE_FAILED),
        (["yes"], Outcome.PARSE_FAILED),
    ],
)
def test_an_answer_that_is_none_is_unscored_with_its_reason(answers, outcome):
    answer = read(CORRECT, *answers)
    assert (answer.outcome, answer.value) == (outcome, None)
    assert answer.reason


def test_a_choice_that_was_not_offered_is_unscored():
    answer = {"type": "choice", "choice": "hot", "confidence": 0.9, "probabilities": []}
    assert read(QUESTIONS[2], answer).outcome is Outcome.PARSE_FAILED


def test_an_endpoints_error_is_never_a_verdict():
    with Simulator(faults=Faults(rate_500=1.0)) as simulator:
        judgement = judge_one(simulator, retry=ONCE)
    assert {answer.outcome for answer in judgement.answers} == {Outcome.INFRA_FAILED}
    with canned(Response(200, {"choices": []})) as local:
        assert judge_one(local, retry=ONCE).calls[0].error_kind == "BadReply"


@pytest.mark.parametrize(
    "question",
    [
        Question("errors", "", TaxonomyScale(["a"], {"minor": 1})),
        Question("only", "", NominalScale([Option("one")])),
    ],
)
def test_what_it_cannot_be_asked_is_refused(question):
    with pytest.raises(ValueError, match=f"{question.key}: a decision model"):
        decision([question])


def test_more_than_four_hundred_questions_are_refused():
    with pytest.raises(ValueError, match="at most 400"):
        decision([Question(f"q{n}", "", BinaryScale()) for n in range(401)])


def test_numbers_are_asked_in_steps_and_answered_by_their_mean():
    levels = decision([Question("n", "", NumericScale(0, 5))]).opening(subjects(1)[0])[0].parameters
    labels = [level["label"] for level in levels["questions"][0]["levels"]]
    assert (labels[0], labels[1], labels[-1], len(labels)) == ("0", "0.5", "5", 11)


def test_the_simulated_probabilities_are_calibrated():
    def oracle(payload):
        return {"correct": "yes" if int(payload["input"].split()[1]) % 2 else "no"}

    with Simulator({"simulated": Persona(skill=0.8)}, oracle=oracle) as simulator:
        answers = [judge_one(simulator, decision([CORRECT]), item).answers[0] for item in subjects(150)]
    right = [answer.value == oracle({"input": f"q {n}"})["correct"] for n, answer in enumerate(answers)]
    said = statistics.mean(answer.probability for answer in answers)
    assert said == pytest.approx(0.8, abs=0.001)
    assert statistics.mean(right) == pytest.approx(said, abs=0.09)


def test_the_fingerprint_and_the_digest_cover_what_is_asked():
    item = subjects(1)[0]
    assert decision().fingerprint() == decision().fingerprint()
    assert decision().fingerprint() != decision(instructions="Be strict.").fingerprint()
    request = decision().opening(item)[0]
    assert request.resource == "decisions"
    assert json.dumps(request.body())
    assert request.digest() != decision(instructions="Be strict.").opening(item)[0].digest()
