"""The public data sets, as the platform takes them in, with what models once said of their items."""

import base64
import csv
import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.replay import Record, Recorded

Payload = dict[str, Any]
READERS = (("sighted", "overall.after_image"), ("blind_or_low_vision", "overall.before_image"))


@dataclass(frozen=True)
class DataSet:
    """Items by id, the reference label of each by id, and the rubric; `record` holds verdicts to replay."""

    name: str
    rubric: dict[str, Any]
    items: dict[str, Payload]
    labels: dict[str, str]
    clusters: dict[str, str]
    record: Record

    @property
    def criterion(self) -> str:
        return str(self.rubric["criteria"][0]["key"])


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a gzipped JSONL or CSV file."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from (map(json.loads, lines) if ".jsonl" in path.name else csv.DictReader(lines))


def rubric(name: str, key: str, question: str, scale: dict[str, Any]) -> dict[str, Any]:
    return {"rubric": name, "criteria": [{"key": key, "question": question, "scale": scale}]}


def answers(folder: Path, most: int | None) -> DataSet:
    """openqa_nq301: answers to open questions, adjudicated; three recorded judges, BEM with its probability."""
    source = folder / "openqa_nq301"
    items, clusters, record = {}, {}, Record()
    for row in list(rows_of(source / "items.jsonl.gz"))[:most]:
        items[row["id"]] = {
            "input": row["question"],
            "output": row["answer"],
            "reference": row["gold_answers"],
        }
        clusters[row["id"]] = row["meta"]["question_id"]
    labels = {
        row["item_id"]: row["label"].casefold()
        for row in rows_of(source / "labels.csv.gz")
        if row["rater_id"] == "adjudicated" and row["item_id"] in items
    }
    for row in rows_of(source / "judges.csv.gz"):
        if row["item_id"] in items:
            record.add(row["judge"], items[row["item_id"]], "acceptable", _answer(row))
    asked = rubric(
        "open-answers",
        "acceptable",
        "Is the answer acceptable, given the gold answers?",
        {"type": "binary", "good": "yes"},
    )
    return DataSet("openqa_nq301", asked, items, labels, clusters, record)


def half_of(data: DataSet, place: int) -> DataSet:
    """Every other cluster of a data set, from the first (0) or the second (1): no cluster is in both halves."""
    chosen = set(sorted(set(data.clusters.values()))[place::2])
    items = {key: payload for key, payload in data.items.items() if data.clusters[key] in chosen}
    labels = {key: label for key, label in data.labels.items() if key in items}
    clusters = {key: data.clusters[key] for key in items}
    return replace(data, name=f"{data.name}_{place + 1}", items=items, labels=labels, clusters=clusters)


def _answer(row: dict[str, str]) -> Recorded:
    value = row["score"].casefold()
    if row["judge"] != "BEM":
        return Recorded(value, row["rationale"])
    # for each gold answer, BEM's probabilities that the answer is not, and is, equivalent to it
    passes = max(equivalent for _, equivalent in json.loads(row["rationale"]))
    probability = passes if value == "yes" else 1 - passes
    return Recorded(value, "", min(max(probability, 1e-6), 1 - 1e-6))


def pairs(folder: Path, most: int | None) -> DataSet:
    """llmbar_pairwise: which output follows the instruction; each model asked in both orders."""
    source = folder / "llmbar_pairwise"
    items, record = {}, Record()
    for row in list(rows_of(source / "items.jsonl.gz"))[:most]:
        items[row["id"]] = {
            "input": row["instruction"],
            "candidates": {"a": row["output_1"], "b": row["output_2"]},
        }
    labels = {
        row["item_id"]: {"1": "a", "2": "b"}[row["label"]]
        for row in rows_of(source / "labels.csv.gz")
        if row["item_id"] in items
    }
    for row in rows_of(source / "judges.csv.gz"):
        if row["item_id"] in items and row["order"]:
            payload, said = _ordered(items[row["item_id"]], row)
            record.add(row["judge"], payload, "preferred", said)
    asked = rubric(
        "which-follows",
        "preferred",
        "Which output follows the instruction better?",
        {"type": "preference", "options": ["a", "b", "tie"]},
    )
    return DataSet("llmbar_pairwise", asked, items, labels, {}, record)


def _ordered(payload: Payload, row: dict[str, str]) -> tuple[Payload, Recorded]:
    """The pair as it was shown, and the side that won there; scores are recorded in the original numbering."""
    value = {"1": "a", "2": "b"}.get(row["score"], row["score"])
    if row["order"] == "original":
        return payload, Recorded(value, row["rationale"])
    shown = payload["candidates"]
    turned = {**payload, "candidates": {"a": shown["b"], "b": shown["a"]}}
    return turned, Recorded({"a": "b", "b": "a"}.get(value, value), row["rationale"])


def pictures(folder: Path, most: int | None) -> DataSet:
    """image_descriptions: how good a description is, judged with the picture in view.

    No language model's verdicts are recorded here, so the readers with low or no vision stand in for one: `blv-readers`
    says their rounded mean, the reference is that of the sighted. What the row shows is that pictures travel.
    """
    source = folder / "image_descriptions"
    ratings: dict[tuple[str, str], list[float]] = defaultdict(list)
    for row in rows_of(source / "labels.csv.gz"):
        if (row["rater_group"], row["criterion"]) in READERS and row["label"]:
            ratings[row["rater_group"], row["item_id"]].append(float(row["label"]))
    items, labels, record = {}, {}, Record()
    for row in rows_of(source / "items.jsonl.gz"):
        sighted, others = (_rounded(ratings[group, row["id"]]) for group, _ in READERS)
        if sighted and others and (most is None or len(items) < most):
            payload = _picture(source, row)
            items[row["id"]], labels[row["id"]] = payload, sighted
            record.add("blv-readers", payload, "overall", Recorded(int(others)))
    levels = [{"value": value} for value in range(1, 6)]
    asked = rubric(
        "descriptions",
        "overall",
        "How good is the description for somebody who cannot see the picture?",
        {"type": "ordinal", "levels": levels},
    )
    return DataSet("image_descriptions", asked, items, labels, {}, record)


def _rounded(given: list[float]) -> str:
    """The mean as a level of the scale; empty where nobody spoke."""
    return str(int(mean(given) + 0.5)) if given else ""


def _picture(source: Path, row: dict[str, Any]) -> Payload:
    content = base64.b64encode((source / row["image"]).read_bytes()).decode()
    context = f"{row['article_title']}: {row['article_text']}"
    image = f"data:image/jpeg;base64,{content}"
    return {"input": context, "output": row["description"], "images": [image]}


def products(folder: Path, most: int | None) -> DataSet:
    """product_pairs, every second pair: do two records of a catalogue describe one product? No model was asked."""
    return _products("product_pairs", folder, most, first=1)


def products_to_learn_from(folder: Path, most: int | None) -> DataSet:
    """The other half of product_pairs."""
    return _products("product_pairs_learnt", folder, most, first=0)


def _products(name: str, folder: Path, most: int | None, *, first: int) -> DataSet:
    source = folder / "product_pairs"
    items = {
        row["id"]: {"input": row["left"], "output": row["right"]}
        for row in list(rows_of(source / "items.jsonl.gz"))[first::2][:most]
    }
    labels = {
        row["item_id"]: {"1": "yes", "0": "no"}[row["label"]]
        for row in rows_of(source / "labels.csv.gz")
        if row["item_id"] in items
    }
    asked = rubric(
        "same-product",
        "same_product",
        "Do both records describe the same product?",
        {"type": "binary", "good": "yes"},
    )
    return DataSet(name, asked, items, labels, {}, Record())
