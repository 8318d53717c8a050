"""From arrays to one estimate, or to the reason why there is none."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from auditing.estimation.beside import by_error_rates, if_missing
from auditing.estimation.inputs import Evidence, Numbers, numbers_for
from auditing.estimation.measures import Measure
from auditing.estimation.overstatement import overstatement
from auditing.stats.estimation import EstimateRefused, EstimateResult, Use, estimate_mean

Basis = Literal["human", "assisted"]
Target = Literal["batch", "process"]


@dataclass(frozen=True)
class Calculated:
    """One measure of one part of a batch, on one basis. `result` is None where an estimate was refused.

    beside: other figures from the same evidence, by name: `missing` and `rogan_gladen` (see `estimation.beside`),
    `overstatement` (see `estimation.overstatement`), and of slices `pooled` and `rest` (see `estimation.comparing`).
    """

    criterion: str
    estimand: str
    basis: Basis
    target: Target
    slice_field: str
    slice_value: str
    confidence: float
    result: EstimateResult | None
    refusal: str
    n_human: int
    population: int
    unscored: dict[str, int]
    assumption: str
    earlier_labels: int
    inputs_hash: str = field(repr=False)
    beside: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The contract of `estimate --json`."""
        found = self.result.to_dict() if self.result else {}
        return {
            "criterion": self.criterion,
            "slice": {self.slice_field: self.slice_value} if self.slice_field else None,
            "estimand": self.estimand,
            "target": self.target,
            "basis": self.basis,
            "method": found.get("method", "refused"),
            "estimate": found.get("estimate"),
            "low": found.get("low"),
            "high": found.get("high"),
            "confidence": self.confidence,
            "side": found.get("side", "two-sided"),
            "n_human": self.n_human,
            "n_judged": found.get("n_judged", 0),
            "population": self.population,
            "n_effective": found.get("n_effective"),
            "labels_saved": found.get("labels_saved"),
            "earlier_labels": self.earlier_labels,
            "unscored": self.unscored,
            "beside": self.beside,
            "note": "; ".join(filter(None, [found.get("note", self.refusal), self.assumption])),
        }


def calculate(
    seen: Evidence,
    measure: Measure,
    *,
    basis: Basis,
    confidence: float,
    target: Target = "batch",
    part: tuple[str, str] = ("", ""),
) -> Calculated:
    """Estimate one measure over the evidence (or the slice `part` of it), by the method that is valid for it."""
    numbers = numbers_for(seen.part(*part) if part[0] else seen, measure)
    found = calculated(numbers, measure, basis, confidence, target, seen.assumption(measure.criterion), part)
    beside = if_missing(numbers, measure, found.result.estimate) if found.result else {}
    if basis == "assisted" and not part[0]:
        beside |= by_error_rates(numbers, measure, confidence)
    if basis == "human" and not part[0] and seen.sized_by and measure.estimand == "pass_rate":
        sizes = seen.drawn(measure.criterion)["size"].to_numpy(dtype=float)
        beside |= overstatement(numbers.labels, sizes, numbers.probabilities, seen.sized_by, confidence)
    return replace(found, beside=beside)


def calculated(
    numbers: Numbers,
    measure: Measure,
    basis: Basis,
    confidence: float,
    target: Target,
    assumption: str,
    part: tuple[str, str] = ("", ""),
    use: Use = "display",
) -> Calculated:
    """The estimate that these arrays give, to read or to decide by."""
    result, refusal = _estimated(numbers, measure, basis, confidence, target, use)
    return Calculated(
        criterion=measure.criterion,
        estimand=measure.estimand,
        basis=basis,
        target=target,
        slice_field=part[0],
        slice_value=part[1],
        confidence=confidence,
        result=result,
        refusal=refusal,
        n_human=int((~np.isnan(numbers.labels)).sum()),
        population=numbers.population,
        unscored={
            "labels": int(np.isnan(numbers.labels).sum()),
            "verdicts": numbers.unscored_verdicts if basis == "assisted" else 0,
        },
        assumption=assumption,
        earlier_labels=numbers.earlier_labels,
        inputs_hash=numbers.hash,
    )


def _estimated(
    numbers: Numbers, measure: Measure, basis: Basis, confidence: float, target: Target, use: Use
) -> tuple[EstimateResult | None, str]:
    if basis == "assisted" and numbers.proxy is None:
        return None, "no judge has scored this"
    stratified = len(numbers.strata_sizes) > 1
    if stratified and not set(numbers.strata_sizes) <= set(numbers.strata):
        return None, "a stratum of this part has no drawn unit, so nothing speaks for it"
    in_waves = numbers.waves is not None
    reach = numbers.reach if stratified and basis == "assisted" else None
    if in_waves and reach is not None and reach.min() < 1:
        return None, "the waves of a stratified sample are combined only where judges scored every item"
    try:
        result = estimate_mean(
            numbers.labels,
            numbers.waves.probabilities if numbers.waves else numbers.probabilities,
            numbers.proxy if basis == "assisted" else None,
            numbers.population,
            labelled_index=numbers.labelled_in_proxy if basis == "assisted" else _places(numbers),
            strata=numbers.strata.tolist() if stratified else None,
            strata_sizes=numbers.strata_sizes if stratified and not in_waves else None,
            # items are drawn one by one, so clusters matter only for what lies behind this batch
            clusters=numbers.clusters.tolist()
            if numbers.clusters is not None and target == "process"
            else None,
            judged_probabilities=None if in_waves else reach,
            learned_proxy=numbers.learned and basis == "assisted",
            method="auto" if basis == "assisted" else "human-only",
            confidence=confidence,
            target=target,
            use=use,
            bounds=measure.bounds,
            waves=numbers.waves.numbers.tolist() if numbers.waves else None,
            wave_weights=numbers.waves.weights if numbers.waves else None,
        )
    except EstimateRefused as refused:
        return None, str(refused)
    return result, ""


def _places(numbers: Numbers) -> list[int] | None:
    """Waves must be told apart item by item, where there is no judge too."""
    return list(range(len(numbers.labels))) if numbers.waves else None
