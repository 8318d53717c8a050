"""Replies between the endpoint and the database: what a worker that is killed had paid for is there for the next."""

import logging
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from io import FileIO
from pathlib import Path
from typing import Any

import pytest
from django.db import DataError

from auditing.judging import working, writing
from auditing.judging.models import Reply, Run, Spending
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
    return [path.suffix for path in (home / "unsaved").iterdir()]


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
    (path,) = (home / "unsaved").iterdir()
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


def test_what_no_database_takes_is_put_aside(
    unsaved: Unsaved, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_: object) -> None:
        raise DataError("not in my house")

    unsaved.add(row(1))
    unsaved.close()
    collect(refuse)
    assert files(home) == [".refused"]
    assert "cannot be kept" in caplog.text


@pytest.mark.parametrize("budget", [None, Decimal(1000)])
@pytest.mark.django_db(transaction=True)
def test_replies_that_could_not_be_committed_are_not_paid_again(
    run: Run, simulate: Callable[..., Simulator], monkeypatch: pytest.MonkeyPatch, budget: Decimal | None
) -> None:
    simulator = simulate()
    set_price(by=None, model="simulated", prompt=Decimal(1), completion=Decimal(2))
    Run.objects.update(budget=budget)

    def fail(*_: object) -> int:
        raise RuntimeError("killed")

    monkeypatch.setattr(working.writing, "keep", fail)
    with pytest.raises(RuntimeError, match="killed"):
        work(run)
    asked = simulator.stats.requests.total()
    assert asked > 0
    assert not Reply.objects.exists()
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
