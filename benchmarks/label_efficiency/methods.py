"""The ways to spend n labels on a batch: each draws, asks for the labels and estimates, as the product does."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from auditing.stats.allocation import smoothed_spread
from auditing.stats.design import anticipated_variance, mixed_with_uniform, select
from auditing.stats.estimation import EstimateRefused, EstimateResult, Proxy, estimate_mean, fit_proxy
from auditing.stats.estimation.single import Method
from benchmarks.label_efficiency.worlds import World

TAU = {True: 0.2, False: 0.3}  # how much uniform a targeted draw mixes in, by whether labels are 0/1
PILOT = 0.4  # of the labels, where nothing earlier is known
WORTH_TARGETING = 0.05  # share of variance explained out of fold below which a draw stays uniform


@dataclass(frozen=True)
class Audit:
    """One batch to audit with n labels. proxy: learned from earlier audits, None on a cold start."""

    batch: World
    n: int
    proxy: Proxy | None
    rng: np.random.Generator

    @property
    def size(self) -> int:
        return len(self.batch.labels)

    @property
    def binary(self) -> bool:
        return bool(np.isin(self.batch.labels, (0, 1)).all())

    def keys(self, units: int) -> np.ndarray:
        return self.rng.random(units + 1)


def human_only(audit: Audit) -> EstimateResult:
    """A simple random sample, without any judge."""
    index, inclusion = select(audit.n, "simple", audit.keys(audit.size))
    return estimate_mean(
        audit.batch.labels[index], inclusion[index], population=audit.size, method="human-only"
    )


def ppi_best_judge(audit: Audit) -> EstimateResult:
    """A simple random sample and the best single judge's raw score."""
    index, inclusion = select(audit.n, "simple", audit.keys(audit.size))
    return _assisted(audit, index, inclusion, audit.batch.best_judge, "ppi++")


def stratified_ppi(audit: Audit) -> EstimateResult:
    """Proportional draw from strata of the best judge's score, and PPI++ on it."""
    groups = audit.batch.strata
    index, inclusion = select(audit.n, "stratified", audit.keys(audit.size), groups=groups)
    return _assisted(audit, index, inclusion, audit.batch.best_judge, "ppi++", groups=groups)


def neyman(audit: Audit) -> EstimateResult:
    """Strata of the best judge's score, shared out by spreads smoothed and floored: from a pilot, or as the earlier
    audits' proxy predicts them.
    """
    groups = np.array(audit.batch.strata)
    if audit.proxy is not None:
        spreads = {name: _within(audit.proxy, groups == name) for name in np.unique(groups)}
        index, inclusion = _neyman_draw(audit, audit.n, groups, spreads)
        return _assisted(audit, index, inclusion, None, "human-only", groups=groups.tolist())
    pilot, first = _pilot(audit)
    rest = np.setdiff1d(np.arange(audit.size), pilot)
    spreads = _smoothed(audit, pilot, groups)
    second, later = _neyman_draw(audit, audit.n - len(pilot), groups[rest], spreads)
    return estimate_mean(
        audit.batch.labels[np.concatenate([pilot, rest[second]])],
        np.concatenate([first[pilot], later[second]]),
        population=audit.size,
        labelled_index=np.concatenate([pilot, rest[second]]),
        strata=["pilot"] * len(pilot) + groups[rest][second].tolist(),
        waves=[0] * len(pilot) + [1] * len(second),
        method="human-only",
    )


def aipw_uniform(audit: Audit) -> EstimateResult:
    """A simple random sample and the learned proxy, cross-fitted on these labels on a cold start."""
    index, inclusion = select(audit.n, "simple", audit.keys(audit.size))
    return _learned(audit, index, inclusion, audit.proxy, "aipw")


def active(audit: Audit) -> EstimateResult:
    """Draws in proportion to the predicted residual spread, mixed with uniform; after a pilot on a cold start."""
    return _targeted(audit, "aipw")


def default(audit: Audit) -> EstimateResult:
    """What the product does by itself: target if the proxy is worth it, else draw simply; method auto."""
    if audit.proxy is None or _worth(audit.proxy):
        return _targeted(audit, "auto")
    index, inclusion = select(audit.n, "simple", audit.keys(audit.size))
    return _learned(audit, index, inclusion, audit.proxy, "auto")


METHODS: dict[str, Callable[[Audit], EstimateResult]] = {
    "human-only, simple": human_only,
    "PPI++, best judge": ppi_best_judge,
    "PPI++, stratified": stratified_ppi,
    "Neyman-stratified": neyman,
    "AIPW, uniform": aipw_uniform,
    "active": active,
    "default (auto)": default,
}


