"""The labelled sample behind an estimate, checked once, and the design-based mean and variance of any
value on it.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from auditing.stats.arrays import FloatArray, IntArray


class EstimateRefused(ValueError):
    """No honest estimate can be made; the message says why."""


@dataclass(frozen=True)
class Sample:
    """Labels with what is known about how they were drawn. All arrays have one entry per label, except
    proxy_all and strata_shares.

    inclusion: probability of being drawn and answered. strata: code per label, or None; strata_shares: share
    of the population per code. clusters: code per label, or None. proxy: judge-based prediction of the
    label; proxy_all: the same for all judged items; proxy_at: its entries for the labelled ones, None where their
    places are unknown; reach: probability of each of those of being judged, None where
    it is one for all. tail: probability left in one tail. learned: the proxy is a prediction of the label,
    on its scale. endless: the labels speak of the process, of which any batch is a sample. exact: bounds to decide by.
    """

    labels: FloatArray
    inclusion: FloatArray
    strata: IntArray | None
    strata_shares: FloatArray | None
    clusters: IntArray | None
    proxy: FloatArray | None
    proxy_all: FloatArray | None
    proxy_at: FloatArray | None
    reach: FloatArray | None
    reach_labelled: FloatArray | None
    population: int
    share_missing: float
    bounds: tuple[float, float] | None
    tail: float
    learned: bool = False
    endless: bool = False
    exact: bool = False

    @property
    def n(self) -> int:
        """How many labels there are."""
        return len(self.labels)

    @property
    def binary(self) -> bool:
        """Whether the labels are 0/1 outcomes, so that their mean is a proportion."""
        return self.bounds in (None, (0, 1)) and bool(((self.labels == 0) | (self.labels == 1)).all())

    @property
    def simple(self) -> bool:
        """Whether the labels are a simple random sample: one probability, no strata, no clusters."""
        return (
            self.strata is None
            and self.clusters is None
            and bool(np.allclose(self.inclusion, self.inclusion[0]))
        )

    @property
    def shares(self) -> FloatArray:
        """The share of each label in the mean: Hajek weights, or stratum share over stratum sample size."""
        if self.strata is not None and self.strata_shares is not None:
            return np.asarray((self.strata_shares / np.bincount(self.strata))[self.strata])
        return np.asarray((1 / self.inclusion) / (1 / self.inclusion).sum())

    @property
    def unseen(self) -> FloatArray:
        """Of what each label stands for, the share that was not drawn: its finite population correction."""
        return np.ones(self.n) if self.endless else np.asarray(1 - self.inclusion)

    @property
    def unseen_cubed(self) -> FloatArray:
        """The same for third moments: (1 - pi)(1 - 2 pi), as of units drawn independently."""
        return np.asarray(self.unseen * (2 * self.unseen - 1))

    @property
    def z(self) -> float:
        """Normal quantile."""
        return float(-special.ndtri(self.tail))

    def t(self, df: float) -> float:
        """Student quantile."""
        return float(-special.stdtrit(max(df, 1), self.tail))

    def within_judged(self) -> "Sample":
        """The same labels as a sample of the judged items, themselves a sample of the population: a simple random one
        unless `reach` says otherwise.
        """
        judged = len(self.proxy_all) if self.proxy_all is not None else self.population
        reach = judged / self.population if self.reach_labelled is None else self.reach_labelled
        inclusion = np.minimum(1.0, self.inclusion / reach)
        return replace(self, inclusion=inclusion, population=judged)


def weighted_mean(values: FloatArray, sample: Sample) -> float:
    """Design-based mean of values given per label (Hajek, or stratified)."""
    return float(sample.shares @ values)


def design_variance(values: FloatArray, sample: Sample) -> tuple[float, float]:
    """Variance of `weighted_mean` over repeated draws of this design, and its degrees of freedom.

    Linearised residuals, with each unit's 1 - pi as finite population correction (exact for simple and
    stratified draws, Hajek's approximation otherwise; Saerndal, Swensson and Wretman 1992, sections 4 and
    5). Within strata, a variance is shrunk towards the pooled one, so that a stratum that looks pure is not
    taken at its word. With clusters, residuals are summed by cluster. Heavy units draw the mean to
    themselves and so look too good, which is made up for.
    """
    if sample.clusters is None and sample.strata is not None:
        return _stratified_variance(values, sample)
    residuals: FloatArray = np.sqrt(sample.unseen) * sample.shares * (values - weighted_mean(values, sample))
    if sample.clusters is not None:
        residuals = np.bincount(sample.clusters, weights=residuals).astype(float)
        units = len(residuals)
        return float(units / max(units - 1, 1) * (residuals**2).sum()), units - 1
    return float((residuals**2).sum()) / _left_by_mean(sample), sample.n - 1


def _left_by_mean(sample: Sample) -> float:
    """The share of the squared residuals that fitting the mean leaves: 1 - 1 / n where all weights are equal."""
    shares, weights = sample.shares, sample.unseen * sample.shares**2
    if sample.n < 2 or weights.max() == 0:
        return 1.0
    return max(0.5, 1 - 2 * float(weights @ shares / weights.sum()) + float((shares**2).sum()))


def carrying(sample: Sample) -> float:
    """How many equally weighted labels the error of an estimate comes from: those of a census bring none. Known
    from the draw alone.
    """
    weights = sample.unseen * sample.shares**2
    return kish(weights) if weights.max() > 0 else float(sample.n)


def kish(weights: FloatArray) -> float:
    """How many equally weighted units say as much (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def centred(values: FloatArray, sample: Sample) -> FloatArray:
    """Values less their mean, or less that of their stratum."""
    if sample.strata is None:
        return values - weighted_mean(values, sample)
    means = np.bincount(sample.strata, weights=values) / np.bincount(sample.strata)
    return np.asarray(values - means[sample.strata])


PRIOR_LABELS = 2  # how many labels' worth of pooled variance each stratum gets


def _stratified_variance(values: FloatArray, sample: Sample) -> tuple[float, float]:
    assert sample.strata is not None
    assert sample.strata_shares is not None
    counts = np.bincount(sample.strata).astype(float)
    means = np.bincount(sample.strata, weights=values) / counts
    squares = np.bincount(sample.strata, weights=(values - means[sample.strata]) ** 2)
    df = sample.n - len(counts)
    pooled = squares.sum() / df if df > 0 else values.var(ddof=1) if sample.n > 1 else 0.0
    spread = (squares + PRIOR_LABELS * pooled) / (counts - 1 + PRIOR_LABELS)
    unseen = np.bincount(sample.strata, weights=sample.unseen) / counts
    parts = sample.strata_shares**2 * unseen * spread / counts
    return float(parts.sum()), _satterthwaite(parts, counts - 1 + PRIOR_LABELS, max(df, 1))


def _satterthwaite(parts: FloatArray, df: FloatArray, most: float) -> float:
    """Degrees of freedom of a sum of variances (Satterthwaite 1946), at most those that the labels leave."""
    spread = float((parts**2 / df).sum())
    return min(float(most), float(parts.sum()) ** 2 / spread) if spread > 0 else float(most)


def prepare(
    labels: Any,
    probabilities: Any,
    proxy_all: Any,
    population: int | None,
    labelled_index: Any,
    proxy_labelled: Any,
    strata: Sequence[Hashable] | None,
    strata_sizes: Mapping[Hashable, float] | None,
    clusters: Sequence[Hashable] | None,
    bounds: tuple[float, float] | None,
    tail: float,
    judged_probabilities: Any = None,
    learned_proxy: bool = False,
    exact: bool = False,
) -> Sample:
    """Check the inputs of an estimate and put them in one place. Labels that are None or NaN become
    `share_missing`.
    """
    values = _finite(labels, "a label")
    bounds = _range(bounds)
    inclusion = _checked_probabilities(probabilities, len(values))
    answered = ~np.isnan(values)
    if not answered.any():
        raise EstimateRefused("no drawn unit has a label")
    weights = 1 / inclusion
    missing = float(weights[~answered].sum() / weights.sum())
    everything = _judged(proxy_all)
    total = _population(population, everything, strata_sizes, float(weights.sum()), len(values))
    places = _places(labelled_index, len(values), total if everything is None else len(everything))
    proxy = _proxy_of_labels(everything, places, proxy_labelled, len(values))
    if strata is None and clusters is None and bool(np.allclose(inclusion, inclusion[0])):
        inclusion = np.full(
            len(values), len(values) / total
        )  # what a simple draw took of this part of the batch
    codes, shares = _strata(strata, strata_sizes, inclusion, answered)
    reach = _reach(judged_probabilities, everything)
    if reach is not None and (codes is None or places is None):
        raise EstimateRefused(
            "items were judged with unequal probabilities: that needs strata and their labels' places"
        )
    return Sample(
        labels=_within(values[answered], bounds),
        inclusion=inclusion[answered] * (1 - missing),
        strata=codes,
        strata_shares=shares,
        clusters=None if clusters is None else codes_of(_picked(clusters, answered, "clusters")),
        proxy=None if proxy is None else proxy[answered],
        proxy_all=everything,
        proxy_at=None if everything is None or places is None else everything[places][answered],
        reach=reach,
        reach_labelled=None if reach is None else reach[places][answered],
        population=total,
        share_missing=missing,
        bounds=bounds,
        tail=tail,
        learned=learned_proxy,
        exact=exact,
    )


def _checked_probabilities(probabilities: Any, n: int) -> FloatArray:
    if probabilities is None:
        raise EstimateRefused(
            "the inclusion probabilities are unknown: without them the sample cannot speak for the rest"
        )
    values = np.broadcast_to(np.asarray(probabilities, dtype=float), (n,)).copy()
    if np.isnan(values).any():
        raise EstimateRefused(
            f"{int(np.isnan(values).sum())} drawn units have no known inclusion probability"
        )
    if (values <= 0).any():
        raise EstimateRefused("a drawn unit has inclusion probability 0: it is outside the claim")
    if (values > 1).any():
        raise EstimateRefused("an inclusion probability is above 1")
    return values


def _finite(given: Any, what: str) -> FloatArray:
    """One column of numbers, NaN where there is none."""
    values = np.asarray(given, dtype=float)
    if values.ndim != 1:
        raise ValueError(f"{what} each: one column is needed, not {values.ndim} dimensions")
    if np.isinf(values).any():
        raise ValueError(f"{what} is infinite")
    return values


def _range(bounds: Any) -> tuple[float, float] | None:
    """The ends of the scale, however they were given."""
    if bounds is None:
        return None
    ends = tuple(float(end) for end in bounds)
    if len(ends) != 2 or not ends[0] < ends[1]:
        raise ValueError(f"bounds are the lowest and the highest value, not {bounds}")
    return ends[0], ends[1]


def _places(index: Any, n: int, items: int) -> IntArray | None:
    """Where each label's item is among all items: each once."""
    if index is None:
        return None
    places = np.asarray(index, dtype=int)
    if places.shape != (n,):
        raise ValueError(f"labelled_index has {places.size} entries for {n} labels")
    if n and (places.min() < 0 or places.max() >= items):
        raise ValueError(f"labelled_index reaches outside the {items} items")
    if len(np.unique(places)) < n:
        raise ValueError("labelled_index names an item twice")
    return places


def _judged(proxy_all: Any) -> FloatArray | None:
    """The judge's scores, or None if it scored nothing."""
    values = None if proxy_all is None else _finite(proxy_all, "a judge's score")
    return None if values is None or np.isnan(values).all() else values


def _reach(probabilities: Any, everything: FloatArray | None) -> FloatArray | None:
    """The chance of each judged item of being judged; None where it is the same for all."""
    if probabilities is None or everything is None:
        return None
    values = _checked_probabilities(probabilities, len(everything))
    return None if np.allclose(values, values[0], rtol=1e-9) else values


def _population(
    given: int | None,
    proxy_all: FloatArray | None,
    sizes: Mapping[Hashable, float] | None,
    weight: float,
    n: int,
) -> int:
    if given is None:
        given = len(proxy_all) if proxy_all is not None else round(sum(sizes.values()) if sizes else weight)
    if given < n or (proxy_all is not None and not n <= len(proxy_all) <= given):
        raise ValueError(
            f"{n} labels and {0 if proxy_all is None else len(proxy_all)} judged do not fit in {given} items"
        )
    return given


def _proxy_of_labels(
    everything: FloatArray | None, index: IntArray | None, own: Any, n: int
) -> FloatArray | None:
    if everything is None:
        return None
    if own is None and index is None:
        raise ValueError("proxy_all needs labelled_index: the positions of the labelled units in it")
    proxy = everything[index] if own is None else _finite(own, "a judge's score")
    if len(proxy) != n:
        raise ValueError(f"{len(proxy)} proxies for {n} labels")
    return proxy


def _within(values: FloatArray, bounds: tuple[float, float] | None) -> FloatArray:
    if bounds is not None and ((values < bounds[0]) | (values > bounds[1])).any():
        raise ValueError(f"a label lies outside the bounds {bounds}")
    return values


def _picked(values: Sequence[Hashable], answered: Any, name: str) -> list[Hashable]:
    if len(values) != len(answered):
        raise ValueError(f"{name} has {len(values)} entries for {len(answered)} labels")
    return [value for value, keep in zip(values, answered, strict=True) if keep]


def codes_of(values: Sequence[Hashable]) -> IntArray:
    position: dict[Hashable, int] = {}
    return np.array([position.setdefault(value, len(position)) for value in values], dtype=np.int64)


def _strata(
    strata: Sequence[Hashable] | None,
    sizes: Mapping[Hashable, float] | None,
    inclusion: FloatArray,
    answered: Any,
) -> tuple[IntArray | None, FloatArray | None]:
    """Stratum codes and population shares; None when the draw was not simple within strata, and
    weights must do.
    """
    if strata is None:
        return None, None
    picked = _picked(strata, answered, "strata")
    codes, names = codes_of(picked), list(dict.fromkeys(picked))
    spread = [np.ptp(inclusion[answered][codes == code]) for code in range(len(names))]
    totals = dict(sizes) if sizes else _totals(strata, inclusion)
    if max(spread) > 1e-9 or set(names) != {name for name, size in totals.items() if size > 0}:
        return None, None
    shares = np.array([totals[name] for name in names], dtype=float)
    return codes, shares / shares.sum()


def _totals(strata: Sequence[Hashable], inclusion: FloatArray) -> dict[Hashable, float]:
    """Stratum sizes as the weights tell them: exact for a draw that is simple within strata."""
    totals: dict[Hashable, float] = {}
    for stratum, probability in zip(strata, inclusion, strict=True):
        totals[stratum] = totals.get(stratum, 0.0) + 1 / float(probability)
    return totals
