"""Drawing an audit's sample: a pure function of the frame, the parameters, the guide and the seed.

The judge sample is drawn from the frame, the human sample from the judge sample, and of the human sample some
units get more than one opinion. Each step has its own stream of the seed, so that none moves another. The human
sample may be drawn later than the judges', by what they said.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

from auditing.core.errors import BadInput
from auditing.sops.sampling import AFTER_JUDGES, MINIMUM_PER_STRATUM
from auditing.stats import design
from auditing.stats.allocation import Allocation

ALL = "all"
STRATIFIED = ("stratified", "two-phase")
BY_SIZE = ("pps", "active")


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
    minimum: int = MINIMUM_PER_STRATUM
    strata: int = 0
    tau: float = 0.0
    waves: tuple[int, ...] = ()  # humans added later, wave by wave, along the order of the first draw
    further: tuple[int, ...] = ()  # or drawn anew among those left, wave by wave: see `sampling.further`

    @property
    def waits_for_judges(self) -> bool:
        return self.method in AFTER_JUDGES

    @property
    def strata_by(self) -> str:
        """The field whose values are the strata of the frame; empty where there are none."""
        return self.by if self.method == "stratified" else ""

    @property
    def size_by(self) -> str:
        """The field that says how large a unit is; empty where none does."""
        return self.by if self.method == "pps" else ""

    def with_humans(self, size: int) -> "Parameters":
        """The same draw with so large a human sample; the judge sample holds it."""
        judges = self.judge_size and max(self.judge_size, size)
        return replace(self, human_size=size, judge_size=judges)

    def to_dict(self) -> dict[str, Any]:
        own: dict[str, dict[str, Any]] = {"two-phase": {"strata": self.strata}, "active": {"tau": self.tau}}
        return {
            "method": self.method,
            "by": self.by,
            "allocation": self.allocation,
            "judge": self.judge_size or ALL,
            "human": self.human_size or ALL,
            "overlap": self.overlap,
            "opinions": self.opinions,
            "minimum_per_stratum": self.minimum,
            **own.get(self.method, {}),
            **({"waves": list(self.waves)} if self.waves else {}),
            **({"further": list(self.further)} if self.further else {}),
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
            minimum=stored["minimum_per_stratum"],
            strata=stored.get("strata", 0),
            tau=stored.get("tau", 0.0),
            waves=tuple(stored.get("waves", ())),
            further=tuple(stored.get("further", ())),
        )


@dataclass(frozen=True)
class Guide:
    """What a draw goes by besides the frame; by external id, but for `spreads`, by stratum.

    strata, sizes, predictions: of the judged items, where judges or earlier audits tell them apart (`sizes`
    also those of the frame, for chances that grow with a field). spreads: expected standard deviation of the
    label per stratum, for Neyman's allocation; a stratum that is missing counts as the widest. human_size: what an
    acceptance plan's tables ask for, None as the SOP says. facts: where all
    this comes from, kept with the plan.
    """

    strata: Mapping[str, str] = field(default_factory=dict)
    sizes: Mapping[str, float] = field(default_factory=dict)
    predictions: Mapping[str, float] = field(default_factory=dict)
    spreads: Mapping[str, float] = field(default_factory=dict)
    human_size: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


NO_GUIDE = Guide()


@dataclass(frozen=True)
class Unit:
    """One drawn item: the chance it had, where it stands in the order of presentation, the opinions it gets.

    human_probability is None as long as the human sample is not drawn.
    """

    external_id: str
    position: int
    stratum: str
    judge_probability: float
    human_probability: float | None = None
    opinions: int = 0  # 0: judges only
    size: float | None = None
    prediction: float | None = None
    wave: int = 1  # of the human sample
    wave_probability: float | None = None  # within its wave, where further waves were drawn

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


def draw_units(
    ids: Sequence[str],
    strata: Sequence[str] | None,
    parameters: Parameters,
    seed: int,
    guide: Guide = NO_GUIDE,
) -> Sample:
    """Draw from `ids` (in any order; sorted by code point before drawing), `strata` one per id.

    The human probability of a unit is unconditional: that of entering the judge sample times that of being
    drawn from it. Where the human sample waits for the judges it is not drawn yet. Raises BadInput when the
    sample cannot be drawn as asked.
    """
    stratum_of = dict(zip(ids, strata, strict=True)) if strata is not None else dict.fromkeys(ids, "")
    judge = _draw_judges(ids, stratum_of, parameters, seed)
    probability = dict(zip(map(str, judge.ids), judge.probabilities.tolist(), strict=True))
    units = tuple(
        Unit(name, position, stratum_of[name], probability[name], size=guide.sizes.get(name))
        for position, name in enumerate(_shuffled(list(probability), seed), start=1)
    )
    if not parameters.waits_for_judges:
        units = draw_humans(units, parameters, seed, guide)
    return Sample(units, tally(stratum_of, units), judge.frame_hash, judge.generator)


def draw_humans(
    units: Sequence[Unit], parameters: Parameters, seed: int, guide: Guide = NO_GUIDE
) -> tuple[Unit, ...]:
    """The judge sample with the human sample drawn inside it, in all its waves, by the units' strata and sizes,
    and by the guide's where it has them.
    """
    known = [
        replace(
            unit,
            stratum=guide.strata.get(unit.external_id, unit.stratum),
            size=guide.sizes.get(unit.external_id, unit.size),
            prediction=guide.predictions.get(unit.external_id, unit.prediction),
        )
        for unit in units
    ]
    known.sort(key=lambda unit: unit.external_id)
    seeds = (seed, int(Stream.HUMAN))
    human = draw_within(known, parameters, seeds, guide)
    wave_of = dict.fromkeys(map(str, human.ids), 1)
    opinions = draw_opinions(list(wave_of), parameters, seed, 1)
    for wave, size in enumerate(_sizes_with_waves(parameters), start=2):
        human = draw_within(known, replace(parameters, human_size=size), seeds, guide)
        new = [str(name) for name in human.ids if name not in wave_of]
        wave_of |= dict.fromkeys(new, wave)
        opinions |= draw_opinions(new, parameters, seed, wave)
    reach = dict(zip([unit.external_id for unit in known], human.all_probabilities.tolist(), strict=True))
    drawn = (
        replace(
            unit,
            human_probability=unit.judge_probability * reach[unit.external_id],
            opinions=opinions.get(unit.external_id, 0),
            wave=wave_of.get(unit.external_id, 1),
        )
        for unit in known
    )
    return tuple(sorted(drawn, key=lambda unit: unit.position))


def _sizes_with_waves(parameters: Parameters) -> list[int]:
    """The size of the human sample after each further wave: a larger simple draw of one seed holds the smaller."""
    first = parameters.human_size or 0
    return [first + sum(parameters.waves[: count + 1]) for count in range(len(parameters.waves))]


def tally(stratum_of: Mapping[str, str], units: Sequence[Unit]) -> tuple[tuple[str, int, int, int], ...]:
    """Of each stratum: name, size, drawn for judges, drawn for humans."""
    sizes = Counter(stratum_of.values())
    judged = Counter(unit.stratum for unit in units)
    reviewed = Counter(unit.stratum for unit in units if unit.is_human)
    return tuple((name, sizes[name], judged[name], reviewed[name]) for name in sorted(sizes))


def _draw_judges(
    ids: Sequence[str], stratum_of: Mapping[str, str], parameters: Parameters, seed: int
) -> design.Draw:
    """Strata and systematic order hold for judges too; sizes and scores guide the human sample alone."""
    method = parameters.method if parameters.method in ("stratified", "systematic") else "simple"
    allocation = "equal" if parameters.allocation == "equal" else "proportional"
    with _complaints():
        return design.draw(
            ids,
            parameters.judge_size or len(ids),
            method,  # type: ignore[arg-type]  # one of three
            (seed, int(Stream.JUDGE)),
            strata=[stratum_of[unit] for unit in ids] if method == "stratified" else None,
            allocation=allocation,  # type: ignore[arg-type]  # one of two
            minimum_per_stratum=parameters.minimum,
        )


def draw_within(
    units: list[Unit], parameters: Parameters, seeds: tuple[int, ...], guide: Guide
) -> design.Draw:
    """Humans' from units in the order of their ids, so that sums over them never depend on a database."""
    size, ids = parameters.human_size or len(units), [unit.external_id for unit in units]
    strata = [unit.stratum for unit in units] if parameters.method in STRATIFIED else None
    allocation, spreads = _allocation(parameters, guide, strata)
    with _complaints():
        return design.draw(
            ids,
            size,
            _method(parameters),
            seeds,
            strata=strata,
            allocation=allocation,
            minimum_per_stratum=parameters.minimum,
            spreads=spreads,
            sizes=_sizes(units, parameters) if parameters.method in BY_SIZE else None,
        )


