"""The estimators: human labels alone, post-stratified by a judge, and PPI++ with a cross-fitted slope."""

import math
from dataclasses import dataclass, replace

import numpy as np

from auditing.stats.arrays import FloatArray, IntArray
from auditing.stats.estimation.sample import (
    EstimateRefused,
    Sample,
    centred,
    design_variance,
    kish,
    weighted_mean,
)
from auditing.stats.estimation.surprises import Moments, kept_open, modelled, reach_of_jumps, recalibrated
from auditing.stats.intervals import clopper_pearson_bounds, hypergeometric, wilson_bounds

FOLDS = 10
GUARD = 20  # labels' worth of trust in the modelled residual variance
TRUST, TRUST_DECIDING = 0.25, 1.0  # in modelled skewness: what is shown, and what batches are accepted by
CELL = 5  # labels that a post-stratum needs
NO_VARIANCE = 1e-15  # what rounding leaves of a variance of 0
LEAST_WEIGHT = 1e-9  # of the largest weight: a fold's sums are taken by subtraction, which loses less
MOST_LEVELS = 5  # judge scores with more distinct values are cut in two


@dataclass(frozen=True)
class Bounds:
    """An estimate with the ends of its interval, before widening."""

    estimate: float
    low: float
    high: float
    method: str


def human_only(sample: Sample) -> Bounds:
    """The mean of the labels by their design, without any judge."""
    if not sample.binary:
        return _numeric(sample)
    if sample.strata is not None and sample.clusters is None:
        return _stratified(sample)
    share = weighted_mean(sample.labels, sample)
    if sample.simple:
        low, high = unseen_bounds(sample, share, sample.n, 1 - float(sample.unseen[0]))
        return Bounds(share, low, high, f"human-only, {_exact_name(sample)}")
    return _weighted(sample, share)


def share_bounds(sample: Sample, share: float, n: float) -> tuple[float, float]:
    """Bounds of a share that n independent labels would have given: Wilson's, or Clopper and Pearson's to decide by."""
    if not math.isfinite(n):
        return share, share
    if sample.exact:
        found = share * n
        whole = round(found)  # a sum of shares need not be exactly 1
        return clopper_pearson_bounds(whole if abs(found - whole) < 1e-9 * n else found, n, sample.tail)
    return wilson_bounds(share, n, sample.z)


def unseen_bounds(sample: Sample, share: float, n: int, seen: float) -> tuple[float, float]:
    """Bounds of the share of a population of which n items, drawn simply, are the share `seen`: Wilson's with
    finite population correction, or the hypergeometric ones to decide by.
    """
    if seen >= 1:
        return share, share
    if sample.exact and seen > 0:
        found = hypergeometric(round(share * n), int(n), round(n / seen), 1 - 2 * sample.tail)
        return found.low, found.high
    return share_bounds(sample, share, n / (1 - seen))


def _name(sample: Sample) -> str:
    return "Clopper-Pearson" if sample.exact else "Wilson"


def _exact_name(sample: Sample) -> str:
    """The bound of `unseen_bounds`."""
    return "hypergeometric" if sample.exact and not sample.endless else _name(sample)


def _weighted(sample: Sample, share: float) -> Bounds:
    """A share of labels that stand for more or less, or that come in clusters."""
    variance, df = design_variance(sample.labels, sample)
    if share in (0.0, 1.0) or variance < NO_VARIANCE:
        low, high = share_bounds(sample, share, _units(sample))
        return Bounds(share, low, high, f"human-only, {_name(sample)} on effective n")
    chances = kept_open(np.full(sample.n, share), sample.n)
    expected = modelled(sample, np.full(sample.n, 1 - share), chances)
    stretch = (sample.t(df) / sample.z) ** 2
    variance = _guarded(sample, expected.variance, variance) * stretch
    third = TRUST * expected.third * stretch**1.5
    return _skewed(sample, share, Moments(variance, third), "human-only")


