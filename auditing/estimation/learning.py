"""The loop: what an audit's rulings teach, and what they tell the next audit's draw.

An estimated audit leaves its labelled items behind as examples: what judges and metadata said of each, and its label.
The next audit of the collection fits a proxy (a prediction of the label) and its residual spread on all earlier
examples, never on its own labels, and freezes both with its plan before a human has seen an item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from auditing.audits.models import Audit
from auditing.core.canonical import checksum
from auditing.core.errors import Conflict
from auditing.estimation.features import features_of, matrix, plain_table, table_of
from auditing.estimation.inputs import Evidence, evidence_of_audit, judge_scores, numbers_for
from auditing.estimation.inspecting import guide_by_tables
from auditing.estimation.measures import Measure, measures_of
from auditing.estimation.models import Experience
from auditing.estimation.spreading import cut_points, named, spread_by
from auditing.reviews.models import Review
from auditing.sampling.drawing import NO_GUIDE, Guide, Parameters
from auditing.sampling.parameters import parameters_of
from auditing.stats.estimation.proxy import FEWEST_LABELS, Proxy, fit_proxy

Floats = NDArray[np.float64]
FOLDS = 5
MOST_AUDITS = 30  # the newest; older ones say little of today's producers and judges


@dataclass(frozen=True)
class Examples:
    """Labelled items of several audits, one below the other. weights: 1 / inclusion probability."""

    table: pd.DataFrame
    labels: Floats
    weights: Floats
    clusters: list[str]
    audits: tuple[int, ...]

    @property
    def teach(self) -> bool:
        """Are they enough to fit a proxy on?"""
        enough = len(self.labels) >= FEWEST_LABELS and len(set(self.clusters)) >= FOLDS
        return enough and bool(np.ptp(self.labels) > 0)


def learned_measure(audit: Audit) -> Measure:
    """What the audit decides on, or else measures first."""
    measures = measures_of(audit.rubric)
    rule = audit.sop.acceptance
    return next((one for one in measures if rule and one.criterion == rule.criterion), measures[0])


def earlier_experiences(audit: Audit) -> list[Experience]:
    """What earlier audits of the collection left on this measure, oldest first; none of the same batch, whose
    labels may be this audit's own.
    """
    measure = learned_measure(audit)
    found = (
        Experience.objects.filter(
            audit__batch__collection=audit.batch.collection_id,
            audit__opened_at__lt=audit.opened_at,
            criterion=measure.criterion,
            estimand=measure.estimand,
        )
        .exclude(audit__batch=audit.batch_id)
        .order_by("-audit__opened_at")[:MOST_AUDITS]
    )
    return list(found)[::-1]


def examples_of(experiences: Sequence[Experience]) -> Examples:
    tables = [table_of(one.examples) for one in experiences]
    return Examples(
        table=pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(),
        labels=np.array([label for one in experiences for label in one.examples["labels"]], dtype=float),
        weights=np.array([weight for one in experiences for weight in one.examples["weights"]], dtype=float),
        clusters=[cluster for one in experiences for cluster in one.examples["clusters"]],
        audits=tuple(one.audit_id for one in experiences),
    )


# Learning from an audit


def keep_experience(audit: Audit, seen: Evidence) -> Experience | None:
    """Keep the audit's labelled items as examples, and what all examples together explain; None without a label."""
    measure = learned_measure(audit)
    own = _own_examples(audit, seen, measure)
    if not len(own["labels"]):
        return None
    experience = Experience(
        audit=audit,
        criterion=measure.criterion,
        estimand=measure.estimand,
        examples=own,
        labels=len(own["labels"]),
        seconds_per_label=seconds_per_label(audit),
    )
    pooled = examples_of([*earlier_experiences(audit), experience])
    experience.pooled_labels, experience.pooled_audits = len(pooled.labels), len(pooled.audits)
    experience.r_squared, experience.residual_cv = explained(
        pooled, own_from=len(pooled.labels) - experience.labels
    )
    found, _ = Experience.objects.update_or_create(
        audit=audit,
        defaults={
            name: getattr(experience, name)
            for name in (
                "criterion",
                "estimand",
                "examples",
                "labels",
                "seconds_per_label",
                "pooled_labels",
                "pooled_audits",
                "r_squared",
                "residual_cv",
            )
        },
    )
    return found


def _own_examples(audit: Audit, seen: Evidence, measure: Measure) -> dict[str, Any]:
    numbers = numbers_for(seen, measure)
    drawn = seen.drawn(measure.criterion)
    usable = ~np.isnan(numbers.labels)
    rows = drawn.index[usable]
    clusters = drawn.loc[rows, "cluster"]
    return {
        **plain_table(features_of(seen).reindex(rows)),
        "labels": numbers.labels[usable].tolist(),
        "weights": (1 / numbers.probabilities[usable]).tolist(),
        "clusters": [
            f"{audit.pk} {cluster or f'item {item}'}" for item, cluster in zip(rows, clusters, strict=True)
        ],
    }


