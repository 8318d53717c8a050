"""A terminal: what a person types after `python manage.py`, with its exit status and both of its streams."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import Any

from django.core.management import execute_from_command_line

from tests.processes import ROOT, environment_of_this_test


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


def manage(*words: object) -> Done:
    """In this process, which saves the seconds that a start costs; `manage_afresh` shows that a start works too."""
    out, err, status = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            execute_from_command_line(["manage.py", *map(str, words)])
        except SystemExit as stop:
            status = int(stop.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def manage_afresh(*words: object) -> Done:
    """In a process of its own, on the database of this test."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *map(str, words)],
        cwd=ROOT,
        env=environment_of_this_test(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def told(*words: object) -> str:
    """What a command that works says on standard output."""
    done = manage(*words)
    assert done.status == 0, f"{words}: {done}"
    return done.out.strip()


def document(*words: object, run: Any = manage) -> Any:
    """The one JSON document that a command prints with --json, and nothing else on either stream."""
    done = run(*words, "--json")
    assert (done.status, done.err) == (0, ""), f"{words}: {done}"
    return json.loads(done.out)


def complaint(*words: object, run: Any = manage) -> str:
    """The one line on standard error of a command that refuses bad input with exit status 2."""
    done = run(*words)
    assert (done.status, done.out) == (2, ""), f"{words}: {done}"
    assert done.err.endswith("\n")
    assert len(done.err.splitlines()) == 1, done.err
    return done.err.strip()
