"""Real deliveries, by the commands: two public data sets with their human labels and recorded verdicts."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from auditing.datasets.models import Batch
from auditing.ratings.models import Rating

pytestmark = pytest.mark.django_db

QUESTIONS = """\
id: id
payload: {input: question, reference: gold_answers, output: answer}
producer: meta.produced_by
cluster: meta.question_id
"""
PAIRS = """\
id: id
payload:
  input: {instruction: instruction, input: input}
  candidates: {a: response1, b: response2}
slices: {application: meta.motivation_app, pair: meta.cmp_key}
"""
LABELS = ["--column", "rater=rater_id", "--column", "value=label", "--set", "rater_kind=human"]
VERDICTS = ["--column", "rater=judge", "--column", "value=score", "--set", "rater_kind=judge"]


def command(name: str, *args: object) -> dict[str, Any]:
    out = StringIO()
    call_command(name, *map(str, args), "--json", stdout=out)
    return json.loads(out.getvalue())


def deliver(folder: Path, mapping: str, tmp_path: Path) -> Batch:
    (tmp_path / "mapping.yaml").write_text(mapping)
    options = ["--collection", "Shared", "--batch", folder.name, "--mapping", tmp_path / "mapping.yaml"]
    return Batch.objects.get(pk=command("import_items", folder / "items.jsonl.gz", *options)["batch_id"])


def test_openqa(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "openqa_nq301"
    batch = deliver(folder, QUESTIONS, tmp_path)
    assert batch.item_count == 1490
    first = batch.items.get(external_id="nq301-0001")
    assert first.payload["output"] == "washington metropolitan area"
    assert first.payload["reference"][1] == "the Washington metropolitan area"
    assert (first.producer.name, first.cluster) == ("NQ_DPR", "1")
    assert batch.items.values("cluster").distinct().count() == 301
    assert (
        command("import_ratings", folder / "labels.csv.gz", "--batch", batch.name, *LABELS)["imported"]
        == 4686
    )
    assert (
        command("import_ratings", folder / "judges.csv.gz", "--batch", batch.name, *VERDICTS)["imported"]
        == 4467
    )
    assert Rating.objects.filter(rater__kind="human").values("rater").distinct().count() == 4
    gpt4 = Rating.objects.get(item=first, rater__name="gpt-4")
    assert (gpt4.value, gpt4.rationale[:12]) == ("Yes", "Yes, the can")


def test_pandalm(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "pandalm_pairwise"
    batch = deliver(folder, PAIRS, tmp_path)
    assert batch.item_count == 999
    assert list(batch.items.first().payload["candidates"]) == ["a", "b"]
    assert batch.slice_fields == ["application", "pair"]
    assert (
        command("import_ratings", folder / "labels.csv.gz", "--batch", batch.name, *LABELS)["imported"]
        == 2997
    )
    assert (
        command("import_ratings", folder / "judges.csv.gz", "--batch", batch.name, *VERDICTS)["imported"]
        == 1998
    )
    assert Rating.objects.filter(value="garbage").count() == 25


def test_the_same_items_as_plain_and_as_gzip_are_two_files_of_equal_items(
    shared_data: Path, tmp_path: Path
) -> None:
    packed = shared_data / "openqa_nq301" / "items.jsonl.gz"
    (tmp_path / "plain.jsonl").write_bytes(gzip.decompress(packed.read_bytes()))
    (tmp_path / "mapping.yaml").write_text(QUESTIONS)
    both = [
        command(
            "import_items",
            path,
            "--collection",
            "Shared",
            "--batch",
            name,
            "--mapping",
            tmp_path / "mapping.yaml",
        )
        for path, name in ((packed, "packed"), (tmp_path / "plain.jsonl", "plain"))
    ]
    first, second = (Batch.objects.get(pk=result["batch_id"]) for result in both)
    fields = ("position", "external_id", "payload", "producer__name", "cluster", "slices")
    assert list(first.items.values_list(*fields)) == list(second.items.values_list(*fields))