def seconds_per_label(audit: Audit) -> float | None:
    """The median time that a submitted review took, as far as it was measured."""
    seconds = Review.objects.filter(task__audit=audit, submitted_at__isnull=False, active_seconds__gt=0)
    found = list(seconds.values_list("active_seconds", flat=True))
    return float(np.median(found)) if found else None


def explained(pooled: Examples, *, own_from: int) -> tuple[float | None, float | None]:
    """(R squared, coefficient of variation of the residual spread), weighted as the items were drawn.

    R squared is that of predictions for items the model has not seen; the spread's is over the newest audit.
    """
    if not pooled.teach:
        return None, None
    proxy = fitted(pooled, pooled.table.iloc[own_from:])
    y, weights, predicted = pooled.labels, pooled.weights, proxy.out_of_fold[: len(pooled.labels)]
    total = float(weights @ (y - np.average(y, weights=weights)) ** 2)
    r_squared = 1 - float(weights @ (y - predicted) ** 2) / total
    spread, own = proxy.spread[len(y) :], weights[own_from:]
    mean = np.average(spread, weights=own)
    return r_squared, float(np.sqrt(max(np.average(spread**2, weights=own) / mean**2 - 1, 0)))


def fitted(before: Examples, now: pd.DataFrame) -> Proxy:
    """The proxy fitted on the examples, with predictions for them and then for the items of now."""
    labels = np.concatenate([before.labels, np.full(len(now), np.nan)])
    clusters = [*before.clusters, *(f"now {item}" for item in now.index)]
    return fit_proxy(matrix(before.table, now.reset_index(drop=True)), labels, clusters, folds=FOLDS)


# Guiding a draw


def guide_of(audit: Audit) -> Guide:
    """What earlier audits, and the judges of this one, tell the draw that comes next."""
    parameters, rule = parameters_of(audit.sop), audit.sop.acceptance
    if rule and rule.rule == "aql":
        return guide_by_tables(audit, rule)
    if parameters.waits_for_judges:
        return guide_by_scores(audit, parameters) if hasattr(audit, "plan") else NO_GUIDE
    if parameters.allocation == "neyman":
        return _guide_by_field(audit, parameters)
    return NO_GUIDE


def _guide_by_field(audit: Audit, parameters: Parameters) -> Guide:
    before, measure = examples_of(earlier_experiences(audit)), learned_measure(audit)
    name = f"slice {parameters.by}"
    known = before.table[name] if name in before.table else pd.Series(dtype=object)
    spreads = spread_by(known.tolist(), before.labels) if len(known) else {}
    return Guide(spreads=spreads, facts=_facts(measure, before))


def guide_by_scores(audit: Audit, parameters: Parameters) -> Guide:
    """Strata, sizes and predictions of the judged items. Raises Conflict where strata need scores that none gave."""
    seen, measure = evidence_of_audit(audit), learned_measure(audit)
    names = seen.items["external_id"]
    before, now = examples_of(earlier_experiences(audit)), features_of(seen)
    proxy = fitted(before, now) if before.teach else None
    start = len(before.labels)
    predictions = pd.Series(proxy.predictions[start:], index=now.index) if proxy else pd.Series(dtype=float)
    sizes = pd.Series(proxy.spread[start:], index=now.index) if proxy else pd.Series(dtype=float)
    facts = _facts(measure, before, proxy, sizes)
    expected = _by_name(predictions, names)
    if parameters.method == "active":
        return Guide(sizes=_by_name(sizes, names), predictions=expected, facts=facts)
    scores = predictions if proxy else judge_scores(seen, measure)[0]
    if scores.isna().all():
        raise Conflict("No judge has scored an item, so there is nothing to stratify by.")
    cuts = cut_points(scores, parameters.strata)
    spreads = spread_by(named(pd.Series(proxy.out_of_fold[:start]), cuts), before.labels) if proxy else {}
    strata = pd.Series(named(scores, cuts), index=scores.index)
    return Guide(strata=_by_name(strata, names), spreads=spreads, predictions=expected, facts=facts)


def _by_name(values: "pd.Series[Any]", names: "pd.Series[str]") -> dict[str, Any]:
    return dict(zip(names.reindex(values.index), values.tolist(), strict=True))


def _facts(
    measure: Measure, before: Examples, proxy: Proxy | None = None, sizes: "pd.Series[float] | None" = None
) -> Mapping[str, Any]:
    """What the plan says of its teachers."""
    facts: dict[str, Any] = {
        "criterion": measure.criterion,
        "estimand": measure.estimand,
        "earlier_audits": list(before.audits),
        "earlier_labels": len(before.labels),
        "examples_hash": checksum([before.labels.tolist(), before.clusters]),
    }
    if proxy and sizes is not None:
        facts |= {"proxy": proxy.method, "r_squared": proxy.r_squared, "sizes_hash": checksum(sizes.tolist())}
    return facts
