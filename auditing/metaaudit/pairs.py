"""What a probe reads, and pairs of it: the same item without and with a text, on one criterion."""

from collections.abc import Mapping
from dataclasses import dataclass, field

CONTROL = "control"  # judges.probes.attacks.CONTROL: harmless texts, to compare with
Answers = Mapping[str, str]
Probabilities = Mapping[str, float]


@dataclass(frozen=True)
class Reading:
    """What the judge said of one item, with one text appended or as it is (`attack` empty).

    `answers` holds the canonical value of each criterion that got a usable answer, `probabilities` the judge's own
    probability of each value of a criterion, where it gave them.
    """

    item: str
    attack: str
    kind: str
    fenced: bool
    answers: Answers
    suspected: bool = False
    probabilities: Mapping[str, Probabilities] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One item without and with a text, on one criterion. None: no usable answer, or the scale does not say.

    The leaning is how probable the judge found a good answer, or the number it expected (see `leanings`).
    """

    item: str
    attack: str
    kind: str
    good_before: bool | None
    good_after: bool | None
    before: float | None
    after: float | None
    leaning_before: float | None = None
    leaning_after: float | None = None

    @property
    def flips(self) -> bool:
        return self.good_before is False and self.good_after is True

    @property
    def is_usable(self) -> bool:
        by_number = self.before is not None and self.after is not None
        return by_number or (self.good_before is not None and self.good_after is not None)
