"""Other figures from the same evidence, beside an estimate and never in its place."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditing.estimation.inputs import Numbers
from auditing.estimation.measures import Measure
from auditing.stats.estimation import rogan_gladen, worst_case

HALF = 0.5  # from which score on a judge is taken to say yes


def if_missing(numbers: Numbers, measure: Measure, estimate: float) -> dict[str, Any]:
    """`missing`: the figure, were all missing labels at the low end of the scale, and were all at the high end; nothing
    where none is missing, or the scale has no ends.
    """
    unlabelled = np.isnan(numbers.labels)
    if not unlabelled.any() or measure.bounds is None or not np.isfinite(measure.bounds).all():
        return {}
    weights = 1 / numbers.probabilities
    share = float(weights[unlabelled].sum() / weights.sum())
    low, high = worst_case(estimate, estimate, share, measure.bounds)
    return {"missing": {"labels": int(unlabelled.sum()), "share": share, "low": low, "high": high}}


def by_error_rates(numbers: Numbers, measure: Measure, confidence: float) -> dict[str, Any]:
    """`rogan_gladen`: the judge's rate corrected by its error rates on the labelled items, or why there is none;
    nothing for what is not yes or no, or has no judge. Items count by how rarely they were drawn.
    """
    labels, proxy, places = numbers.labels, numbers.proxy, numbers.labelled_in_proxy
    answered = labels[~np.isnan(labels)]
    if measure.bounds != (0.0, 1.0) or not np.isin(answered, (0.0, 1.0)).all():
        return {}
    if proxy is None or places is None:
        return {}
    scored = ~np.isnan(labels) & ~np.isnan(proxy[places])
    truth, said, weights = (
        labels[scored] == 1,
        proxy[places][scored] >= HALF,
        1 / numbers.probabilities[scored],
    )
    if truth.all() or not truth.any():
        answer = "no" if truth.all() else "yes"
        reason = f"people said {answer} to no item that the judge scored, so its errors on those are unknown"
        return {"rogan_gladen": {"refusal": reason}}
    judged = ~np.isnan(proxy)
    reach = np.ones(len(proxy)) if numbers.reach is None else numbers.reach
    flagged, n_judged = _rate(proxy[judged] >= HALF, 1 / reach[judged])
    sensitivity, n_positive = _rate(said[truth], weights[truth])
    specificity, n_negative = _rate(~said[~truth], weights[~truth])
    known = {
        "sensitivity": sensitivity,
        "specificity": specificity,
        "n_positive": n_positive,
        "n_negative": n_negative,
    }
    try:
        found = rogan_gladen(flagged, n_judged, specificity, sensitivity, n_negative, n_positive, confidence)
    except ValueError as no_better_than_chance:
        return {"rogan_gladen": {"refusal": str(no_better_than_chance), **known}}
    return {"rogan_gladen": {**found.to_dict(), **known}}


def _rate(hits: NDArray[np.bool_], weights: NDArray[np.float64]) -> tuple[float, int]:
    """The weighted share of hits, and how many equally weighted items say as much (Kish 1965)."""
    return float(weights @ hits / weights.sum()), round(float(weights.sum() ** 2 / (weights @ weights)))
