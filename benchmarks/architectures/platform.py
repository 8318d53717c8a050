"""The platform in a folder of its own: data sets delivered, judges put to work, and compared with the labels."""

import csv
import json
import os
import time
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks.architectures.datasets import DataSet

REFERENCE = "labels"
SHARE = 0.5  # of what the strong judge costs alone, that a fitted cascade may cost


@dataclass(frozen=True)
class Outcome:
    """What one judge did with one data set. `cost` in US dollars, None where no price is known."""

    items: int
    calls: int
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    kappa: float | None
    unscored: int
    failed: int
    cost: Decimal | None
    seconds: float


def set_up(home: Path) -> None:
    """Django on a fresh database in `home`; nothing else of the machine is touched."""
    for name in ("DATABASE_URL", "REDIS_URL", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        os.environ.pop(name, None)
    os.environ |= {"DOKIMA_HOME": str(home), "DJANGO_SETTINGS_MODULE": "auditing.config.settings"}
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def add_endpoint(base_url: str) -> None:
    from auditing.judging.services import save_endpoint

    save_endpoint(by=None, name="default", base_url=base_url, concurrency=32)


def set_prices(prices: dict[str, tuple[str, str]]) -> None:
    """US dollars for a million tokens in and out."""
    from auditing.judging.services import set_price

    for model, (prompt, completion) in prices.items():
        set_price(by=None, model=model, prompt=Decimal(prompt), completion=Decimal(completion))


def deliver(data: DataSet, folder: Path) -> None:
    """The items and their labels as files through the importers, the rubric through its own."""
    from django.core.management import call_command

    from auditing.rubrics.services import import_rubric

    items = folder / f"{data.name}.jsonl"
    with items.open("w", encoding="utf-8") as lines:
        for key, payload in data.items.items():
            row = {"id": key, **payload, "cluster": data.clusters.get(key, key)}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    fields = ", ".join(f"{name}: {name}" for name in next(iter(data.items.values())))
    mapping = folder / f"{data.name}.yaml"
    mapping.write_text(f"id: id\npayload: {{{fields}}}\ncluster: cluster\n", encoding="utf-8")
    quiet = {"stdout": open(os.devnull, "w")}  # noqa: SIM115
    call_command("import_items", items, collection=data.name, batch=data.name, mapping=mapping, **quiet)
    labels = folder / f"{data.name}.csv"
    with labels.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["item_id", "rater", "rater_kind", "criterion", "value"])
        rows.writerows([key, REFERENCE, "gold", data.criterion, value] for key, value in data.labels.items())
    call_command("import_ratings", labels, batch=data.name, **quiet)
    import_rubric(by=None, text=json.dumps(data.rubric))


def add_judge(name: str, content: dict[str, Any]) -> None:
    from auditing.judging.services import create_judge, publish

    publish(by=None, judge=create_judge(by=None, name=name, content=content))


def train_judge(name: str, data: DataSet) -> None:
    """Learn from a batch that the judge is not put to."""
    from auditing.datasets.models import Batch
    from auditing.rubrics.selectors import published_version
    from auditing.training import services
    from auditing.training.labelled import Source

    services.train_judge(
        by=None,
        name=name,
        rubric_version=published_version(data.rubric["rubric"]),
        sources=[Source(Batch.objects.get(name=data.name))],
        reference=REFERENCE,
    )