def _units(sample: Sample) -> float:
    """The simple random sample (with replacement) that counts for as much where no label differs; infinite for a
    census.
    """
    unseen = float(sample.shares @ sample.unseen)
    if unseen <= 1e-12:
        return math.inf
    units = sample.n if sample.clusters is None else int(sample.clusters.max()) + 1
    return min(units, kish(sample.shares)) / unseen


def _stratified(sample: Sample) -> Bounds:
    assert sample.strata is not None
    assert sample.strata_shares is not None
    counts = np.bincount(sample.strata)
    shares = np.bincount(sample.strata, weights=sample.labels) / counts
    seen = 1 - np.bincount(sample.strata, weights=sample.unseen) / counts
    bounds = [
        unseen_bounds(sample, float(p), int(n), f) for p, n, f in zip(shares, counts, seen, strict=True)
    ]
    return mover(
        sample.strata_shares,
        shares,
        bounds,
        f"human-only, stratified {_exact_name(sample)} combined by MOVER",
    )


def mover(weights: FloatArray, shares: FloatArray, bounds: list[tuple[float, float]], method: str) -> Bounds:
    """A weighted sum of independent proportions by MOVER: distances to the bounds add as squares (Zou
    and Donner 2008).
    """
    low, high = np.array(bounds).T
    estimate = float(weights @ shares)
    down = math.sqrt(float((weights**2 * (shares - low) ** 2).sum()))
    up = math.sqrt(float((weights**2 * (high - shares) ** 2).sum()))
    return Bounds(estimate, estimate - down, estimate + up, method)


def _numeric(sample: Sample) -> Bounds:
    mean = weighted_mean(sample.labels, sample)
    if float(sample.unseen.max()) <= 0:
        return Bounds(mean, mean, mean, "human-only, census")
    if np.ptp(sample.labels) == 0 and sample.bounds is not None and np.isfinite(sample.bounds).all():
        return _constant(sample, mean)
    variance, df = design_variance(sample.labels, sample)
    if df < 1 or np.ptp(sample.labels) == 0:
        raise EstimateRefused(
            "labels from one unit, or all equal on a scale of unknown range, cannot show how far they vary"
        )
    margin = sample.t(df) * math.sqrt(variance)
    return Bounds(mean, mean - margin, mean + margin, "human-only, Student t")


def _constant(sample: Sample, mean: float) -> Bounds:
    """All labels equal: no variance was seen, so the widest one the bounds allow (a 0/1 variable's)
    is assumed.
    """
    assert sample.bounds is not None
    lowest, width = sample.bounds[0], sample.bounds[1] - sample.bounds[0]
    share, n = (mean - lowest) / width, _units(sample)
    low, high = share_bounds(sample, share, n)
    return Bounds(
        mean, lowest + width * low, lowest + width * high, f"human-only, {_name(sample)} on the scale's range"
    )


def post_stratified(sample: Sample) -> Bounds:
    """0/1 labels post-stratified by the judge's score, Wilson in each cell, combined by MOVER.

    Needs a simple random sample. Holds at small n, where no judge error may have been drawn at all.
    """
    assert sample.proxy is not None
    assert sample.proxy_all is not None
    cell_all, cell = post_strata(sample.proxy_all, sample.proxy, sample.proxy_at)
    sizes, counts = np.bincount(cell_all), np.bincount(cell)
    shares = np.bincount(cell, weights=sample.labels) / counts
    seen = counts / sizes
    bounds = [
        unseen_bounds(sample, float(p), int(n), f) for p, n, f in zip(shares, counts, seen, strict=True)
    ]
    return mover(
        sizes / len(cell_all),
        shares,
        bounds,
        f"post-stratified by the judge, {_exact_name(sample)} combined by MOVER",
    )


