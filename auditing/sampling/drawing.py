"""Drawing an audit's sample: a pure function of the frame, the parameters and the seed.

The judge sample is drawn from the frame, the human sample from the judge sample, and of the human sample some
units get more than one opinion. Each step has its own stream of the seed, so that none moves another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from auditing.core.errors import BadInput
from auditing.stats import design

ALL = "all"
MINIMUM_PER_STRATUM = 2  # one unit says nothing about the spread within its stratum


class Stream(IntEnum):
    """Which step a stream of random numbers is for: SeedSequence([seed, step])."""

    JUDGE = 1
    HUMAN = 2
    OVERLAP = 3
    ORDER = 4


@dataclass(frozen=True)
class Parameters:
    """What the SOP asks of the draw. Size None: every item is judged, every judged item is in the human sample."""

    method: str
    by: str
    allocation: str
    judge_size: int | None
    human_size: int | None
    overlap: float
    opinions: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "by": self.by,
            "allocation": self.allocation,
            "judge": self.judge_size or ALL,
            "human": self.human_size or ALL,
            "overlap": self.overlap,
            "opinions": self.opinions,
            "minimum_per_stratum": MINIMUM_PER_STRATUM,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Parameters":
        """The parameters of a stored plan."""
        return cls(
            method=stored["method"],
            by=stored["by"],
            allocation=stored["allocation"],
            judge_size=None if stored["judge"] == ALL else stored["judge"],
            human_size=None if stored["human"] == ALL else stored["human"],
            overlap=stored["overlap"],
            opinions=stored["opinions"],
        )


@dataclass(frozen=True)
class Unit:
    """One drawn item: the chance it had, where it stands in the order of presentation, the opinions it gets."""

    external_id: str
    position: int
    stratum: str
    judge_probability: float
    human_probability: float
    opinions: int  # 0: judges only

    @property
    def is_human(self) -> bool:
        return self.opinions > 0


@dataclass(frozen=True)
class Sample:
    """The judge sample in order of presentation, with all that is needed to draw it again."""

    units: tuple[Unit, ...]
    strata: tuple[tuple[str, int, int, int], ...]  # name, size, drawn for judges, drawn for humans
    frame_hash: str
    generator: str

    @property
    def human_size(self) -> int:
        return sum(unit.is_human for unit in self.units)


def draw_units(ids: Sequence[str], strata: Sequence[str] | None, parameters: Parameters, seed: int) -> Sample:
    """Draw from `ids` (in any order; sorted by code point before drawing), `strata` one per id.

    The human probability of a unit is unconditional: that of entering the judge sample times that of being
    drawn from it. Raises BadInput when the sample cannot be drawn as asked.
    """
    stratum_of = dict(zip(ids, strata, strict=True)) if strata is not None else dict.fromkeys(ids, "")
    judge = _draw(ids, stratum_of, parameters, parameters.judge_size or len(ids), seed, Stream.JUDGE)
    judged = [str(unit) for unit in judge.ids]
    judge_probability = dict(zip(judged, judge.probabilities, strict=True))
    human = _draw(
        list(judge_probability),
        stratum_of,
        parameters,
        parameters.human_size or len(judged),
        seed,
        Stream.HUMAN,
    )
    reach = dict(zip(judged, human.all_probabilities, strict=True))
    opinions = _opinions([str(unit) for unit in human.ids], parameters, seed)
    units = tuple(
        Unit(
            external_id=unit,
            position=position,
            stratum=stratum_of[unit],
            judge_probability=float(judge_probability[unit]),
            human_probability=float(judge_probability[unit] * reach[unit]),
            opinions=opinions.get(unit, 0),
        )
        for position, unit in enumerate(_shuffled(judged, seed), start=1)
    )
    return Sample(units, _tally(stratum_of, units), judge.frame_hash, judge.generator)


def _draw(
    ids: Sequence[str],
    stratum_of: Mapping[str, str],
    parameters: Parameters,
    size: int,
    seed: int,
    stream: Stream,
) -> design.Draw:
    stratified = parameters.method == "stratified"
    try:
        return design.draw(
            ids,
            size,
            "stratified" if stratified else "simple",
            (seed, int(stream)),
            strata=[stratum_of[unit] for unit in ids] if stratified else None,
            allocation="equal" if parameters.allocation == "equal" else "proportional",
            minimum_per_stratum=MINIMUM_PER_STRATUM,
        )
    except ValueError as error:
        raise BadInput(f"The sample cannot be drawn: {error}.", field="sampling") from error


def _generator(seed: int, stream: Stream) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, int(stream)))))


def _opinions(human: list[str], parameters: Parameters, seed: int) -> dict[str, int]:
    """One opinion for each human unit, `parameters.opinions` for a random share of them."""
    shared = round(parameters.overlap * len(human))
    chosen = _generator(seed, Stream.OVERLAP).permutation(len(human))[:shared]
    opinions = dict.fromkeys(human, 1)
    for index in chosen:
        opinions[human[index]] = max(parameters.opinions, 1)
    return opinions


def _shuffled(units: list[str], seed: int) -> list[str]:
    return [units[index] for index in _generator(seed, Stream.ORDER).permutation(len(units))]


def _tally(stratum_of: Mapping[str, str], units: Sequence[Unit]) -> tuple[tuple[str, int, int, int], ...]:
    sizes = Counter(stratum_of.values())
    judged = Counter(unit.stratum for unit in units)
    reviewed = Counter(unit.stratum for unit in units if unit.is_human)
    return tuple((name, sizes[name], judged[name], reviewed[name]) for name in sorted(sizes))
