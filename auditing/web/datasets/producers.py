"""Which producer is worst: the track record of each, as the collection's page shows it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from auditing.accounts.models import User
from auditing.datasets.models import Collection
from auditing.estimation.track_record import LAST, Record, TrackRecord, track_record
from auditing.web.charts import Chart, Point, line_chart
from auditing.web.metaaudit.figures import measure_words

MOST_LINES = 6  # producers drawn: the worst


@dataclass(frozen=True)
class ProducerRow:
    """One producer's line: its record, the decisions of its batches counted, and how the newest differs."""

    record: Record
    decisions: list[tuple[str, int]]
    change: float | None  # of the newest audit against those before it

    @property
    def newest(self) -> float:
        return self.record.outings[-1].estimate


def producers_of(collection: Collection, user: User) -> dict[str, Any]:
    """The context of the card on producers; empty where nothing is known of them."""
    found = track_record(collection, user)
    if found is None:
        return {}
    drawn = any(len(one.outings) > 1 for one in found.records)
    return {
        "producer_rows": [_row(one) for one in found.records],
        "producer_measure": measure_words(found.criterion, found.estimand),
        "producer_bar": found.bar,
        "producer_confidence": found.confidence,
        "producer_last": LAST,
        "producer_chart": _chart(found) if drawn else None,
        "producer_scale": _scale(found),
    }


def _row(one: Record) -> ProducerRow:
    outcomes = Counter(outing.outcome for outing in one.outings if outing.outcome)
    before = one.outings[:-1]
    items = sum(outing.items for outing in before)
    rate = sum(outing.items * outing.estimate for outing in before) / items if items else None
    return ProducerRow(one, outcomes.most_common(), None if rate is None else one.outings[-1].estimate - rate)


def _scale(found: TrackRecord) -> tuple[float, float]:
    low = min(one.low for one in found.records)
    return max(0.0, min(low, found.bar if found.bar is not None else 1.0) - 0.02), 1.0


def _chart(found: TrackRecord) -> Chart:
    points = [
        Point(outing.day.isoformat(), outing.estimate, outing.low, outing.high, one.producer)
        for one in found.records[:MOST_LINES]
        for outing in one.outings
    ]
    line = " The dashed line is what the newest rule asks for." if found.bar is not None else ""
    return line_chart(
        points,
        title="Audit by audit",
        description=f"Each producer's estimate with its interval.{line}",
        x_title="audit opened",
        y_title=measure_words(found.criterion, found.estimand).lower(),
        target=found.bar,
    )