def post_strata(
    proxy_all: FloatArray, proxy: FloatArray, proxy_at: FloatArray | None = None
) -> tuple[IntArray, IntArray]:
    """Cells of all judged items and of the labelled ones, by the judge's score.

    One cell per distinct score, or two cut at the middle of the range when there are more than five; an
    unscored item is a cell of its own. Cells with fewer than five labels join their neighbour. Depends on
    how many labels a cell has, never on their values: out-of-fold predictions say in which half a label is, but
    which of a few scores it has is what proxy_all says at its place (`proxy_at`), or else all are cut in two.
    """
    levels = np.unique(proxy_all[~np.isnan(proxy_all)])
    own = proxy if proxy_at is None else proxy_at
    if len(levels) > MOST_LEVELS or not np.isin(own[~np.isnan(own)], levels).all():
        middle = (levels[0] + levels[-1]) / 2
        proxy_all, own = _cut(proxy_all, middle), _cut(proxy, middle)
        levels = np.array([0.0, 1.0])
    raw_all, raw = _level(proxy_all, levels), _level(own, levels)
    merged = _merged(np.bincount(raw, minlength=len(levels) + 1))
    return merged[raw_all], merged[raw]


def _cut(values: FloatArray, middle: float) -> FloatArray:
    return np.where(np.isnan(values), np.nan, (values >= middle).astype(float))


def _level(values: FloatArray, levels: FloatArray) -> IntArray:
    return np.where(np.isnan(values), len(levels), np.searchsorted(levels, values))


def _merged(counts: IntArray) -> IntArray:
    """New cell per old cell, so that every new one has enough labels (or is the only one)."""
    cells, cell, filled = np.zeros(len(counts), dtype=np.int64), 0, 0
    for position, count in enumerate(counts):
        if filled >= CELL and counts[position:].sum() >= CELL:
            cell, filled = cell + 1, 0
        cells[position] = cell
        filled += int(count)
    return cells


def ppi(sample: Sample) -> Bounds:
    """PPI++ (Angelopoulos, Duchi and Zrnic 2023): labels corrected by slope * (judge - mean of judge over
    all judged items).

    The slope is cross-fitted (by cluster where there are clusters): each label is corrected by a slope that
    it did not inform. For 0/1 labels the variance is guarded, v = (n v_emp + 20 max(v_model, v_emp)) / (n +
    20), where v_model is the residual variance that the fitted probabilities predict, and the interval is Wilson's
    on the effective n that this variance means. For numbers it is Student's. One degree of freedom goes to the slope.
    """
    return _corrected(sample, 0.0, "PPI++, cross-fitted")


def aipw(sample: Sample) -> Bounds:
    """Augmented inverse-probability weighting with a learned proxy (Robins, Rotnitzky and Zhao 1994; under
    probabilities that follow the predicted residuals, Zrnic and Candes 2024).

    As `ppi`, but a prediction of the label has slope 1 unless the labels object: the cross-fitted slope is drawn
    to 1 with the weight of 20 labels, since one tuned on a few unequally weighted labels loses what it was to gain.
    """
    return _corrected(sample, GUARD, "AIPW on a learned proxy, guarded variance")


def _corrected(sample: Sample, pull: float, method: str) -> Bounds:
    """The labels corrected by the judge; `pull`: labels' worth of trust in slope 1."""
    assert sample.proxy is not None
    assert sample.proxy_all is not None
    mean = _mean_of_judge(sample, sample.proxy_all)
    proxy = np.where(np.isnan(sample.proxy), mean, sample.proxy) - mean
    slopes, fitted = _cross_fitted(sample, proxy, pull)
    corrected = sample.labels - slopes * proxy
    estimate = weighted_mean(corrected, sample)
    variance, df = design_variance(corrected, sample)
    left = _units_left(sample)
    stretch = left / max(left - 1, 1)  # the slope was estimated too
    t = sample.t(min(df, left - 1))
    if sample.binary:
        expected = _expected(sample, fitted, corrected)
        stretch *= (t / sample.z) ** 2
        variance = _guarded(sample, expected.variance, variance) * stretch
        third = (TRUST_DECIDING if sample.exact else TRUST) * expected.third * stretch**1.5
        return _skewed(sample, estimate, Moments(variance, third), method)
    margin = t * math.sqrt(_guarded(sample, _one_stray_label(sample), variance) * stretch)
    return Bounds(estimate, estimate - margin, estimate + margin, f"{method}, Student t")


