"""Replies that are paid for and not committed yet, in a file that outlives the process that got them.

A commit costs as much as judging several items, so they come about once a second; a reply is in the file within
microseconds. A process that is killed takes nothing with it: its file is locked while it lives, and whoever next gives
out what dead workers had in hand commits what they left. A machine that loses power may lose a second of replies.
"""

import errno
import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)

Row = Mapping[str, Any]
"""`run_id`, `item_id`, `booked`: whether its price is in the books already, `digest`, and `content`: a JSON text, in
which line breaks and tabs are escaped."""


class Unsaved:
    """One worker's file. It is there while something is in it."""

    def __init__(self) -> None:
        self._path = _folder() / f"{uuid4().hex}.replies"
        self._file: FileIO | None = None
        self._is_broken = False

    def add(self, row: Row) -> None:
        """Keep one more."""
        with self._said():
            if self._file is None:
                self._begin([row])
            else:
                _write(self._file, _line(row))

    def keep_only(self, rows: Sequence[Row]) -> None:
        """All others are committed."""
        with self._said():
            if rows:
                self._begin(rows)
            elif self._file is not None:
                self._path.unlink()
                self.close()

    def close(self) -> None:
        """What is in it is from now on for whoever collects what was left."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, rows: Sequence[Row]) -> None:
        """A new file in the place of the old one, locked before anybody can find it."""
        hidden = self._path.with_suffix(".new")
        file = FileIO(os.open(hidden, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w")
        fcntl.flock(file, fcntl.LOCK_EX)
        _write(file, b"".join(map(_line, rows)))
        hidden.replace(self._path)
        self.close()
        self._file = file

    @contextmanager
    def _said(self) -> Iterator[None]:
        """A disk that is full must not cost a paid reply, which is in memory all the same: it is said, once."""
        try:
            yield
        except OSError as error:
            if not self._is_broken:
                logger.error("Until they are committed, replies are kept in memory alone: %s", error)
            self._is_broken = True


def collect(keep: Callable[[list[Row]], object]) -> None:
    """Hand over what each dead worker has left; its file goes once `keep` has returned.

    One process at a time: whoever comes next may rely on all of it being kept.
    """
    folder = _folder()
    with (folder / "collecting").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for path in sorted(folder.glob("*.replies")):
            file = _left_at(path)
            if file is not None:
                with file:
                    _hand_over(path, file, keep)


def _hand_over(path: Path, file: FileIO, keep: Callable[[list[Row]], object]) -> None:
    rows = [row for line in file.readall().split(b"\n") if (row := _row(line))]
    try:
        keep(rows)
    except (OperationalError, InterfaceError):  # the database is away: the next time will do
        raise
    except Exception:  # one file that cannot be kept must not hold up every run
        path.replace(path.with_suffix(".refused"))
        logger.exception("Replies that a dead worker left in %s cannot be kept", path.with_suffix(".refused"))
    else:
        path.unlink()


def _left_at(path: Path) -> FileIO | None:
    """The file, locked; None where its worker lives, has just done with it, or belongs to somebody else."""
    try:
        file = FileIO(path)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        logger.warning("Replies that a worker left may not be read: %s", error)
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(file.fileno()), path.stat()):  # else another is in its place meanwhile
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    file.close()
    return None


def _folder() -> Path:
    folder: Path = settings.DOKIMA_HOME / "unsaved"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _line(row: Row) -> bytes:
    fields = row["run_id"], row["item_id"], int(row["booked"]), row["digest"], row["content"]
    return ("\n" + "\t".join(map(str, fields)) + "\n").encode()  # apart from a line before it that was cut


def _write(file: FileIO, lines: bytes) -> None:
    if file.write(lines) < len(lines):
        raise OSError(errno.ENOSPC, "not all of it could be written", str(file.name))


def _row(line: bytes) -> Row | None:
    """None for a line that its writer could not end."""
    try:
        run_id, item_id, booked, digest, content = line.decode().split("\t")
        json.loads(content)
        numbers = {"run_id": int(run_id), "item_id": int(item_id), "booked": booked == "1"}
        return {**numbers, "digest": digest, "content": content}
    except ValueError:
        return None
