"""Opinions counted: the majority's label, how divided a vote is, and how often each rater is right."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditing.stats.agreement.coding import MISSING, encode, is_missing
from auditing.stats.arrays import BoolArray, FloatArray, IntArray
from auditing.stats.results import Result


@dataclass(frozen=True)
class MajorityVote(Result):
    """The label most opinions name, per item in order of first appearance.

    share: the winner's part of the item's opinions. tied: another label has as many; the first in order of
    `categories` was taken.
    """

    items: tuple[Hashable, ...]
    labels: tuple[Hashable, ...]
    share: FloatArray
    tied: BoolArray
    categories: tuple[Hashable, ...]
    n: IntArray


@dataclass(frozen=True)
class RaterAccuracy(Result):
    """How often each rater named the reference label; `overall` pools all opinions, not raters. n: opinions."""

    raters: tuple[Hashable, ...]
    accuracy: FloatArray
    n: IntArray
    overall: float


def majority_vote(
    item: Sequence[Hashable], label: Sequence[Any], categories: Sequence[Hashable] | None = None
) -> MajorityVote:
    """The majority's label per item; opinions come in two columns, None or NaN is none.

    categories: their order settles ties; by default numbers rise and anything else goes by its text. Raises
    ValueError for columns of different lengths or without an opinion.

    >>> majority_vote(["i", "i", "i", "j"], ["no", "yes", "yes", "no"]).labels
    ('yes', 'no')
    """
    coded = encode(list(label), categories)
    if len(item) != len(coded.codes) or not (coded.codes != MISSING).any():
        raise ValueError("item and label must be equally long and hold an opinion")
    given = [(name, code) for name, code in zip(item, coded.codes, strict=True) if code != MISSING]
    position = {name: place for place, name in enumerate(dict.fromkeys(name for name, _ in given))}
    counts = np.zeros((len(position), len(coded.categories)), dtype=np.int64)
    np.add.at(counts, ([position[name] for name, _ in given], [code for _, code in given]), 1)
    most = counts.max(axis=1)
    return MajorityVote(
        items=tuple(position),
        labels=tuple(coded.categories[winner] for winner in counts.argmax(axis=1)),
        share=most / counts.sum(axis=1),
        tied=(counts == most[:, None]).sum(axis=1) > 1,
        categories=coded.categories,
        n=counts.sum(axis=1),
    )


def rater_accuracy(
    item: Sequence[Hashable],
    rater: Sequence[Hashable],
    label: Sequence[Hashable],
    reference: Mapping[Any, Hashable],
) -> RaterAccuracy:
    """Share of each rater's opinions that equal the reference, over the items that have one.

    reference: item -> label (gold, rulings, or a `majority_vote`). Opinions on other items do not count, None and
    NaN are no opinion and no label; a rater without any other has accuracy NaN and n 0. Raises ValueError for
    columns of different lengths.
    """
    if not len(item) == len(rater) == len(label):
        raise ValueError(f"the columns differ in length: {len(item)}, {len(rater)} and {len(label)}")
    raters = tuple(dict.fromkeys(rater))
    position = {name: place for place, name in enumerate(raters)}
    right, n = np.zeros(len(raters)), np.zeros(len(raters), dtype=np.int64)
    for name, who, given in zip(item, rater, label, strict=True):
        if not (is_missing(given) or is_missing(reference.get(name))):
            n[position[who]] += 1
            right[position[who]] += given == reference[name]
    accuracy = np.divide(right, n, out=np.full(len(raters), np.nan), where=n > 0)
    return RaterAccuracy(raters, accuracy, n, float(right.sum() / n.sum()) if n.sum() else float("nan"))


def label_entropy(labels: Sequence[Any]) -> float:
    """How divided one item's opinions are: Shannon entropy in nats, 0 when all agree, ln(k) for an even split over k.

    None and NaN are no opinion. Raises ValueError without an opinion.

    >>> label_entropy(["yes", "yes", "yes"])
    0.0
    """
    coded = encode(list(labels))
    counts = np.bincount(coded.codes[coded.codes != MISSING])
    if counts.sum() == 0:
        raise ValueError("no opinion to count")
    shares = counts[counts > 0] / counts.sum()
    return float(max(0.0, -(shares * np.log(shares)).sum()))
