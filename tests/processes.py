"""Real worker processes that work on this test's database and broker."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def environment_of_this_test() -> dict[str, str]:
    """What a process needs to see the rows this test sees: use it with `transactional_db`, or it sees none."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        host, user = quote(str(database["HOST"]), safe=""), quote(str(database["USER"]))
        secret = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
        port = f":{database['PORT']}" if database["PORT"] else ""
        url = f"postgres://{user}{secret}@{host}{port}/{database['NAME']}"
    return {**os.environ, "DATABASE_URL": url, "REDIS_URL": settings.REDIS_URL}


def start_worker(log: Path, processes: int = 1) -> "subprocess.Popen[bytes]":
    """A Celery worker with so many processes, in a session of its own; the caller ends it (`os.killpg`)."""
    celery = [sys.executable, "-m", "celery", "-A", "auditing.config.celery"]
    command = [*celery, "worker", "--concurrency", str(processes)]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
            cwd=ROOT,
            env=environment_of_this_test(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + 60
    while b" ready." not in log.read_bytes():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the worker did not start:\n{log.read_text()}")
        time.sleep(0.1)
    return process


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A real Celery worker process for the length of one test."""
    process = start_worker(tmp_path / "worker.log")
    yield process
    process.terminate()
    process.wait(30)
