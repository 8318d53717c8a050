"""Near-duplicates within a batch: MinHash signatures in a banded index, built once, in the batch's order.

Broder, "On the resemblance and containment of documents" (1997). Of items that are alike the first stands,
and the later ones point to it. 64 hashes estimate a Jaccard similarity with a standard error of at most .06.
"""

import zlib
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from judges.contracts import Subject
from judges.programs.findings import Finding, NotThere
from judges.programs.reading import text_at, words

HASHES, BANDS = 64, 16  # rows a band: 4; a pair of similarity .8 shares a band with probability .9998
SHINGLE = 3  # words
FEWEST_WORDS = 4  # below, only equal texts are alike
_PRIME = np.uint64((1 << 31) - 1)
_GENERATOR = np.random.default_rng(20_240_229)
_FACTORS = _GENERATOR.integers(1, _PRIME, (HASHES, 1), dtype=np.uint64)
_SHIFTS = _GENERATOR.integers(0, _PRIME, (HASHES, 1), dtype=np.uint64)
Signature = npt.NDArray[np.uint32]


def signature(text: str) -> Signature:
    """The MinHash signature of a text's word triples."""
    found = words(text)
    if len(found) < FEWEST_WORDS:
        shingles = {" ".join(found)}
    else:
        shingles = {" ".join(found[start : start + SHINGLE]) for start in range(len(found) - SHINGLE + 1)}
    hashes = np.fromiter((zlib.crc32(shingle.encode()) for shingle in shingles), np.uint64, len(shingles))
    smallest: Signature = ((hashes % _PRIME * _FACTORS + _SHIFTS) % _PRIME).min(axis=1).astype(np.uint32)
    return smallest


@dataclass(slots=True)
class DuplicateIndex:
    """What has been seen of a batch: signatures of the items that stand, and who is like whom."""

    at_least: float
    _standing: list[tuple[str, Signature]] = attribute(default_factory=list)
    _bands: dict[tuple[int, bytes], list[int]] = attribute(default_factory=dict)
    likeness: dict[str, tuple[str, float]] = attribute(default_factory=dict)

    def add(self, item_id: str, text: str) -> None:
        """Take in the next item of the batch."""
        signed = signature(text)
        keys = [(band, signed[band::BANDS].tobytes()) for band in range(BANDS)]
        near = sorted({place for key in keys for place in self._bands.get(key, ())})
        for place in near:
            original, other = self._standing[place]
            similarity = float((signed == other).mean())
            if similarity >= self.at_least:
                self.likeness[item_id] = (original, similarity)
                return
        for key in keys:
            self._bands.setdefault(key, []).append(len(self._standing))
        self._standing.append((item_id, signed))


@dataclass(slots=True)
class NearDuplicate:
    """Holds where an earlier item of the batch has nearly the same text in this field.

    It must `see` the whole batch, in order, before it is asked.
    """

    name: ClassVar[str] = "near_duplicate"
    field: str = "output"
    at_least: float = 0.8
    _index: DuplicateIndex | None = attribute(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0.5 <= self.at_least <= 1:
            raise ValueError("near_duplicate: at_least must be from 0.5 to 1")

    def start(self) -> None:
        """Forget what was seen: another batch begins."""
        self._index = DuplicateIndex(self.at_least)

    def see(self, subject: Subject) -> None:
        """Take in the next item of the batch. Memory grows by some 3 kB for each that is like no other."""
        assert self._index is not None, "start first"
        try:
            self._index.add(subject.item_id, text_at(subject, self.field))
        except NotThere:
            return  # it can be like nothing

    def find(self, subject: Subject) -> Finding:
        if self._index is None:
            raise RuntimeError("near_duplicate was asked before it had seen the batch")
        try:
            text_at(subject, self.field)
        except NotThere as error:
            return Finding(None, str(error))
        original, likeness = self._index.likeness.get(subject.item_id, ("", 0.0))
        if not original:
            return Finding(False, f"no earlier item is like this one in {self.field}", 0.0)
        return Finding(True, f"{self.field} is like that of item {original} ({likeness:.0%})", likeness)

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, "field": self.field, "at_least": self.at_least}
