"""Rows out of delivered files: JSONL, CSV and Parquet, streamed, so that memory stays flat whatever the file holds.

A row that cannot be read comes out as a Row with a `problem`; a file that cannot be read at all raises BadInput.
"""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

import pyarrow

from auditing.core.errors import BadInput
from auditing.datasets.parquet import ParquetRows
from auditing.datasets.rows import Row, UnfoldsTooFar

LONGEST_ROW = 8 * 1024 * 1024  # bytes; beyond it a row is a mistake, and would have to sit in memory
LONGEST_ROW_TEXT = "8 MB"
KINDS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".parquet": "parquet"}
KEPT_OF_A_ROW_TOO_LONG = 2_000
LOOKED_AT = 32 * 1024 * 1024  # bytes that a look at a file's first rows may unfold
COST_OF_A_LINE = 50  # bytes that a line takes besides its characters
LARGEST_UNFOLDED = 200 * 1024**3  # bytes that a compressed file may unfold to


@dataclass(frozen=True)
class RowStream:
    """An open file: its rows, once, and how much of it has been read (0 to 1)."""

    rows: Iterator[Row]
    fraction: Callable[[], float]


def kind_of(file_name: str) -> str:
    """`jsonl`, `csv` or `parquet`, by the name; raises BadInput for any other."""
    stem = file_name.lower().removesuffix(".gz")
    for ending, kind in KINDS.items():
        if stem.endswith(ending) and not (kind == "parquet" and file_name.lower().endswith(".gz")):
            return kind
    raise BadInput("not a .jsonl, .csv or .parquet file (the first two may be .gz)", file=file_name)


@contextmanager
def open_rows(path: Path, *, name: str = "", most_bytes: int = LARGEST_UNFOLDED) -> Iterator[RowStream]:
    """Open a file of rows. `name` is what messages call it, and says its kind; the path's own name unless given.

    The rows raise BadInput once more than `most_bytes` have been read.
    """
    name = name or path.name
    kind = kind_of(name)
    with _telling_of(name), open(path, "rb") as file:
        size = path.stat().st_size
        if size == 0:
            raise BadInput("the file is empty", file=name)
        if kind == "parquet":
            rows = ParquetRows(file, name, longest=LONGEST_ROW, most_bytes=most_bytes)
            yield RowStream(_telling(rows, name), rows.fraction)
            return
        plain = gzip.GzipFile(fileobj=file) if name.lower().endswith(".gz") else file
        read = {"jsonl": _jsonl_rows, "csv": _csv_rows}[kind]
        yield RowStream(
            read(PhysicalLines(plain, name, most_bytes), name), lambda: min(1.0, file.tell() / size)
        )


def first_rows(path: Path, *, name: str, most: int = 100) -> list[Row]:
    """The first rows of a file, fewer where they are large. Raises BadInput when none can be read."""
    rows: list[Row] = []
    with open_rows(path, name=name, most_bytes=LOOKED_AT) as stream:
        try:
            rows.extend(islice(stream.rows, most))
        except UnfoldsTooFar:
            if not rows:
                raise
    return rows


@contextmanager
def _telling_of(name: str) -> Iterator[None]:
    """Turn what the operating system and the decoders say into BadInput that names the file."""
    try:
        yield
    except (gzip.BadGzipFile, zlib.error) as error:
        raise BadInput(f"not a gzip file, or a damaged one ({error})", file=name) from error
    except EOFError as error:
        raise BadInput("the compressed file ends in the middle", file=name) from error
    except pyarrow.ArrowException as error:
        raise BadInput(f"not a Parquet file, or a damaged one ({_first_line(error)})", file=name) from error
    except OSError as error:
        raise BadInput(f"cannot be read ({error.strerror or error})", file=name) from error


def _telling(rows: Iterable[Row], name: str) -> Iterator[Row]:
    with _telling_of(name):
        yield from rows


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


