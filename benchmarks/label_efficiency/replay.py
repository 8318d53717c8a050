"""Replaying audits: a cold start on the whole set, or a batch whose earlier audits taught a proxy."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditing.stats.estimation import fit_proxy
from benchmarks.label_efficiency.measures import Replays, replays
from benchmarks.label_efficiency.methods import METHODS, Audit
from benchmarks.label_efficiency.worlds import World


@dataclass(frozen=True)
class Scenario:
    """n labels under audit, after `earlier` labels of other items of the set (0: a cold start)."""

    n: int
    earlier: int
    methods: tuple[str, ...] = tuple(METHODS)


def replay(world: World, scenario: Scenario, seed: Sequence[int], repetitions: int) -> dict[str, Replays]:
    """Every method of the scenario, `repetitions` times, on one batch with one set of earlier labels.

    With earlier labels, half of the clusters are earlier batches, of which `earlier` items drawn at random have been
    labelled; the other half is the batch under audit. Which half, and which labels, follow from the seed.
    """
    rng = np.random.default_rng(seed)
    batch, proxy = world, None
    if scenario.earlier:
        clusters = int(world.clusters.max()) + 1
        past = np.isin(world.clusters, rng.permutation(clusters)[: clusters // 2])
        labels = np.full(len(world.labels), np.nan)
        known = rng.permutation(np.flatnonzero(past))[: scenario.earlier]
        labels[known] = world.labels[known]
        learned = fit_proxy(world.features, labels, world.clusters.tolist())
        batch, proxy = world.part(~past), learned.part(np.flatnonzero(~past))
    found = {}
    for name in scenario.methods:
        estimates = np.empty((repetitions, 3))
        for repetition in range(repetitions):
            result = METHODS[name](Audit(batch, scenario.n, proxy, rng))
            estimates[repetition] = result.estimate, result.low, result.high
        found[name] = replays(batch, scenario.n, estimates)
    return found
