"""Replies between the endpoint and the database: what a worker that is killed had paid for is there for the next."""

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError, OperationalError

from auditing.judging import working, writing
from auditing.judging.exchanges import Parts
from auditing.judging.models import Endpoint, Reply, Run, Spending
from auditing.judging.runs import resume
from auditing.judging.services import set_price, work
from auditing.judging.unsaved import Unsaved, collect
from judges.simulator import Simulator

KILLED = """
import os, pathlib, signal, sys
from django.conf import settings
settings.configure(DOKIMA_HOME=pathlib.Path(sys.argv[1]))
from auditing.judging.unsaved import Unsaved
unsaved = Unsaved()
for item in 1, 2:
    about = {"run_id": 7, "item_id": item, "booked": item == 1}
    unsaved.add({**about, "digest": "d" * 64, "content": '{"text": "a\\\\tb\\\\u2028"}'})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.DOKIMA_HOME = tmp_path
    return tmp_path


@pytest.fixture
def unsaved() -> Iterator[Unsaved]:
    one = Unsaved()
    yield one
    one.close()


def row(item_id: int, content: str = "{}", *, booked: bool = False) -> dict[str, Any]:
    about = {"run_id": 7, "item_id": item_id, "booked": booked}
    return {**about, "digest": "d" * 64, "content": content}


def left() -> list[int]:
    """The items of what dead workers have left."""
    found: list[Any] = []
    collect(found.extend)
    return [one["item_id"] for one in found]


def files(home: Path) -> list[str]:
    return [path.suffix for path in (home / "unsaved").iterdir() if path.suffix]


def test_what_a_killed_process_had_is_handed_over_once(home: Path, project_root: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED, str(home)], cwd=project_root, check=False)
    assert killed.returncode == -9
    found: list[Any] = []
    collect(found.extend)
    assert found == [row(1, '{"text": "a\\tb\\u2028"}', booked=True), row(2, '{"text": "a\\tb\\u2028"}')]
    assert left() == files(home) == []


def test_what_a_living_worker_has_is_left_alone(unsaved: Unsaved) -> None:
    unsaved.add(row(1))
    assert left() == []
    unsaved.keep_only([row(1)])
    assert left() == []
    unsaved.close()
    assert left() == [1]


def test_what_is_committed_is_forgotten(unsaved: Unsaved, home: Path) -> None:
    unsaved.add(row(1))
    unsaved.add(row(2))
    unsaved.keep_only([row(2)])
    unsaved.add(row(3))
    unsaved.close()
    assert left() == [2, 3]
    unsaved.add(row(4))
    unsaved.keep_only([])
    assert files(home) == []
    unsaved.add(row(5))
    unsaved.close()
    assert left() == [5]


def test_a_line_that_was_cut_is_passed_over(unsaved: Unsaved, home: Path) -> None:
    unsaved.add(row(1))
    unsaved.close()
    (path,) = (home / "unsaved").glob("*.replies")
    path.write_bytes(path.read_bytes() + b"7\t2\t0\tddd\t{\xc3")
    assert left() == [1]


def test_a_full_disk_is_said_once_and_stops_nobody(
    unsaved: Unsaved, caplog: pytest.LogCaptureFixture
) -> None:
    unsaved._file = FileIO("/dev/full", "w")
    with caplog.at_level(logging.ERROR):
        unsaved.add(row(1))
        unsaved.add(row(2))
    assert ["No space left" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.parametrize("error", [DataError("not in my house"), KeyError("of another version")])
def test_what_cannot_be_kept_is_put_aside(
    unsaved: Unsaved, home: Path, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def refuse(_: object) -> None:
        raise error

    unsaved.add(row(1))
    unsaved.close()
    collect(refuse)
    assert files(home) == [".refused"]
    assert "cannot be kept" in caplog.text


def test_while_the_database_is_away_nothing_is_put_aside(unsaved: Unsaved) -> None:
    def away(_: object) -> None:
        raise OperationalError("the connection is lost")

    unsaved.add(row(1))
    unsaved.close()
    with pytest.raises(OperationalError):
        collect(away)
    assert left() == [1]


def test_whoever_comes_while_another_collects_waits_until_all_is_kept(unsaved: Unsaved) -> None:
    unsaved.add(row(1))
    unsaved.close()
    kept: list[str] = []
    begun = threading.Event()

    def keep_slowly(_: object) -> None:
        begun.set()
        time.sleep(0.3)
        kept.append("kept")

    first = threading.Thread(target=collect, args=[keep_slowly])
    first.start()
    begun.wait(5)
    assert left() == []
    assert kept == ["kept"]
    first.join()


def test_a_line_that_the_disk_cut_costs_no_other(unsaved: Unsaved, home: Path) -> None:
    unsaved.add(row(1))
    assert unsaved._file is not None
    unsaved._file.write(b"\n7\t2\t0\tddd")
    unsaved.add(row(3))
    unsaved.close()
    assert left() == [1, 3]


@pytest.mark.parametrize("budget", [None, Decimal(1000)])
@pytest.mark.django_db(transaction=True)
def test_replies_that_could_not_be_committed_are_not_paid_again(
    run: Run, simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, budget: Decimal | None
) -> None:
    simulator = simulate()
    Endpoint.objects.update(concurrency=16)
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    Run.objects.update(budget=budget)

    def fail(*_: object) -> int:
        time.sleep(0.5)  # what is in flight ends meanwhile
        raise RuntimeError("killed")

    monkeypatch.setattr(working.writing, "keep", fail)
    with pytest.raises(RuntimeError, match="killed"):
        work(run)
    asked = simulator.stats.requests.total()
    assert asked > 0
    monkeypatch.undo()
    resume(by=None, run=Run.objects.get(pk=run.pk))
    work(Run.objects.get(pk=run.pk))
    assert simulator.stats.requests.total() == Reply.objects.count() == run.calls.count()
    assert asked <= run.calls.count()
    (books,) = Spending.objects.filter(run=run)
    assert books.requests == run.calls.count()
    assert books.spent == sum(Decimal(reply.content["cost"]) for reply in Reply.objects.all()) > 0


@pytest.mark.django_db
def test_replies_about_items_that_are_gone_are_dropped(unsaved: Unsaved, home: Path) -> None:
    unsaved.add(row(10**9))
    unsaved.close()
    writing.collect_unsaved()
    assert files(home) == []


def paid(run: Run, digest: str = "d", *, at: str = "2026-10-31T12:00:00+00:00") -> dict[str, Any]:
    """A row of a reply that cost half a dollar."""
    call = run.calls.first()
    assert call is not None
    content = {"call": call.pk, "started_at": at, "cost": "0.5", "prompt_tokens": 3, "completion_tokens": 4}
    about = {"run_id": run.pk, "item_id": call.item_id, "booked": False}
    return {**about, "digest": digest * 64, "content": json.dumps(content)}


def booked(run: Run) -> list[tuple[int, int, Decimal, int]]:
    """Month, requests, dollars and tokens."""
    lines = run.spending.order_by("month")
    return [(line.month.month, line.requests, line.spent, line.tokens) for line in lines]


@pytest.mark.django_db(transaction=True)
def test_what_is_written_again_because_the_answer_was_lost_is_booked_once(run: Run) -> None:
    for _ in range(2):
        writing.keep(uuid4(), [], Parts(), [paid(run), paid(run, "e", at="2026-11-01T12:00:00+00:00")])
    assert booked(run) == [(10, 1, Decimal("0.5"), 7), (11, 1, Decimal("0.5"), 7)]


@pytest.mark.django_db(transaction=True)
def test_a_reply_that_two_have_paid_is_booked_twice(run: Run, unsaved: Unsaved) -> None:
    unsaved.add(paid(run))
    unsaved.close()
    writing.keep(uuid4(), [], Parts(), [paid(run, at="2026-10-31T13:00:00+00:00")])
    writing.collect_unsaved()
    assert booked(run) == [(10, 2, Decimal(1), 14)]
    assert Reply.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_calls_go_back_once_their_replies_are_kept(
    run: Run, simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate()
    kept_at_release: list[int] = []
    release = working.claims.release

    def watched(claim: UUID) -> int:
        kept_at_release.append(Reply.objects.count())
        return release(claim)

    def fail(*_: object) -> int:
        raise RuntimeError("killed")

    monkeypatch.setattr(working.writing, "keep", fail)
    monkeypatch.setattr(working.claims, "release", watched)
    with pytest.raises(RuntimeError, match="killed"):
        work(run)
    assert kept_at_release[0] > 0
