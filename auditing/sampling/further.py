"""Further waves of a human sample: drawn among the items that no earlier wave drew, each from a stream of its own.

How large such a wave is may go by what earlier labels said. So each keeps the chance that its units had within it,
and a weight that is fixed before one of its labels is seen.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from auditing.core.errors import BadInput
from auditing.sampling.drawing import Guide, Parameters, Stream, Unit, draw_opinions, draw_within
from auditing.stats.design import anticipated_variance

METHODS = ("simple", "stratified")  # whose waves can be combined


def with_further_waves(
    units: Sequence[Unit], parameters: Parameters, seed: int, guide: Guide
) -> tuple[Unit, ...]:
    """The units with every further wave of the parameters drawn, one after the other; unchanged without any."""
    if not parameters.further:
        return tuple(units)
    grown = tuple(replace(unit, wave_probability=_first_chance(unit)) for unit in units)
    for wave, size in enumerate(parameters.further, start=2):
        grown = _with_wave(grown, replace(parameters, human_size=size), seed, guide, wave)
    return grown


def _first_chance(unit: Unit) -> float | None:
    return unit.human_probability if unit.is_human else None


def _with_wave(
    units: Sequence[Unit], parameters: Parameters, seed: int, guide: Guide, wave: int
) -> tuple[Unit, ...]:
    left = sorted((unit for unit in units if not unit.is_human), key=lambda unit: unit.external_id)
    if len({unit.stratum for unit in left}) > (parameters.human_size or 0):
        raise BadInput("A further wave needs an item of every stratum that has any left.", field="size")
    drawn = draw_within(left, parameters, (seed, int(Stream.HUMAN), wave), guide)
    opinions = draw_opinions([str(name) for name in drawn.ids], parameters, seed, wave)
    rest = _not_drawn(units)
    taken = Counter(unit.stratum for unit in left if unit.external_id in opinions)
    grown = [
        replace(
            unit,
            opinions=opinions[unit.external_id],
            wave=wave,
            wave_probability=taken[unit.stratum] / rest[unit.stratum],
        )
        if unit.external_id in opinions
        else unit
        for unit in units
    ]
    return _with_chance_in_all(grown)


def _with_chance_in_all(units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Each with the share of its stratum that all waves have drawn."""
    sizes, drawn = _sizes(units), Counter(unit.stratum for unit in units if unit.is_human)
    return tuple(replace(unit, human_probability=drawn[unit.stratum] / sizes[unit.stratum]) for unit in units)


def _sizes(units: Sequence[Unit]) -> dict[str, int]:
    """Items per stratum of the batch, those that are not judged with them."""
    judged = Counter(unit.stratum for unit in units)
    chance = {unit.stratum: unit.judge_probability for unit in units}
    return {name: round(number / chance[name]) for name, number in judged.items()}


def _not_drawn(units: Sequence[Unit]) -> dict[str, int]:
    drawn = Counter(unit.stratum for unit in units if unit.is_human)
    return {name: size - drawn[name] for name, size in _sizes(units).items()}


def wave_weights(units: Sequence[Unit]) -> list[float | None]:
    """The weight of each wave in an estimate: 1 over the variance to be expected, were all items alike.

    It rests on how many were drawn of how many, and on no label. None for a wave that took all that was left: what it
    says is certain.
    """
    return [_weight(units, wave) for wave in range(1, max(unit.wave for unit in units) + 1)]


def _weight(units: Sequence[Unit], wave: int) -> float | None:
    before = [replace(unit, opinions=0) if unit.wave >= wave else unit for unit in units]
    rest, whole = _not_drawn(before), sum(_sizes(units).values())
    drawn = Counter(unit.stratum for unit in units if unit.is_human and unit.wave == wave)
    left = [name for name, size in rest.items() if size and drawn[name]]
    chances = np.repeat([drawn[name] / rest[name] for name in left], [rest[name] for name in left])
    variance = anticipated_variance(np.ones(len(chances)), chances) * (len(chances) / whole) ** 2
    return 1 / variance if variance > 0 else None
