"""The three parts: everything that can go wrong at once, a limit on the rate, and a worker killed half way through."""

import time
from collections.abc import Sequence
from typing import Any

from benchmarks.faults.world import Workers, finished, is_over, new_run, wait_until
from judges.contracts import Question
from judges.parsing import read_text
from tests.endpoints import Endpoint, simulated
from tests.servers import Servers

FAULTS = {
    "rate_429": 0.05,
    "rate_500": 0.05,
    "reset": 0.03,
    "hang": 0.01,
    "broken_body": 0.03,
    "malformed": 0.04,
    "truncated": 0.03,
    "refusal": 0.03,
    "content_filter": 0.02,
    "off_scale": 0.05,
}
TIME_LIMIT = 5  # seconds an attempt; a hang lasts 40


def everything(servers: Servers, workers: Workers, items: int, seed: int) -> dict[str, Any]:
    """All faults in random order, two workers killed, the broker restarted: every item ends once."""
    from auditing.judging.tasks import work_on_run

    options = [f"--fault={name}={chance}" for name, chance in FAULTS.items()]
    with simulated("--latency=0.05", f"--seed={seed}", "--model=simulated=1", *options) as endpoint:
        run = new_run(items, endpoint.base_url, concurrency=16, timeout_seconds=TIME_LIMIT)
        started = time.monotonic()
        workers.start("first")
        workers.start("second")
        work_on_run.delay(run.pk)
        wait_until(lambda: finished(run) > 0.2 * items)
        workers.kill("first")
        workers.start("third")
        wait_until(lambda: finished(run) > 0.4 * items)
        servers.restart_valkey()
        wait_until(lambda: finished(run) > 0.6 * items)
        workers.kill("second")
        workers.start("fourth")
        wait_until(lambda: is_over(run))
        seconds = time.monotonic() - started
        workers.end("third")
        workers.end("fourth")
        return counts(run, endpoint) | {"seconds": round(seconds, 1)}


def counts(run: Any, endpoint: Endpoint) -> dict[str, Any]:
    """How every item ended, and whether anything is lost, doubled or made up."""
    from collections import Counter

    from auditing.judging.models import Call, Verdict
    from auditing.judging.surveying import architecture_for

    calls = list(Call.objects.filter(run=run).prefetch_related("verdicts"))
    asked_for = architecture_for(run).questions
    questions = len(asked_for)
    outcomes: Counter[str] = Counter(Verdict.objects.filter(run=run).values_list("outcome", flat=True))
    outcomes["infra_failed"] = questions * sum(call.state == "failed" for call in calls)
    asked = endpoint.stats()
    return {
        "run": f"{run.state} {run.reason}".strip(),
        "items": len(calls),
        "answers by outcome": dict(sorted(outcomes.items())),
        "lost": sum(call.state not in ("done", "failed") for call in calls),
        "twice": sum(call.verdicts.count() > questions for call in calls),
        "errors shown as verdicts": sum(_is_made_up(call, asked_for) for call in calls),
        "faults met": dict(sorted(asked["faults"].items())),
        "requests": asked["requests"],
        **books(run, endpoint),
        "longest hang (s)": round(asked["longest_hang"], 1),
        "time limit (s)": TIME_LIMIT,
    }


def books(run: Any, endpoint: Endpoint) -> dict[str, int]:
    """What the endpoint charged for, by its own count, and what of it the run's books have."""
    from django.db.models import Sum

    charged = endpoint.stats()
    booked = run.spending.aggregate(replies=Sum("requests", default=0), tokens=Sum("tokens", default=0))
    return {
        "replies charged": charged["replies"],
        "replies booked": booked["replies"],
        "tokens charged": charged["tokens"],
        "tokens booked": booked["tokens"],
    }


def _is_made_up(call: Any, questions: Sequence[Question]) -> bool:
    """Is there a verdict that no whole reply says, read again, or too few or too many for the state of the call?"""
    verdicts = list(call.verdicts.all())
    if call.state == "failed":
        return bool(verdicts)
    said = set[tuple[str, str, str | None]]()
    for exchange in call.exchanges:
        if not exchange["error_kind"] and exchange["finish_reason"] == "stop":
            answers = read_text(exchange["response"], questions)
            said |= {(one.question, str(one.outcome), one.value) for one in answers if one.outcome.settled}
    shown = {
        (one.criterion, one.outcome, one.value if one.outcome == "scored" else None)
        for one in verdicts
        if one.outcome in ("scored", "abstained")
    }
    return len(verdicts) != len(questions) or not shown <= said


def limited(workers: Workers, items: int, rate: int, *, told: bool, workers_at_it: int = 1) -> dict[str, Any]:
    """An endpoint that takes `rate` calls in any second; it is `told` to the platform, or to be learnt."""
    from auditing.judging.models import Call
    from auditing.judging.tasks import work_on_run

    settings = {"requests_per_minute": 60 * rate} if told else {}
    with simulated("--latency=0.2", f"--rate-limit={rate}") as endpoint:
        run = new_run(items, endpoint.base_url, concurrency=64, **settings)
        names = [f"limited {told} {number}" for number in range(workers_at_it)]
        for name in names:
            workers.start(name)
        started = time.monotonic()
        for _ in names:
            work_on_run.delay(run.pk)
        wait_until(lambda: is_over(run))
        seconds = time.monotonic() - started
        asked = endpoint.stats()
        refused = asked["faults"].get("rate_limit", 0)
        for name in names:
            workers.kill(name)
        return {
            "items": items,
            "workers": workers_at_it,
            "seconds": round(seconds, 2),
            "ideal": items / rate,
            "time / ideal": round(seconds * rate / items, 3),
            "refused": refused,
            "refused share": round(refused / (asked["requests"] + refused), 4),
            "lost": items - Call.objects.filter(run=run, state="done").count(),
        }


def killed(workers: Workers, items: int, *, in_flight: int = 64, rate: int = 0) -> dict[str, Any]:
    """The only worker is killed half way through, and another one goes on: what is paid twice?

    `rate`: calls a second that the endpoint takes, which the platform is not told; 0 for any number.
    """
    from auditing.judging.models import Call
    from auditing.judging.tasks import work_on_run

    options = [f"--rate-limit={rate}"] if rate else []
    with simulated("--latency=0.3", *options) as endpoint:
        run = new_run(items, endpoint.base_url, concurrency=in_flight)
        workers.start("killed")
        work_on_run.delay(run.pk)
        wait_until(lambda: finished(run) >= items / 2)
        workers.kill("killed")
        workers.start("heir")
        wait_until(lambda: is_over(run))
        workers.end("heir")
        return {
            "items": items,
            "in flight, at most": in_flight,
            **books(run, endpoint),
            "paid twice": endpoint.stats()["replied_again"],
            "lost": items - Call.objects.filter(run=run, state="done").count(),
        }
