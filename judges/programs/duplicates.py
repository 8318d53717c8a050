"""Near-duplicates within a batch: MinHash signatures, banded, compared once, in the batch's order.

Broder, "On the resemblance and containment of documents" (1997). Of items that are alike the first stands,
and the later ones point to an earlier. 64 hashes estimate a Jaccard similarity with a standard error of at most .06.
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
COMPARED = 3  # of those that share a band
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


def likenesses(signatures: npt.NDArray[np.uint32], at_least: float) -> dict[int, tuple[int, float]]:
    """Row -> (an earlier row that is like it, their similarity), for the rows that have one.

    Rows that share a band are candidates; each is compared with the first `COMPARED` of those.
    """
    found: dict[int, tuple[int, float]] = {}
    for band in range(BANDS):
        rows, starts = _grouped(signatures[:, band::BANDS])
        for rank in range(COMPARED):
            place = np.flatnonzero(starts + rank < np.arange(len(rows)))
            later, earlier = rows[place], rows[starts[place] + rank]
            similarity = (signatures[later] == signatures[earlier]).mean(axis=1)
            for one in np.flatnonzero(similarity >= at_least):
                pair = (int(earlier[one]), float(similarity[one]))
                if pair[0] < found.get(int(later[one]), (len(rows), 0.0))[0]:
                    found[int(later[one])] = pair
    return found


def _grouped(band: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows ordered so that equal ones stand together, the earliest first; and for each where its group starts."""
    rows = np.lexsort(band.T)
    ordered = band[rows]
    is_first = np.ones(len(rows), dtype=bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return rows, np.maximum.accumulate(np.where(is_first, np.arange(len(rows)), 0))


@dataclass(slots=True)
class NearDuplicate:
    """Holds where an earlier item of the batch has nearly the same text in this field.

    It must `see` the whole batch, in order, and `compare`, before it is asked.
    """

    name: ClassVar[str] = "near_duplicate"
    field: str = "output"
    at_least: float = 0.8
    _items: list[str] = attribute(default_factory=list, init=False, repr=False, compare=False)
    _signed: bytearray = attribute(default_factory=bytearray, init=False, repr=False, compare=False)
    _likeness: dict[str, tuple[str, float]] | None = attribute(
        default=None, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if not 0.5 <= self.at_least <= 1:
            raise ValueError("near_duplicate: at_least must be from 0.5 to 1")

    def see(self, subject: Subject) -> None:
        """Take in the next item of the batch: 256 bytes and its id, until `compare`."""
        try:
            text = text_at(subject, self.field)
        except NotThere:
            return  # it can be like nothing
        self._items.append(subject.item_id)
        self._signed += signature(text).tobytes()

    def compare(self) -> None:
        """The batch is complete: find what is alike, and forget the rest."""
        signatures = np.frombuffer(bytes(self._signed), np.uint32).reshape(-1, HASHES)
        self._likeness = {
            self._items[later]: (self._items[earlier], similarity)
            for later, (earlier, similarity) in likenesses(signatures, self.at_least).items()
        }
        self._items, self._signed = [], bytearray()

    def find(self, subject: Subject) -> Finding:
        if self._likeness is None:
            raise RuntimeError("near_duplicate was asked before it had seen the batch")
        try:
            text_at(subject, self.field)
        except NotThere as error:
            return Finding(None, str(error))
        original, likeness = self._likeness.get(subject.item_id, ("", 0.0))
        if not original:
            return Finding(False, f"no earlier item is like this one in {self.field}", 0.0)
        return Finding(True, f"{self.field} is like that of item {original} ({likeness:.0%})", likeness)

    def to_dict(self) -> dict[str, Any]:
        return {"check": self.name, "field": self.field, "at_least": self.at_least}