def _targeted(audit: Audit, method: Method) -> EstimateResult:
    if audit.proxy is not None:
        index, inclusion = _draw_by_spread(audit, audit.n, audit.proxy.spread)
        return _learned(audit, index, inclusion, audit.proxy, method)
    pilot, first = _pilot(audit)
    proxy = _fitted(audit, pilot)
    rest = np.setdiff1d(np.arange(audit.size), pilot)
    if proxy is None or not _worth(proxy):
        more, _ = select(audit.n - len(pilot), "simple", audit.keys(len(rest)))
        index = np.concatenate([pilot, rest[more]])  # simple draws from what is left are one simple draw
        return _learned(audit, index, np.full(audit.size, audit.n / audit.size), None, method)
    second, later = _draw_by_spread(audit, audit.n - len(pilot), proxy.spread[rest])
    index = np.concatenate([pilot, rest[second]])
    return estimate_mean(
        audit.batch.labels[index],
        np.concatenate([first[pilot], later[second]]),
        proxy.predictions,
        labelled_index=index,
        proxy_labelled=np.concatenate([proxy.out_of_fold[pilot], proxy.predictions[rest[second]]]),
        learned_proxy=True,
        waves=[0] * len(pilot) + [1] * len(second),
        wave_weights=[
            1 / anticipated_variance(proxy.spread, first),
            1 / anticipated_variance(proxy.spread[rest], later),
        ],
        method=method,
    )


def _pilot(audit: Audit) -> tuple[np.ndarray, np.ndarray]:
    return select(round(PILOT * audit.n), "simple", audit.keys(audit.size))


def _draw_by_spread(audit: Audit, n: int, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sizes = mixed_with_uniform(spread, TAU[audit.binary])
    return select(n, "pps", audit.keys(len(spread)), sizes=sizes)


def _neyman_draw(
    audit: Audit, n: int, groups: np.ndarray, spreads: dict[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    return select(
        n,
        "stratified",
        audit.keys(len(groups)),
        groups=groups.tolist(),
        allocation="neyman",
        minimum=5,
        spreads=spreads,
    )


def _learned(
    audit: Audit, index: np.ndarray, inclusion: np.ndarray, proxy: Proxy | None, method: Method
) -> EstimateResult:
    """The estimate with a proxy of earlier labels, or with one cross-fitted on these."""
    own = _fitted(audit, index) if proxy is None else None
    found = proxy or own
    if found is None:
        return _assisted(audit, index, inclusion, None, "human-only")
    return _or_human_only(
        method,
        labels=audit.batch.labels[index],
        probabilities=inclusion[index],
        proxy_all=found.predictions,
        labelled_index=index,
        proxy_labelled=None if own is None else own.out_of_fold[index],
        learned_proxy=True,
    )


def _assisted(
    audit: Audit,
    index: np.ndarray,
    inclusion: np.ndarray,
    judge: np.ndarray | None,
    method: Method,
    groups: list[str] | None = None,
) -> EstimateResult:
    sizes = None if groups is None else dict(zip(*np.unique(groups, return_counts=True), strict=True))
    return _or_human_only(
        method,
        labels=audit.batch.labels[index],
        probabilities=inclusion[index],
        proxy_all=judge,
        population=audit.size,
        labelled_index=index,
        strata=None if groups is None else [groups[unit] for unit in index],
        strata_sizes=sizes,
    )


def _or_human_only(method: Method, **drawn: object) -> EstimateResult:
    """The estimate; from the human labels alone where the judge is no better than chance."""
    try:
        return estimate_mean(**drawn, method=method)
    except EstimateRefused:
        return estimate_mean(**drawn, method="human-only")


def _fitted(audit: Audit, index: np.ndarray) -> Proxy | None:
    """A proxy from these labels; None if they do not vary enough to fit one."""
    labels = np.full(audit.size, np.nan)
    labels[index] = audit.batch.labels[index]
    try:
        return fit_proxy(audit.batch.features, labels, audit.batch.clusters.tolist())
    except ValueError:
        return None


def _worth(proxy: Proxy) -> bool:
    return proxy.r_squared >= WORTH_TARGETING


def _within(proxy: Proxy, chosen: np.ndarray) -> float:
    """Predicted standard deviation of the labels of these items: of their predictions and around them."""
    return float(np.sqrt(proxy.predictions[chosen].var() + (proxy.spread[chosen] ** 2).mean()))


def _smoothed(audit: Audit, pilot: np.ndarray, groups: np.ndarray) -> dict[str, float]:
    labels, names = audit.batch.labels[pilot], np.unique(groups)
    seen = [labels[groups[pilot] == name] for name in names]
    if audit.binary:
        spreads = smoothed_spread([found.sum() for found in seen], [len(found) for found in seen])
    else:
        pooled = labels.var()
        spreads = np.sqrt([(found.var() * len(found) if len(found) else 0) + 2 * pooled for found in seen])
        spreads /= np.sqrt([len(found) + 2 for found in seen])
    return dict(zip(names.tolist(), map(float, spreads), strict=True))
