"""A hundred thousand rows: fast enough to wait for, in memory that does not grow with the file's text."""

import json
import time
import tracemalloc

import pytest

from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Item
from auditing.datasets.services import import_items

ROWS = 100_000
TEXT = "A sentence of the kind that people write when they answer questions. " * 10


@pytest.mark.slow
def test_a_hundred_thousand_rows(tmp_path, collection, lead):
    path = tmp_path / "large.jsonl"
    with open(path, "w") as file:
        for number in range(ROWS):
            row = {
                "id": f"row-{number}",
                "q": f"{number}?",
                "a": TEXT,
                "by": f"V{number % 3}",
                "topic": f"t{number % 7}",
            }
            file.write(json.dumps(row) + "\n")
    mapping = MappingSpec("id", {"input": "q", "output": "a"}, producer="by", slices={"topic": "topic"})
    started = time.monotonic()
    result = import_items(by=lead, path=path, collection=collection, mapping=mapping)
    seconds = time.monotonic() - started
    print(f"{ROWS} rows of {path.stat().st_size / ROWS:.0f} bytes in {seconds:.1f} s")
    assert result.imported == Item.objects.count() == ROWS
    assert seconds < 60


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text(tmp_path, collection, lead):
    path = tmp_path / "wide.jsonl"
    with open(path, "w") as file:
        for number in range(4_000):
            file.write(json.dumps({"id": str(number), "input": "x" * 25_000}) + "\n")
    tracemalloc.start()
    import_items(by=lead, path=path, collection=collection)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"peak {peak / 1e6:.0f} MB for a file of {path.stat().st_size / 1e6:.0f} MB")
    assert peak < 1.2 * path.stat().st_size
