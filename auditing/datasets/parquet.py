"""Rows out of Parquet files, unfolded no further than a row at a time may take.

A few bytes of Parquet can say the same eight megabytes a million times, as places in a dictionary. Where a column's
dictionary is larger than writers make it, its texts stay folded until it is known what unfolding them takes.
"""

from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any

import numpy as np
import pyarrow
import pyarrow.parquet

from auditing.datasets.rows import Row, UnfoldsTooFar

ROWS_AT_ONCE = 100
USUAL_DICTIONARY = 2 * 1024**2  # bytes; writers give up a dictionary at one megabyte


class ParquetRows:
    """The rows of an open file, once. One that would take more than `longest` bytes is a row with a problem."""

    def __init__(self, file: IO[bytes], name: str, *, longest: int, most_bytes: int) -> None:
        metadata = pyarrow.parquet.read_metadata(file)
        self.table = pyarrow.parquet.ParquetFile(file, read_dictionary=_heavily_folded(file, metadata))
        self.total, self.done = max(1, metadata.num_rows), 0
        self.name, self.longest, self.bytes_left = name, longest, most_bytes

    def fraction(self) -> float:
        return self.done / self.total

    def __iter__(self) -> Iterator[Row]:
        for chunk in self.table.iter_batches(batch_size=ROWS_AT_ONCE):
            yield from self._rows(chunk)

    def _rows(self, chunk: pyarrow.RecordBatch) -> Iterator[Row]:
        """The chunk in pieces that are small once they are unfolded."""
        size = sum(_unfolded(column) for column in chunk.columns)
        small = size <= self.longest
        if not small and chunk.num_rows > 1:
            half = chunk.num_rows // 2
            yield from self._rows(chunk.slice(0, half))
            yield from self._rows(chunk.slice(half))
            return
        self.bytes_left -= size if small else 0
        if self.bytes_left < 0:
            raise UnfoldsTooFar(self.name)
        for values in chunk.to_pylist() if small else [None]:
            self.done += 1
            if values is None:
                yield Row(self.done, problem=f"the row is longer than {self.longest // 1024**2} MB")
            else:
                yield Row(self.done, {key: plain(value) for key, value in values.items()})


def _heavily_folded(file: IO[bytes], metadata: pyarrow.parquet.FileMetaData) -> list[str]:
    """The columns of texts that have an unusually large dictionary in some row group."""
    found = set()
    for group in range(metadata.num_row_groups):
        for place in range(metadata.num_columns):
            column = metadata.row_group(group).column(place)
            start = column.dictionary_page_offset
            if start is not None and column.physical_type == "BYTE_ARRAY":
                file.seek(start)
                if _unpacked_size(file.read(20)) > USUAL_DICTIONARY:
                    found.add(column.path_in_schema)
    return sorted(found)


def _unpacked_size(header: bytes) -> int:
    """Bytes of a page, out of the beginning of its header: its second number, as Thrift's compact protocol has it."""
    place = 1
    for _ in range(2):  # the page's type, then its size; each after a byte that names the field
        number, shift = 0, 0
        while place < len(header):
            byte = header[place]
            number, shift, place = number | (byte & 0x7F) << shift, shift + 7, place + 1
            if byte < 0x80:
                break
        place += 1
    return number >> 1  # zigzag, never negative


def _unfolded(column: pyarrow.Array) -> int:
    """Bytes of an array once every text in it stands by itself."""
    kind = column.type
    if pyarrow.types.is_dictionary(kind):
        places = column.indices.drop_null().to_numpy()
        ends = np.frombuffer(column.dictionary.buffers()[1], dtype=np.int32)[column.dictionary.offset :]
        return int((ends[places + 1] - ends[places]).sum(dtype=np.int64)) + int(column.indices.nbytes)
    return int(column.nbytes) + sum(_unfolded(part) for part in _parts(column))


def _parts(column: pyarrow.Array) -> list[pyarrow.Array]:
    """The arrays inside a nested one, as far as this slice of it reaches."""
    kind = column.type
    if pyarrow.types.is_map(kind):
        first, last = column.offsets[0].as_py(), column.offsets[-1].as_py()
        return [part.slice(first, last - first) for part in (column.keys, column.items)]
    if pyarrow.types.is_struct(kind):
        return list(column.flatten())
    if any(
        of(kind)
        for of in (pyarrow.types.is_list, pyarrow.types.is_large_list, pyarrow.types.is_fixed_size_list)
    ):
        return [column.flatten()]
    return []


def plain(value: Any) -> Any:
    """What Parquet knows and JSON does not, as text; bytes stay, for the mapping to complain of."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list):
        return [plain(part) for part in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
