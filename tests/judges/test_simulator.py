import asyncio
import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from judges.simulator import Persona, Simulator
from judges.simulator.chance import normal, pick, pick_weighted, uniform
from judges.simulator.personas import Draw, answer, plausible_truth
from tests.judges.bench import QUESTIONS, endpoint, judge_all, judge_one, spec, subjects

BINARY = {"type": "string", "enum": ["yes", "no"]}
STARS = {"type": "number", "enum": [1, 2, 3, 4, 5]}
TONES = {"type": "string", "enum": ["warm", "cold", "flat"]}
PERCENT = {"type": "number", "minimum": 0, "maximum": 100}
N = 4000


def shares(persona, schema, truth):
    answers = [answer(persona, "q", schema, truth, Draw((0, "model", n, "q"))) for n in range(N)]
    return {value: answers.count(value) / N for value in set(answers)}


def test_skill_is_the_share_of_right_answers():
    for schema, truth in [(BINARY, "yes"), (BINARY, "no"), (STARS, "1"), (STARS, "3"), (TONES, "cold")]:
        assert shares(Persona(skill=0.8), schema, truth)[truth] == pytest.approx(0.8, abs=0.03)


def test_a_lenient_judge_passes_what_is_bad_and_seldom_fails_what_is_good():
    lenient = Persona(skill=0.8, bias=0.5)
    assert shares(lenient, BINARY, "no")["yes"] == pytest.approx(0.3, abs=0.03)
    assert shares(lenient, BINARY, "yes")["no"] == pytest.approx(0.1, abs=0.03)
    steps = shares(lenient, STARS, "3")
    assert steps["4"] == pytest.approx(0.15, abs=0.02)
    assert steps["2"] == pytest.approx(0.05, abs=0.02)


def test_noise_answers_anything():
    assert shares(Persona(skill=1.0, noise=0.5), TONES, "warm")["warm"] == pytest.approx(
        0.5 + 0.5 / 3, abs=0.03
    )


def test_a_confusion_says_the_errors_in_full():
    persona = Persona(skill={"q": {"cold": {"flat": 0.4, "warm": 0.1}}})
    found = shares(persona, TONES, "cold")
    assert found["flat"] == pytest.approx(0.4, abs=0.03)
    assert found["warm"] == pytest.approx(0.1, abs=0.02)
    assert shares(persona, TONES, "warm") == {"warm": 1.0}


def test_numbers_are_shifted_and_spread():
    values = [float(value) for value in shares(Persona(bias=0.1, noise=0.05), PERCENT, "50")]
    assert 58 < sum(values) / len(values) < 62
    assert shares(Persona(bias=0, noise=0), PERCENT, "50") == {"50": 1.0}
    assert set(shares(Persona(bias=2.0), PERCENT, "50")) == {"100"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_drawn_truth_is_on_the_scale(question):
    for n in range(50):
        truth = plausible_truth(question.scale.json_schema(), Draw((n,)))
        question.scale.parse(json.loads(truth) if truth[0] == "[" else truth)


def test_judges_in_the_server_have_the_skill_they_were_given():
    def oracle(payload):
        return {"correct": "yes" if int(payload["input"].split()[1]) % 2 else "no"}

    with Simulator({"good": Persona(skill=0.9), "poor": Persona(skill=0.6)}, oracle=oracle) as simulator:
        for model, skill in [("good", 0.9), ("poor", 0.6)]:
            judged = judge_all(simulator, subjects(300), spec(model=model))
            right = [
                one.answers[0].value == oracle({"input": f"q {one.item_id[5:]}"})["correct"] for one in judged
            ]
            assert sum(right) / 300 == pytest.approx(skill, abs=0.06)


def test_a_planted_truth_off_the_scale_is_an_error_not_an_answer():
    with Simulator(oracle=lambda payload: {"correct": "perhaps"}) as simulator:
        reason = judge_one(simulator).answers[0].reason
    assert reason.startswith("BadRequest")
    assert "perhaps" in reason


def test_chance_is_even_and_repeatable():
    draws = [uniform("seed", n) for n in range(N)]
    assert draws == [uniform("seed", n) for n in range(N)]
    assert sum(draws) / N == pytest.approx(0.5, abs=0.02)
    assert sum(normal("seed", n) ** 2 for n in range(N)) / N == pytest.approx(1.0, abs=0.1)
    assert {pick("abc", n) for n in range(50)} == set("abc")
    assert [pick_weighted({"a": 0.2, "b": 0.3}, draw) for draw in (0.1, 0.4, 0.6)] == ["a", "b", None]


def fetch(address, data=None):
    try:
        with urllib.request.urlopen(address, data=data) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/models", None, 200),
        ("/nothing", None, 404),
        ("/chat/completions", b"not json", 400),
        ("/chat/completions", b"{}", 400),
        (
            "/chat/completions",
            b'{"model": "simulated", "messages": [{"role": "user", "content": "Hi"}]}',
            400,
        ),
    ],
)
def test_the_server_answers_strangers_politely(path, data, status):
    with Simulator() as simulator:
        found, body = fetch(simulator.base_url + path, data)
    assert found == status
    assert ("error" in body) == (status != 200)


def test_the_models_are_listed_through_the_openai_package():
    async def listed(simulator):
        async with endpoint(simulator) as provider:
            return [model.id async for model in provider._client.models.list()]

    with Simulator({"one": Persona(), "two": Persona()}) as simulator:
        assert asyncio.run(listed(simulator)) == ["one", "two"]


def test_a_port_that_is_taken_is_an_error():
    with (
        Simulator() as simulator,
        pytest.raises(RuntimeError, match="could not start"),
        Simulator(port=simulator.port),
    ):
        pass


def test_it_runs_as_a_process(project_root):
    command = [sys.executable, "-m", "judges.simulator", "--port", "0", "--model", "alpha=0.7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=project_root) as process:
        try:
            status, body = fetch(process.stdout.readline().strip() + "/models")
        finally:
            process.terminate()
    assert status == 200
    assert [model["id"] for model in body["data"]] == ["alpha"]
