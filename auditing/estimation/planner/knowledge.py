"""What is known before a label is spent: the batch, and what earlier audits of its collection found."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
from django.db.models import Count, F

from auditing.datasets.models import Batch, Collection, Item
from auditing.datasets.slices import SliceValue
from auditing.estimation.features import table_of
from auditing.estimation.models import Estimate, Experience
from auditing.estimation.spreading import spread_by
from auditing.sampling.frame import NO_VALUE

MOST_STRATA = 50
MOST_VALUES = 2 * MOST_STRATA  # as they are stored: some are the same stratum
USUAL_MINUTES = 2.0  # a label, where nobody has measured one yet
PACE_OF = 10  # audits
GAINS_OF = 20  # audits


@dataclass(frozen=True)
class Known:
    """population: items in the batch. strata: items per value of the field that was asked about; spreads: expected
    standard deviation of the label there. r_squared, residual_cv: how much of how labels vary judges and metadata
    explain, and how unequal what is left is; None where too little was labelled. audits, labels: what that rests on.
    gain: how many labels of a plain random sample a label was worth when judges helped, the median of `gains` audits,
    the batch's size set aside.
    """

    population: int | None = None
    fields: tuple[str, ...] = ()
    strata: dict[str, int] = field(default_factory=dict)
    spreads: dict[str, float] = field(default_factory=dict)
    pass_rate: float | None = None
    r_squared: float | None = None
    residual_cv: float | None = None
    labels: int = 0
    audits: int = 0
    gain: float | None = None
    gains: int = 0
    minutes: float | None = None


NOTHING = Known()


def known_of(*, collection: Collection | None, batch: Batch | None = None, by: str = "") -> Known:
    """What the collection's audits and the batch tell."""
    if collection is None:
        return NOTHING
    left = Experience.objects.filter(audit__batch__collection=collection).defer("examples")
    newest = left.select_related("audit__batch").order_by("-audit__opened_at").first()
    seconds = left.exclude(seconds_per_label=None).order_by("-audit__opened_at")
    paces = [pace or 0.0 for pace in seconds.values_list("seconds_per_label", flat=True)[:PACE_OF]]
    counted = Known(
        population=batch.item_count if batch else None,
        fields=("producer", *batch.slice_fields) if batch else (),
        strata=_strata(batch, by) if batch and by else {},
        minutes=sum(paces) / len(paces) / 60 if paces else None,
    )
    return _with_experience(counted, newest, by) if newest else counted


def _with_experience(known: Known, newest: Experience, by: str) -> Known:
    gains = _gains(newest)
    return replace(
        known,
        spreads=_spreads(newest, by) if by else {},
        pass_rate=_pass_rate(newest),
        r_squared=newest.r_squared,
        residual_cv=newest.residual_cv,
        labels=newest.pooled_labels,
        audits=newest.pooled_audits,
        gain=float(np.median(gains)) if gains else None,
        gains=len(gains),
    )


def _gains(newest: Experience) -> list[float]:
    """What a label was worth in each of the newest audits that estimated with judges (see `predicted_saving`)."""
    estimates = Estimate.objects.filter(
        audit__batch__collection=newest.audit.batch.collection_id,
        audit__opened_at__lte=newest.audit.opened_at,
        criterion=newest.criterion,
        estimand=newest.estimand,
        slice_field="",
        basis="assisted",
        n_judged__gt=0,
        n_effective__gt=0,
        n_human__gt=0,
    ).order_by("-audit__opened_at")[:GAINS_OF]
    return [_gain(one) for one in estimates if one.target != "batch" or one.n_human < one.population]


def _gain(one: Estimate) -> float:
    beyond = 1 / one.population if one.target == "batch" else 0.0
    worth = one.n_effective or 0.0
    return (1 / one.n_human - beyond) / max(1 / worth - beyond, 1e-6)


def _pass_rate(newest: Experience) -> float | None:
    """The rate that passed in the newest audit, where its labels are shares."""
    estimates = newest.audit.estimates.filter(
        criterion=newest.criterion, estimand=newest.estimand, slice_field="", basis="human"
    )
    rate = estimates.values_list("estimate", flat=True).first()
    return rate if newest.estimand == "pass_rate" and rate is not None and 0 < rate < 1 else None


def _spreads(newest: Experience, by: str) -> dict[str, float]:
    table, name = table_of(newest.examples), f"slice {by}"
    if name not in table:
        return {}
    return spread_by(table[name].tolist(), np.array(newest.examples["labels"], dtype=float))


def _strata(batch: Batch, by: str) -> dict[str, int]:
    """Items per value, largest first; none where the values are too many to stratify by."""
    items = Item.objects.filter(batch=batch)
    value = F("producer__name") if by == "producer" else SliceValue(by)
    named = items.annotate(stratum=value).values_list("stratum")
    counts = named.annotate(size=Count("pk")).order_by("stratum")[:MOST_VALUES]
    found: Counter[str] = Counter()
    for stratum, size in counts:  # nothing and empty text are one stratum, as in the draw's frame
        found[str(stratum or NO_VALUE)] += size
    if len(counts) == MOST_VALUES or len(found) > MOST_STRATA:
        return {}
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
