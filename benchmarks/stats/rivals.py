"""Comparisons with published libraries: same inputs, values compared."""

import resource
import subprocess
import sys
from collections.abc import Iterator

import krippendorff
import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa, to_table

from auditing.stats import agreement
from auditing.stats.estimation import ppi_mean
from auditing.stats.raters import dawid_skene
from benchmarks.stats.measure import Row, timed

GIGABYTE = 2**30
MEMORY_LIMIT = 4 * GIGABYTE  # for the library that needs more: it dies, and nothing else does


def dawid_skene_rows() -> Iterator[Row]:
    """20 iterations of EM from vote shares on five raters of unequal skill and three categories."""
    for items, repeats, goal in ((20_000, 3, 4.0), (200_000, 1, None)):
        item, rater, label = opinions(items)
        frame = pd.DataFrame({"task": item, "worker": rater, "label": label})
        ours, fitted = timed(
            lambda i=item, r=rater, o=label: dawid_skene(i, r, o, iterations=20, tolerance=-np.inf), repeats
        )
        theirs, rival = timed(lambda f=frame: DawidSkene(n_iter=20, tol=0).fit(f), repeats)
        posterior = rival.probas_.loc[list(fitted.items), list(fitted.categories)].to_numpy()
        gap = float(np.abs(posterior - fitted.posterior).max())
        assert gap < 1e-4, gap
        met = None if goal is None else theirs / ours >= goal
        task = f"Dawid-Skene, {len(item):,} annotations, 20 iterations"
        yield Row(task, ours, theirs, "crowd-kit", f"posteriors equal within {gap:.0e}", met)


def opinions(items):
    rng, skill = np.random.default_rng(1), np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    truth = rng.integers(0, 3, items)
    item, rater = (axis.ravel() for axis in np.meshgrid(np.arange(items), np.arange(5), indexing="ij"))
    right = rng.random(len(item)) < skill[rater]
    return item, rater, np.where(right, truth[item], rng.integers(0, 3, len(item)))


def kappa_bootstrap_row() -> Row:
    """10,000 resamples of 1,000 pairs: one multinomial draw of tables against a loop over resampled pairs."""
    rng = np.random.default_rng(2)
    a = rng.integers(0, 3, 1000)
    b = np.where(rng.random(1000) < 0.7, a, rng.integers(0, 3, 1000))
    ours, found = timed(
        lambda: agreement.cohen_kappa(a, b, interval="bootstrap", resamples=10_000), repeats=5
    )

    def loop():
        draws = np.random.default_rng(3).integers(0, 1000, size=(10_000, 1000))
        return np.quantile([cohen_kappa_score(a[draw], b[draw]) for draw in draws], [0.025, 0.975])

    theirs, ends = timed(loop, repeats=1)
    assert abs(found.value - cohen_kappa_score(a, b)) < 1e-12
    gap = float(np.abs(ends - [found.low, found.high]).max())
    assert gap < 0.005, gap
    values = f"kappa equal, interval ends within {gap:.4f} (random draws)"
    return Row(
        "Kappa, 10,000 bootstrap resamples of 1,000 pairs",
        ours,
        theirs,
        "scikit-learn loop",
        values,
        theirs / ours >= 100,
    )


def alpha_rows() -> Iterator[Row]:
    """Alpha at interval level: the library's matrix of values by values against sums over cells."""
    ratings = continuous(1000, distinct=200)
    ours, found = timed(lambda: agreement.krippendorff_alpha(ratings, "interval"))
    theirs, value = timed(lambda: krippendorff.alpha(ratings, level_of_measurement="interval"), repeats=1)
    assert abs(found.value - value) < 1e-9
    task = "Interval alpha with interval, 5 x 1,000, 200 distinct values"
    yield Row(task, ours, theirs, "krippendorff", "equal within 1e-9", None)
    for items in (5_000, 20_000, 80_000):
        ratings = continuous(items)
        ours, found = timed(lambda r=ratings: agreement.krippendorff_alpha(r, "interval"))
        died = died_under_limit(items) if items == 20_000 else ""
        rival = f"krippendorff {died}" if died else "none"
        met = ours < 0.05 if items == 20_000 else None
        task = f"Interval alpha with interval, 5 x {items:,} continuous values"
        yield Row(task, ours, None, rival, f"alpha {found.value:.4f}", met)


def continuous(items, distinct=None):
    rng = np.random.default_rng(4)
    quality = rng.normal(size=items)
    ratings = quality + 0.5 * rng.normal(size=(5, items))
    return ratings if distinct is None else np.round(np.clip(ratings, -3, 3) * distinct / 6) / distinct * 6


def died_under_limit(items: int) -> str:
    """Runs the library on the same ratings in a process that may use 4 GB; says how it ended."""
    code = (
        "import krippendorff; from benchmarks.stats.rivals import continuous; "
        f"print(krippendorff.alpha(continuous({items}), level_of_measurement='interval'))"
    )

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))

    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        preexec_fn=limit,
        timeout=300,
        env={"OPENBLAS_NUM_THREADS": "1"},
    )
    if ended.returncode == 0:
        return f"gave {float(ended.stdout):.4f}"
    return f"died under 4 GB: {ended.stderr.strip().splitlines()[-1].split(':')[0].rpartition('.')[2]}"


def statsmodels_rows() -> Iterator[Row]:
    """From the raters' columns to the coefficient (ours brings an interval for Fleiss' kappa, the rival none)."""
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 4, 100_000)
    table = np.where(rng.random((5, len(truth))) < 0.7, truth, rng.integers(0, 4, (5, len(truth))))
    ours, found = timed(lambda: agreement.cohen_kappa(table[0], table[1]))
    theirs, rival = timed(lambda: cohens_kappa(to_table(table[:2].T)[0]))
    assert np.allclose([found.value, found.low, found.high], [rival.kappa, rival.kappa_low, rival.kappa_upp])
    yield Row(
        "Cohen's kappa with interval, 100,000 pairs",
        ours,
        theirs,
        "statsmodels",
        "kappa and interval equal",
        None,
    )
    ours, found = timed(lambda: agreement.fleiss_kappa(table))
    theirs, value = timed(lambda: fleiss_kappa(aggregate_raters(table.T)[0]))
    assert abs(found.value - value) < 1e-9
    task = "Fleiss' kappa, 5 x 100,000 (ours with interval)"
    yield Row(task, ours, theirs, "statsmodels", "equal within 1e-9", None)


def ppi_row() -> Row:
    """PPI++ as published: 1,000 labels beside a million verdicts."""
    rng = np.random.default_rng(6)
    verdicts = rng.random(1_000_000)
    judged = rng.random(1000)
    labels = (rng.random(1000) < judged).astype(float)
    ours, found = timed(lambda: ppi_mean(labels, judged, verdicts))

    def rival():
        point = ppi_mean_pointestimate(labels, judged, verdicts)
        return float(point[0]), *(float(end[0]) for end in ppi_mean_ci(labels, judged, verdicts, alpha=0.05))

    theirs, expected = timed(rival)
    assert np.allclose([found.estimate, found.low, found.high], expected, atol=1e-8)
    task = "PPI++ mean, 1,000 labels and 1,000,000 verdicts"
    return Row(task, ours, theirs, "ppi-python", "estimate and interval equal within 1e-8", None)
