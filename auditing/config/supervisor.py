"""Keeping a handful of processes alive: start them in order, restart whichever ends, stop them in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from auditing.core.errors import Conflict

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds before a restart; doubles while it keeps failing
STEADY_AFTER = 30.0  # seconds alive after which a process counts as healthy again
PATIENCE = 10.0  # seconds a process gets to end by itself
LARGEST_LOG = 10 * 1024 * 1024
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)


@dataclass
class Child:
    """One process to keep alive. `ready` says when the next one may start; `inherits` are file descriptors it gets."""

    name: str
    command: Sequence[str]
    ready: Callable[[], bool] = lambda: True
    inherits: tuple[int, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = SHORTEST_PAUSE
    due_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self, logs: Path) -> None:
        with open_log(logs / f"{self.name}.log") as log:
            self.process = subprocess.Popen(  # noqa: S603
                list(self.command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                pass_fds=self.inherits,
                start_new_session=True,  # Ctrl-C reaches the supervisor alone, which then stops things in order
                preexec_fn=die_with_parent,
            )
        self.started_at = time.monotonic()

    def schedule_restart(self) -> None:
        """Clear away what the dead process left behind, and wait longer each time it fails at once."""
        now = time.monotonic()
        self.kill()
        self.process = None
        steady = now - self.started_at > STEADY_AFTER
        self.pause = SHORTEST_PAUSE if steady else min(self.pause * 2, LONGEST_PAUSE)
        self.due_at = now + self.pause

    def ask_to_end(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.terminate()

    def end(self, deadline: float) -> None:
        """Wait until it has ended by itself; insist at the deadline."""
        if self.process is not None:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """End it and every process it started."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Supervisor:
    """Runs children until `stop` is asked for."""

    def __init__(self, children: Sequence[Child], logs: Path) -> None:
        self.children, self.logs = children, logs
        self.stopping = False

    def start(self, *, within: float = 60.0) -> None:
        """Start each child once the one before is ready; raises Conflict, having stopped them all again."""
        for child in self.children:
            child.start(self.logs)
            deadline = time.monotonic() + within
            while not child.ready():
                if self.stopping or time.monotonic() > deadline or not child.is_alive:
                    self.stop_children()
                    raise Conflict(f"{child.name} did not start; see {self.logs / child.name}.log")
                time.sleep(0.05)

    def watch(self) -> None:
        """Heal until asked to stop, then stop everything."""
        while not self.stopping:
            self.heal()
            time.sleep(0.2)
        self.stop_children()

    def heal(self) -> None:
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.due_at:
                    child.start(self.logs)
            elif not child.is_alive:
                child.schedule_restart()

    def ask_to_stop(self, *_signal: object) -> None:
        self.stopping = True

    def stop_children(self) -> None:
        """Everybody at once, the first last: what the others lean on stays until they are gone."""
        for group in (self.children[1:], self.children[:1]):
            for child in group:
                child.ask_to_end()
            deadline = time.monotonic() + PATIENCE
            for child in group:
                child.end(deadline)


def die_with_parent() -> None:
    """On Linux, no child outlives a supervisor that was killed outright."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def open_log(path: Path) -> BinaryIO:
    """Append to a log; an overlong one becomes `.1` first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
