"""How each producer of a collection has done: its pass rate over the last audits, decisions, and what goes wrong."""

import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from auditing.accounts.models import User
from auditing.adjudication.models import Ruling
from auditing.audits.models import Audit
from auditing.datasets.models import Collection
from auditing.estimation.learning import learned_measure
from auditing.estimation.models import Estimate
from auditing.reviews.models import Answer
from auditing.reviews.selectors import audits_open_to
from auditing.rubrics.scales import CANNOT_ASSESS, Taxonomy

NEWEST = 40  # audits looked at
LAST = 6  # of a producer's, that its rate is taken over
PRODUCER = "producer"


@dataclass(frozen=True)
class Outing:
    """A producer's items in one audit: their estimate, and what was decided of the batch (empty: nothing yet)."""

    audit: Audit
    day: date
    estimate: float
    low: float
    high: float
    items: int
    outcome: str


@dataclass(frozen=True)
class Record:
    """One producer over its last audits, oldest first; errors: the kinds marked most, with the items they were in."""

    producer: str
    outings: tuple[Outing, ...]
    estimate: float
    low: float
    high: float
    errors: tuple[tuple[str, int], ...]
    labelled: int


@dataclass(frozen=True)
class TrackRecord:
    """Producers, the worst first. bar: what the newest audit's rule asks for; criterion, estimand: of all of it."""

    criterion: str
    estimand: str
    bar: float | None
    confidence: float
    records: tuple[Record, ...]


def track_record(collection: Collection, user: User) -> TrackRecord | None:
    """Of the audits whose opinions are all in; None before one has an estimate of its rule's own measure that is a
    share of items, and of a producer.
    """
    audits = _audits(collection, user)
    if not audits:
        return None
    newest = audits[0]
    measure, rule = learned_measure(newest), newest.sop.acceptance
    outings = _outings(audits, measure.criterion, measure.estimand)
    if measure.bounds != (0.0, 1.0) or not outings:
        return None
    kept = {name: tuple(sorted(own, key=lambda one: one.day)[-LAST:]) for name, own in outings.items()}
    errors, labelled = _errors([one.audit for own in kept.values() for one in own])
    records = [
        Record(name, own, *pooled(own), tuple(errors.get(name, Counter()).most_common(3)), labelled[name])
        for name, own in kept.items()
    ]
    bar = rule.at_least if rule and rule.criterion == measure.criterion else None
    return TrackRecord(
        measure.criterion,
        measure.estimand,
        bar,
        next(iter(_estimates(audits, measure.criterion, measure.estimand))).confidence,
        tuple(sorted(records, key=lambda one: one.estimate)),
    )


def pooled(outings: Sequence[Outing]) -> tuple[float, float, float]:
    """(rate, low, high) of all items together: estimates weighed by their items, by MOVER (Zou and Donner 2008): the
    distances to the ends add as squares.
    """
    total = sum(one.items for one in outings)
    weights = [one.items / total for one in outings]
    rate = sum(w * one.estimate for w, one in zip(weights, outings, strict=True))
    down, up = (
        math.sqrt(
            sum(
                (w * (getattr(one, end) - one.estimate)) ** 2 for w, one in zip(weights, outings, strict=True)
            )
        )
        for end in ("low", "high")
    )
    return rate, max(0.0, rate - down), min(1.0, rate + up)


def _audits(collection: Collection, user: User) -> list[Audit]:
    """The newest of each batch that are estimated, newest first."""
    found = (
        audits_open_to(user)
        .filter(batch__collection=collection, estimates__isnull=False)
        .select_related("decision")
        .distinct()
        .order_by("-opened_at")[:NEWEST]
    )
    first_of_batch: dict[int, Audit] = {}
    for audit in found:
        first_of_batch.setdefault(audit.batch_id, audit)
    return list(first_of_batch.values())


def _estimates(audits: Iterable[Audit], criterion: str, estimand: str) -> QuerySet[Estimate]:
    return Estimate.objects.filter(
        Q(slice_field="") | Q(slice_field=PRODUCER),
        audit__in=list(audits),
        criterion=criterion,
        estimand=estimand,
        estimate__isnull=False,
        low__isnull=False,
        high__isnull=False,
        population__gt=0,
    )


def _outings(audits: Sequence[Audit], criterion: str, estimand: str) -> dict[str, list[Outing]]:
    """By producer: a batch of one producer as a whole, another by its slices; on the basis that the rule decides on."""
    by_pk = {audit.pk: audit for audit in audits}
    rows = {
        (one.audit_id, one.slice_value if one.slice_field else "", one.basis): one
        for one in _estimates(audits, criterion, estimand)
    }
    found: dict[str, list[Outing]] = {}
    for (pk, value, basis), one in rows.items():
        audit = by_pk[pk]
        if basis != _basis(audit, value, rows) or bool(value) == (audit.batch.producer is not None):
            continue
        found.setdefault(value or str(audit.batch.producer), []).append(_outing(audit, one))
    return found


def _basis(audit: Audit, value: str, rows: dict[tuple[int, str, str], Estimate]) -> str:
    rule = audit.sop.acceptance
    wanted = rule.basis if rule else "human"
    return wanted if (audit.pk, value, wanted) in rows else "human"


def _outing(audit: Audit, one: Estimate) -> Outing:
    assert one.estimate is not None
    assert one.low is not None
    assert one.high is not None
    decision = getattr(audit, "decision", None)
    return Outing(
        audit,
        audit.opened_at.date(),
        one.estimate,
        one.low,
        one.high,
        one.population,
        decision.outcome if decision else "",
    )


def _errors(audits: Sequence[Audit]) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Labelled items that have each kind of error, by producer, and how many were labelled. What is ruled stands; else
    an error is there if anybody marked it.
    """
    marked = {
        criterion.key
        for audit in audits
        for criterion in audit.rubric.criteria
        if isinstance(criterion.scale, Taxonomy)
    }
    of_item = "item_id", "criterion", "value", "item__producer__name", "item__batch__producer__name"
    rulings = Ruling.objects.filter(audit__in=audits, superseded_at=None, criterion__in=marked)
    ruled = list(rulings.values_list("audit_id", *of_item))
    answers = Answer.objects.filter(
        review__task__audit__in=audits, review__task__state="submitted", criterion__in=marked
    ).values_list("review__task__audit_id", *(f"review__task__{n}" if "item" in n else n for n in of_item))
    closed = {row[:3] for row in ruled}
    kinds: dict[str, set[tuple[int, str]]] = {}
    items: dict[str, set[int]] = {}
    for _, item, _, value, own, delivered_by in [*ruled, *(row for row in answers if row[:3] not in closed)]:
        name = own or delivered_by or ""
        items.setdefault(name, set()).add(item)
        found = [] if value == CANNOT_ASSESS else json.loads(value)
        kinds.setdefault(name, set()).update((item, error["category"]) for error in found)
    counted = {name: Counter(category for _, category in pairs) for name, pairs in kinds.items()}
    return counted, Counter({name: len(found) for name, found in items.items()})