def _method(parameters: Parameters) -> design.DrawMethod:
    if parameters.method in STRATIFIED:
        return "stratified"
    if parameters.method in BY_SIZE:
        return "pps"
    return "systematic" if parameters.method == "systematic" else "simple"


def _allocation(
    parameters: Parameters, guide: Guide, strata: list[str] | None
) -> tuple[Allocation, dict[Any, float] | None]:
    """Neyman's needs to know how labels spread; where nothing is known it is proportional."""
    if parameters.allocation == "neyman" and guide.spreads and strata:
        widest = max(guide.spreads.values())
        return "neyman", {name: guide.spreads.get(name, widest) for name in set(strata)}
    return ("equal" if parameters.allocation == "equal" else "proportional"), None


def _sizes(units: list[Unit], parameters: Parameters) -> list[float]:
    """What the chances grow with; the same for all where nothing is known of any."""
    sizes = [unit.size for unit in units]
    known = [size for size in sizes if size is not None]
    if not known:
        return [1.0] * len(units)
    if len(known) < len(sizes):
        lacking = next(unit for unit in units if unit.size is None)
        raise BadInput(f"item {lacking.external_id} has no size to be drawn by", field="sampling.by")
    if parameters.method == "active":
        return [float(size) for size in design.mixed_with_uniform(known, parameters.tau)]
    return known


@contextmanager
def _complaints() -> Iterator[None]:
    """What the design refuses, as a complaint about the SOP's sampling."""
    try:
        yield
    except ValueError as error:
        raise BadInput(f"The sample cannot be drawn: {error}.", field="sampling") from error


def _generator(*seeds: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seeds)))


def draw_opinions(human: list[str], parameters: Parameters, seed: int, wave: int) -> dict[str, int]:
    """One opinion for each human unit of a wave, `parameters.opinions` for a random share of them."""
    shared = round(parameters.overlap * len(human))
    seeds = (seed, int(Stream.OVERLAP)) if wave == 1 else (seed, int(Stream.OVERLAP), wave)
    chosen = _generator(*seeds).permutation(len(human))[:shared]
    opinions = dict.fromkeys(human, 1)
    for index in chosen:
        opinions[human[index]] = max(parameters.opinions, 1)
    return opinions


def _shuffled(units: list[str], seed: int) -> list[str]:
    return [units[index] for index in _generator(seed, int(Stream.ORDER)).permutation(len(units))]