def _units_left(sample: Sample) -> int:
    """Labels (or clusters) less one mean, or one per stratum."""
    if sample.clusters is not None:
        return int(sample.clusters.max())
    return sample.n - (1 if sample.strata is None else int(sample.strata.max()) + 1)


def _skewed(sample: Sample, estimate: float, moments: Moments, method: str) -> Bounds:
    """The interval of a share whose error has these moments.

    To either side that of a simple share known as well; towards jumps (see `surprises`) at least as far as they reach.
    """
    share, least = min(1.0, max(0.0, estimate)), 1 / (sample.n + 2)
    varied = min(1 - least, max(least, share))
    n = varied * (1 - varied) / moments.variance if moments.variance > 0 else math.inf
    low, high = share_bounds(sample, share, n)
    reach = reach_of_jumps(moments, sample.tail, sample.exact)
    if moments.third < 0:
        low = min(low, share - reach)
    else:
        high = max(high, share + reach)
    return Bounds(share, low, high, f"{method}, {_name(sample)} on effective n")


def _expected(sample: Sample, fitted: FloatArray, corrected: FloatArray) -> Moments:
    """Moments of the error that predictions lead to expect; the third once the labels have said how to read them."""
    if_one = centred(corrected, sample) + 1 - sample.labels
    found = modelled(sample, if_one, kept_open(fitted, sample.n))
    if not sample.learned:
        return found
    return replace(found, third=modelled(sample, if_one, recalibrated(sample, GUARD)).third)


def _mean_of_judge(sample: Sample, scores: FloatArray) -> float:
    """The judge's mean score, each judged item standing for as many as its chance of being judged says; an unscored
    one counts as the mean of the others.
    """
    scored = ~np.isnan(scores)
    weights = None if sample.reach is None else 1 / sample.reach[scored]
    return float(np.average(scores[scored], weights=weights))


def _cross_fitted(sample: Sample, proxy: FloatArray, pull: float) -> tuple[FloatArray, FloatArray]:
    """Slope and fitted value for every label, from the other folds' labels only."""
    fold, folds = _folds(sample)
    weights = sample.unseen * sample.shares**2
    if weights.max() == 0:  # all that was judged is labelled: no label adds error, any slope will do
        weights = sample.shares**2
    weights = np.maximum(weights, LEAST_WEIGHT * weights.max())  # what was sure to be drawn adds no error
    moments = np.column_stack([np.ones(sample.n), proxy, sample.labels, proxy * proxy, proxy * sample.labels])
    by_fold = np.column_stack([np.bincount(fold, weights * column, minlength=folds) for column in moments.T])
    mass, f, y, ff, fy = (by_fold.sum(axis=0) - by_fold).T
    spread = ff - f * f / mass
    known = spread > 1e-12 * ff
    slope = np.where(known, (fy - f * y / mass) / np.where(known, spread, 1.0), 0.0)
    slope = (sample.n * slope + pull) / (sample.n + pull)
    intercept = (y - slope * f) / mass
    return slope[fold], intercept[fold] + slope[fold] * proxy


def _folds(sample: Sample) -> tuple[IntArray, int]:
    """A fixed random fold per label; labels of one cluster share it."""
    units = sample.clusters if sample.clusters is not None else np.arange(sample.n)
    size = int(units.max()) + 1
    folds = min(FOLDS, size)
    return (np.random.default_rng(0).permutation(size) % folds)[units], folds


def _guarded(sample: Sample, model: float, variance: float) -> float:
    """Never trust few labels that show the judge without error: mix in the variance that a model expects."""
    return (sample.n * variance + GUARD * max(model, variance)) / (sample.n + GUARD)


def _one_stray_label(sample: Sample) -> float:
    """The variance if one label in n + 2 had nothing to do with the judge."""
    return design_variance(sample.labels, sample)[0] / (sample.n + 2)
