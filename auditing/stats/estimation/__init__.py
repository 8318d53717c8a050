"""Estimates of a batch's quality from few human labels and, where they help, many judge scores."""

from auditing.stats.estimation.classical import Comparison, horvitz_thompson_total, ppi_mean, rogan_gladen
from auditing.stats.estimation.mean import EstimateResult, estimate_mean
from auditing.stats.estimation.proxy import Proxy, fit_proxy
from auditing.stats.estimation.sample import EstimateRefused
from auditing.stats.estimation.single import Use, worst_case

__all__ = [
    "Comparison",
    "EstimateRefused",
    "EstimateResult",
    "Proxy",
    "Use",
    "estimate_mean",
    "fit_proxy",
    "horvitz_thompson_total",
    "ppi_mean",
    "rogan_gladen",
    "worst_case",
]
