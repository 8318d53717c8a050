"""The launcher for real: started detached in a home of its own, killed piece by piece, and stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
CHILDREN = {"broker": "valkey-server", "web": "gunicorn", "worker": "worker", "beat": "beat"}


class Installation:
    """A Dokima in a home and on a port of its own."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root, self.home = root, home
        unwanted = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY")
        self.environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        self.environment["DOKIMA_HOME"] = str(home)

    def manage(self, *arguments: str, timeout: float = 180) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(self.root / "manage.py"), *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=timeout, check=False
        )

    @property
    def state(self) -> dict[str, Any]:
        return json.loads((self.home / "serve.json").read_text())

    def children(self) -> dict[str, int]:
        """Name -> process id of the launcher's living children."""
        found = {}
        for pid in Path(f"/proc/{self.state['pid']}/task/{self.state['pid']}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
            found |= {
                name: int(pid) for name, mark in CHILDREN.items() if any(mark in word for word in words)
            }
        return found

    def is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.state['address']}/healthz", timeout=5) as response:
                return response.status == 200
        except OSError:
            return False


def eventually(holds: Any, within: float = 60.0) -> bool:
    deadline = time.monotonic() + within
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def installation(
    project_root: Path, tmp_path_factory: pytest.TempPathFactory, taken_port: int
) -> Iterator[Installation]:
    installation = Installation(project_root, tmp_path_factory.mktemp("home"))
    # the pipes of the finished process are read to their end: a child that held one would block here
    started = installation.manage("serve", "--detach", "--port", str(taken_port), "--json")
    assert started.returncode == 0, started.stderr
    assert json.loads(started.stdout) == {"address": installation.state["address"]}
    pid = installation.state["pid"]
    yield installation
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    assert eventually(lambda: not is_alive(pid))


def test_a_taken_port_means_the_next_free_one(installation, taken_port):
    assert not installation.state["address"].endswith(f":{taken_port}")
    assert installation.is_healthy()


def test_started_twice_it_finds_the_one_that_runs(installation):
    before = installation.state
    again = installation.manage("serve", "--detach")
    assert before["address"] in again.stdout
    assert installation.state == before


@pytest.mark.parametrize("name", CHILDREN)
def test_a_killed_child_is_healed(installation, name):
    assert eventually(lambda: set(installation.children()) == set(CHILDREN))
    killed = installation.children()[name]
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: installation.children().get(name, killed) != killed)
    assert eventually(installation.is_healthy)


def test_it_stops_and_leaves_nothing_behind(installation):
    pids = [installation.state["pid"], *installation.children().values()]
    assert "stopped" in installation.manage("stop").stdout
    assert eventually(lambda: not any(is_alive(pid) for pid in pids), within=10)
    assert "not running" in installation.manage("stop").stdout


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
