"""Pictures delivered beside a file reach the model as image parts, and are stored once, in the item."""

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditing.accounts.models import User
from auditing.datasets.importing import import_items
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Collection
from auditing.judging.models import Call, Verdict
from auditing.judging.services import save_endpoint, work
from auditing.rubrics.models import RubricVersion
from judges.simulator import Simulator
from tests.cast import make_batch
from tests.judges.canned import canned, said
from tests.judging.building import make_judge, queue_run

REPLY = '{"correct": {"rationale": "r", "value": "yes"}, "helpful": {"rationale": "r", "value": 3}}'
PIXEL = "data:image/png;base64,iVBORw0KGgo="


@pytest.mark.parametrize("architecture", ["single", "decision"])
def test_pictures_of_real_items_are_sent_whole(
    shared_data: Path,
    tmp_path: Path,
    architecture: str,
    collection: Collection,
    rubric_version: RubricVersion,
    lead: User,
    simulate: Callable[..., Simulator],
) -> None:
    batch = deliver(shared_data / "image_descriptions", tmp_path, collection)
    assert batch.item_count == 14
    simulate()
    version = make_judge("seer", architecture=architecture, model="simulated")
    run = queue_run(batch, rubric_version, version, lead)
    work(run)
    assert Verdict.objects.filter(run=run, outcome="scored").count() == 28
    sizes = [len(item.payload["images"][0]) for item in batch.items.all()]
    assert max(sizes) > 1_000_000
    for call in Call.objects.filter(run=run):
        assert len(json.dumps(call.exchanges)) < 50_000


def deliver(source: Path, folder: Path, collection: Collection):  # type: ignore[no-untyped-def]
    """One item for each picture of the public set, beside copies of the pictures."""
    shutil.copytree(source / "images", folder / "images")
    with gzip.open(source / "items.jsonl.gz", "rt") as lines:
        rows = {row["image"]: row for row in map(json.loads, lines)}
    file = folder / "items.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows.values()))
    mapping = MappingSpec("id", {"images": "image", "output": "description", "input": "article_text"})
    imported = import_items(by=None, path=file, collection=collection, mapping=mapping, images_folder=folder)
    return imported.batch


def test_what_is_an_image_is_a_part_and_what_is_none_is_named(
    collection: Collection, rubric_version: RubricVersion, lead: User
) -> None:
    images = [PIXEL, "https://example.org/photo.jpg", "http://example.org/plain.jpg", "file:///etc/passwd"]
    batch = make_batch(collection, lead, payloads=[{"output": "A cat.", "images": images}])
    run = queue_run(batch, rubric_version, make_judge(), lead)
    with canned(said(REPLY)) as local:
        save_endpoint(by=None, name="default", base_url=local.base_url)
        work(run)
    (sent,) = local.asked
    *parts, text = sent["messages"][1]["content"]
    assert [part["image_url"]["url"] for part in parts] == images[:2]
    assert text["text"].count("not attached") == 2
    assert "example.org/plain" not in text["text"]