def fit_cascade(
    name: str, data: DataSet, cheap: dict[str, Any], strong: dict[str, Any]
) -> tuple[float, float]:
    """From which confidence the cheap judge's answers may stand: the least error at `SHARE` of the strong one's price.

    Both judge every item of `data`; the product's own fitting does the rest. Returns the confidence, and what an item
    may cost in US dollars.
    """
    from auditing.metaaudit.cascades import Asked, fit_for_budget
    from auditing.metaaudit.selectors import evidence

    judges = [f"{name}-cheap", f"{name}-strong"]
    for judge, content in zip(judges, (cheap, strong), strict=True):
        add_judge(judge, content)
    audit = _audit_by(data, judges)
    for run in _runs_of(audit):
        _work_off(run)
    seen, asked = evidence(batch=audit.batch, audit=audit), Asked(judges, {})
    budget = SHARE * _price_of(audit, judges[1])
    accept = fit_for_budget(seen, data.criterion, asked, budget).accept().get(judges[0])
    if accept is None:
        raise SystemExit(
            f"No confidence of {judges[0]} on {data.name} keeps an item's cost at ${budget:.4f}."
        )
    return accept, budget


def _price_of(audit: Any, judge: str) -> float:
    """What an item costs this judge on average, in US dollars."""
    from django.db.models import Avg

    from auditing.judging.models import Call

    calls = Call.objects.filter(run__audit=audit, run__judge_version__judge__name=judge)
    return float(calls.aggregate(mean=Avg("cost"))["mean"])


def judged(data: DataSet, judge: str) -> Outcome:
    """Open an audit in which the judge sees every item, work its run off, and compare it with the labels."""
    from auditing.judging.models import Call, CallState
    from auditing.judging.selectors import progress

    audit = _audit_by(data, [judge])
    (run,) = _runs_of(audit)
    started = time.perf_counter()
    _work_off(run)
    seconds = time.perf_counter() - started
    so_far = progress(run)
    calls = sum(len(exchanges) for (exchanges,) in Call.objects.filter(run=run).values_list("exchanges"))
    failed = Call.objects.filter(run=run, state=CallState.FAILED).count()
    return _compared(audit, judge, data.criterion, so_far, calls, failed, seconds)


def _audit_by(data: DataSet, judges: list[str]) -> Any:
    """An audit in which the judges see every item, drawn.

    Replies that an earlier row has paid for are forgotten first, so that each row pays for itself.
    """
    from auditing.audits.services import open_audit
    from auditing.datasets.models import Batch
    from auditing.judging.models import Reply
    from auditing.sampling.services import draw_sample
    from auditing.sops.services import import_sop

    Reply.objects.all().delete()
    batch = Batch.objects.get(name=data.name)
    sop = {
        "sop": f"{data.name.replace('_', '-')}-{judges[0]}"[:60],
        "rubric": data.rubric["rubric"],
        "sampling": {"method": "simple", "human": 2, "judge": "all"},
        "judges": judges,
        "labels": {"source": "imported", "reference": REFERENCE},
    }
    version = import_sop(by=None, text=json.dumps(sop), collection=batch.collection)
    audit = open_audit(by=None, batch=batch, sop_version=version, seed=7)
    draw_sample(by=None, audit=audit)
    return audit


def _runs_of(audit: Any) -> list[Any]:
    from auditing.judging.budgets import confirm_cost
    from auditing.judging.services import start_runs

    confirm_cost(by=None, audit=audit)
    return list(start_runs(by=None, audit=audit))


def _work_off(run: Any) -> None:
    from auditing.judging.services import work

    work(run)
    run.refresh_from_db()
    if run.state != "finished":
        raise SystemExit(f"{run} stopped: {run.state} {run.reason}")


def _compared(
    audit: Any, judge: str, criterion: str, so_far: Any, calls: int, failed: int, seconds: float
) -> Outcome:
    from auditing.metaaudit.selectors import comparisons, evidence

    seen = evidence(batch=audit.batch, audit=audit)
    found = next(
        one
        for one in comparisons(seen, reference="reference", criterion=criterion)
        if one.rater.partition(" ")[0] == judge
    )
    return Outcome(
        items=found.n,
        calls=calls,
        accuracy=found.accuracy,
        accuracy_interval=found.accuracy_interval,
        kappa=found.kappa,
        unscored=found.unscored,
        failed=failed,
        cost=so_far.spent,
        seconds=seconds,
    )