class PhysicalLines:
    """A file's lines as text, counted. Bytes that are not UTF-8 become lone surrogates: the row complains of them."""

    def __init__(self, file: IO[bytes] | gzip.GzipFile, name: str, most_bytes: int) -> None:
        self.file, self.name, self.bytes_left = file, name, most_bytes
        self.number = 0
        self.is_too_long = False

    def __iter__(self) -> "PhysicalLines":
        return self

    def __next__(self) -> str:
        line = self._read(LONGEST_ROW + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            line = self._without_mark(line)
        self.is_too_long = len(line) > LONGEST_ROW
        if self.is_too_long:
            self._skip_the_rest(line)
            line = line[:KEPT_OF_A_ROW_TOO_LONG]
        return line.decode("utf-8", "surrogateescape")

    def _without_mark(self, line: bytes) -> bytes:
        if line.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise BadInput("the file is UTF-16; save it as UTF-8", file=self.name)
        return line.removeprefix(b"\xef\xbb\xbf")

    def _skip_the_rest(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._read(LONGEST_ROW)

    def _read(self, most: int) -> bytes:
        line = self.file.readline(most)
        self.bytes_left -= len(line) + COST_OF_A_LINE
        if self.bytes_left < 0:
            raise UnfoldsTooFar(file=self.name)
        return line


def _jsonl_rows(lines: PhysicalLines, name: str) -> Iterator[Row]:
    with _telling_of(name):
        for text in lines:
            raw = text.rstrip("\r\n")
            if lines.is_too_long:
                yield Row(lines.number, raw=raw, problem=f"the row is longer than {LONGEST_ROW_TEXT}")
            elif raw.strip():
                yield _json_row(lines.number, raw)


def _json_row(line: int, raw: str) -> Row:
    try:
        raw.encode()
        values = json.loads(raw, object_pairs_hook=_once_each, parse_constant=_refuse_constant)
    except UnicodeEncodeError as error:
        return Row(line, raw=raw, problem=_not_utf8(error))
    except RecursionError:
        return Row(line, raw=raw, problem="the JSON is nested too deeply")
    except _RepeatedKeyError as error:
        return Row(line, raw=raw, problem="the key stands twice in one object", field=str(error))
    except json.JSONDecodeError as error:
        return Row(line, raw=raw, problem=f"not JSON: {error.msg} at column {error.colno}")
    except ValueError as error:
        return Row(line, raw=raw, problem=f"not JSON: {error}")
    if not isinstance(values, dict):
        return Row(line, raw=raw, problem="not a JSON object (one {...} a line)")
    return Row(line, values, raw)


class _RepeatedKeyError(ValueError):
    pass


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise _RepeatedKeyError(key)
            seen.add(key)
    return values


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")


def _not_utf8(error: UnicodeEncodeError) -> str:
    code = ord(error.object[error.start])
    byte = f" (byte 0x{code - 0xDC00:02x})" if 0xDC80 <= code <= 0xDCFF else ""
    return f"not UTF-8 at column {error.start + 1}{byte}; save the file as UTF-8"


class _EndlessRowError(Exception):
    pass


class _Recorder:
    """Hands lines to the CSV reader and keeps those of the row being read."""

    def __init__(self, lines: PhysicalLines) -> None:
        self.lines = lines
        self.kept: list[str] = []
        self.size = 0
        self.has_too_long = False

    def __iter__(self) -> "_Recorder":
        return self

    def __next__(self) -> str:
        text = next(self.lines)
        self.kept.append(text)
        self.size += len(text) + COST_OF_A_LINE
        if self.size > LONGEST_ROW:
            raise _EndlessRowError
        self.has_too_long |= self.lines.is_too_long
        return text

    def start(self) -> int:
        """Forget the row before; the number of the line on which the next one starts."""
        self.kept.clear()
        self.size = 0
        self.has_too_long = False
        return self.lines.number + 1

    @property
    def raw(self) -> str:
        return "".join(self.kept).rstrip("\r\n")


def _csv_rows(lines: PhysicalLines, name: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST_ROW)
    recorder = _Recorder(lines)
    records = csv.reader(recorder, strict=True)
    with _telling_of(name):
        header = _next_record(records, recorder, name)
        if header is None:
            raise BadInput("the file is empty", file=name)
        columns = _columns(header[1], name)
        while (record := _next_record(records, recorder, name)) is not None:
            line, cells = record
            if cells or recorder.has_too_long:
                yield _csv_row(line, columns, cells, recorder)


def _next_record(
    records: Iterator[list[str]], recorder: _Recorder, name: str
) -> tuple[int, list[str]] | None:
    """The next record and its line. Broken quoting raises: after it no row can be told from the next."""
    line = recorder.start()
    try:
        return line, next(records)
    except StopIteration:
        return None
    except _EndlessRowError as error:
        problem = f"the row is longer than {LONGEST_ROW_TEXT}: is a quote never closed?"
        raise BadInput(problem, file=name, line=line) from error
    except csv.Error as error:
        raise BadInput(f"the quoting is broken from here on ({error})", file=name, line=line) from error


def _columns(header: list[str], name: str) -> list[str]:
    columns = [column.strip() for column in header]
    if len(columns) == 1 and any(separator in columns[0] for separator in ";\t|"):
        raise BadInput("only one column was found: columns are separated by commas", file=name, line=1)
    for number, column in enumerate(columns, start=1):
        if not column:
            raise BadInput(f"column {number} has no heading", file=name, line=1)
        if column in columns[: number - 1]:
            raise BadInput("two columns have this heading", file=name, line=1, field=column)
        if _encoding_problem(column):
            raise BadInput(f"the heading of column {number}: {_encoding_problem(column)}", file=name, line=1)
    return columns


def _csv_row(line: int, columns: list[str], cells: list[str], recorder: _Recorder) -> Row:
    raw = recorder.raw
    if recorder.has_too_long:
        return Row(line, raw=raw, problem=f"the row is longer than {LONGEST_ROW_TEXT}")
    if len(cells) != len(columns):
        return Row(line, raw=raw, problem=f"{len(cells)} cells, but the heading has {len(columns)} columns")
    if not raw.isascii() and (problem := _encoding_problem(raw)):
        return Row(line, raw=raw, problem=problem)
    return Row(line, dict(zip(columns, cells, strict=True)), raw)


def _encoding_problem(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return _not_utf8(error)
    return ""
