"""Rows on their way into the database, on disk as one JSON line each, so that memory holds one chunk of them."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings

ROWS_AT_ONCE = 2_000
CHARACTERS_AT_ONCE = 4_000_000


class StagingFile:
    def __init__(self, file: IO[str]) -> None:
        self.file = file

    def write(self, *values: Any) -> None:
        self.file.write(json.dumps(values) + "\n")

    def chunks(self) -> Iterator[list[list[Any]]]:
        """The rows again, in lists small enough to store at once."""
        self.file.seek(0)
        chunk: list[list[Any]] = []
        size = 0
        for line in self.file:
            chunk.append(json.loads(line))
            size += len(line)
            if len(chunk) == ROWS_AT_ONCE or size > CHARACTERS_AT_ONCE:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk


@contextmanager
def staging_file() -> Iterator[StagingFile]:
    """An empty one; gone at the end."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", dir=settings.FILE_UPLOAD_TEMP_DIR) as file:
        yield StagingFile(file)
