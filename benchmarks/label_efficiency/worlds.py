"""Public data sets as worlds: every item's human label is known, so an audit can be replayed and checked."""

import csv
import gzip
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.label_efficiency import answers

STRATA = 5
Table = dict[str, dict[str, float]]  # item -> judge -> score


@dataclass(frozen=True)
class World:
    """A batch of items. labels and best_judge have one entry per item, features a row; clusters say what belongs
    together, and never stand on both sides of earlier and present.
    """

    name: str
    labels: np.ndarray
    features: np.ndarray
    best_judge: np.ndarray
    clusters: np.ndarray

    def part(self, chosen: np.ndarray) -> "World":
        """The items at these positions."""
        return replace(
            self,
            labels=self.labels[chosen],
            features=self.features[chosen],
            best_judge=self.best_judge[chosen],
            clusters=self.clusters[chosen],
        )

    @cached_property
    def strata(self) -> list[str]:
        """Up to five groups of items by the best judge's score; unscored items are a group of their own."""
        cuts = np.unique(np.nanquantile(self.best_judge, np.arange(1, STRATA) / STRATA))
        codes = np.searchsorted(cuts, self.best_judge)
        return [
            "unscored" if gap else str(code)
            for gap, code in zip(np.isnan(self.best_judge), codes, strict=True)
        ]

    def with_noise(self, seed: int) -> "World":
        """The same labels with one judge whose scores have nothing to do with them."""
        noise = np.random.default_rng([seed, 7]).random(len(self.labels))
        return replace(self, name=f"{self.name}, noise", features=noise[:, None], best_judge=noise)


def evouna_tq(folder: Path) -> World:
    """Label: the answer is correct. Judges: three lexical ones. Clusters: questions."""
    items, judges = _items(folder), _verdicts(folder)
    labels = _labels(folder, "annotator")
    ids = sorted(labels)
    others = answers.agreement_among_systems({item: items[item] for item in ids}, judges)
    rows = [
        list(judges[item].values())
        + answers.text_features(items[item])
        + others[item]
        + _one_of(items[item]["meta"]["produced_by"], ("fid", "gpt35", "chatgpt", "gpt4", "newbing"))
        for item in ids
    ]
    best = [judges[item]["lexical:token_recall"] for item in ids]
    return _world("evouna_tq", ids, labels, rows, best, lambda item: items[item]["meta"]["question_id"])


def openqa_nq301(folder: Path) -> World:
    """Label: the adjudicated verdict. Judges: gpt-4, text-davinci-003, BEM with its probability. Clusters:
    questions.
    """
    items, judges = _items(folder), _verdicts(folder)
    labels = _labels(folder, "adjudicated")
    ids = sorted(labels)
    probability = {
        row["item_id"]: json.loads(row["rationale"])[0][1]
        for row in _rows(folder, "judges")
        if row["judge"] == "BEM" and row["rationale"]
    }
    rows = [
        [judges[item].get(judge, math.nan) for judge in ("gpt-4", "text-davinci-003", "BEM")]
        + [probability.get(item, math.nan), math.log1p(len(items[item]["meta"]["produced_by"]))]
        + answers.text_features(items[item])
        for item in ids
    ]
    best = [judges[item].get("gpt-4", math.nan) for item in ids]
    return _world("openqa_nq301", ids, labels, rows, best, lambda item: items[item]["meta"]["question_id"])


def pandalm_pairwise(folder: Path) -> World:
    """Label: a majority of the annotators prefers response 1 (a tie or no majority counts as not). Judges: two, whose
    unparseable answers are missing. Clusters: instructions.
    """
    items = _items(folder)
    votes = defaultdict(list)
    for row in _rows(folder, "labels"):
        votes[row["item_id"]].append(row["label"])
    labels = {item: float(given.count("1") * 2 > len(given)) for item, given in votes.items()}
    ids = sorted(labels)
    preference = {"1": 1.0, "2": -1.0, "0": 0.0, "Tie": 0.0}
    said: Table = defaultdict(dict)
    for row in _rows(folder, "judges"):
        said[row["item_id"]][row["judge"]] = preference.get(row["score"], math.nan)
    rows = []
    for item in ids:
        first, second = (len(str(items[item][key]).split()) for key in ("response1", "response2"))
        same = items[item]["response1"] == items[item]["response2"]
        rows.append(
            [*said[item].values(), math.log((1 + first) / (1 + second)), math.log1p(first), float(same)]
        )
    best = [said[item]["gpt-3.5-turbo"] for item in ids]
    return _world("pandalm_pairwise", ids, labels, rows, best, lambda item: items[item]["instruction"])


def hanna_stories(folder: Path) -> World:
    """Label: mean of three human ratings of a story's complexity, 1 to 5. Judges: 20 prompted models on that
    criterion and four text metrics. Clusters: prompts.
    """
    items, judges = _items(folder), _scores(folder, ("complexity", "(all)"))
    labels = _means(folder, lambda row: row["criterion"] == "complexity")
    ids = sorted(labels)
    names = sorted({judge for scores in judges.values() for judge in scores})
    systems = tuple(sorted({items[item]["meta"]["system"] for item in ids}))
    rows = [
        [judges[item].get(judge, math.nan) for judge in names]
        + _one_of(items[item]["meta"]["system"], systems)
        for item in ids
    ]
    best = [judges[item].get("Beluga-13B/prompt2", math.nan) for item in ids]
    return _world("hanna_stories", ids, labels, rows, best, lambda item: items[item]["meta"]["story_id"])


def esa_mqm_ende(folder: Path) -> World:
    """Label: mean score, 0 to 100, that the first ESA campaign gave a real translation. Judges: 17 metrics and
    models. Clusters: source segments.
    """
    items, judges = _items(folder), _scores(folder, ("quality",))
    real = {item for item, entry in items.items() if entry["kind"] == "real"}
    labels = _means(folder, lambda row: row["protocol"] == "ESA-1" and row["item_id"] in real)
    ids = sorted(labels)
    names = sorted({judge for scores in judges.values() for judge in scores} - {"RANDOM"})
    meta = {item: items[item]["meta"] for item in ids}
    systems, domains = (tuple(sorted({meta[item][key] for item in ids})) for key in ("system", "domain"))
    rows = [
        [judges[item].get(judge, math.nan) for judge in names]
        + _one_of(meta[item]["system"], systems)
        + _one_of(meta[item]["domain"], domains)
        + [math.log1p(len(items[item]["source"].split()))]
        for item in ids
    ]
    best = [judges[item].get("CometKiwi-XXL-src", math.nan) for item in ids]
    return _world("esa_mqm_ende", ids, labels, rows, best, lambda item: meta[item]["segment"])


SETS: dict[str, Callable[[Path], World]] = {
    found.__name__: found
    for found in (evouna_tq, openqa_nq301, pandalm_pairwise, hanna_stories, esa_mqm_ende)
}


def load(data: Path, name: str) -> World:
    """The world of this name from the folder that holds the data sets."""
    return SETS[name](data / name)


def _world(
    name: str, ids: list[str], labels: dict[str, float], rows: Any, best: Any, cluster: Callable[[str], Any]
) -> World:
    _, clusters = np.unique([str(cluster(item)) for item in ids], return_inverse=True)
    truth = np.array([labels[item] for item in ids])
    return World(name, truth, np.array(rows, dtype=float), np.array(best, dtype=float), clusters)


def _items(folder: Path) -> dict[str, Any]:
    with gzip.open(folder / "items.jsonl.gz", "rt", encoding="utf-8") as lines:
        return {entry["id"]: entry for entry in map(json.loads, lines)}


def _rows(folder: Path, file: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / f"{file}.csv.gz", "rt", newline="", encoding="utf-8") as lines:
        yield from csv.DictReader(lines)


def _number(value: str) -> float:
    return {"Yes": 1.0, "No": 0.0, "": math.nan}[value] if value in ("Yes", "No", "") else float(value)


def _labels(folder: Path, rater: str) -> dict[str, float]:
    return {
        row["item_id"]: _number(row["label"]) for row in _rows(folder, "labels") if row["rater_id"] == rater
    }


def _means(folder: Path, wanted: Callable[[dict[str, str]], bool]) -> dict[str, float]:
    given = defaultdict(list)
    for row in _rows(folder, "labels"):
        if row["label"] and wanted(row):
            given[row["item_id"]].append(float(row["label"]))
    return {item: sum(values) / len(values) for item, values in given.items()}


def _verdicts(folder: Path) -> Table:
    return _scores(folder, None)


def _scores(folder: Path, criteria: tuple[str, ...] | None) -> Table:
    found: Table = defaultdict(dict)
    for row in _rows(folder, "judges"):
        if criteria is None or row["criterion"] in criteria:
            found[row["item_id"]][row["judge"]] = _number(row["score"])
    return found


def _one_of(value: str, names: tuple[str, ...]) -> list[float]:
    return [float(value == name) for name in names]
