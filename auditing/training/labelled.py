"""The labelled items that a judge may learn from: rulings first, and never an item of an audit that is not over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.core.errors import BadInput
from auditing.datasets.models import Batch, Item
from auditing.judging.learning import LEARNABLE, LabelledItem, feature_name
from auditing.ratings.frame import SCORED, opinions
from auditing.ratings.models import RaterKind
from auditing.ratings.reference import MEAN, reference
from auditing.rubrics.scales import Ordinal
from auditing.rubrics.schema import Criterion, RubricSpec
from auditing.sampling.models import Draw

OVER = (AuditState.DECIDED, AuditState.CANCELLED)
ROWS_AT_ONCE = 1000


@dataclass(frozen=True)
class Source:
    """A batch with its imported labels and, where an audit is named, that audit's rulings and reviews."""

    batch: Batch
    audit: Audit | None = None

    def __str__(self) -> str:
        return f"audit {self.audit.pk}" if self.audit else f"batch {self.batch}"


@dataclass(frozen=True)
class Gathered:
    """Labelled items, and what was left out of them. `rounded`: means of people put on the nearest level."""

    items: list[LabelledItem]
    left_out: int
    rounded: int


def gather(
    criterion: Criterion,
    sources: Sequence[Source],
    rubric: RubricSpec,
    *,
    judges: Sequence[str],
    reference_rater: str | None = None,
) -> Gathered:
    """Everything labelled on a criterion in these sources.

    Raises BadInput for a scale that cannot be learnt, and for a judge that said nothing there.
    """
    if criterion.scale.type not in LEARNABLE:
        said = f"a {criterion.scale.type} scale cannot be learnt; {', '.join(LEARNABLE)} can"
        raise BadInput(said, field=criterion.key)
    items: list[LabelledItem] = []
    left_out = rounded = 0
    for source in sources:
        frame = opinions(batch=source.batch, audit=source.audit, rubric=rubric)
        labels = reference(frame, rubric=rubric, rater=reference_rater)
        labels = labels[(labels["criterion"] == criterion.key) & labels["value"].notna()]
        closed = labels[~labels["item"].isin(_under_audit(labels["item"]))]
        left_out += len(labels) - len(closed)
        rounded += int((closed["source"] == MEAN).sum())
        numbers = _numbers(frame, judges, closed["item"])
        items += _labelled(closed, criterion, numbers)
    return Gathered(items, left_out, rounded)


def _under_audit(items: Iterable[int]) -> set[int]:
    """Of these items, those in the sample of an audit that is not over."""
    drawn = Draw.objects.filter(item__in=list(items)).exclude(plan__audit__state__in=OVER)
    return set(drawn.values_list("item_id", flat=True))


def _numbers(frame: pd.DataFrame, judges: Sequence[str], items: pd.Series) -> dict[int, dict[str, float]]:
    """Item -> feature name -> number, of the judges named."""
    of_judges = (frame["rater_kind"] == RaterKind.JUDGE) & frame["rater"].isin(list(judges))
    said = frame[of_judges & (frame["status"] == SCORED) & frame["number"].notna()]
    silent = sorted(set(judges) - set(said["rater"]))
    if silent:
        raise BadInput(f"has said nothing there that is a number: {', '.join(silent)}", field="judges")
    said = said[said["item"].isin(items)]
    numbers: dict[int, dict[str, float]] = {}
    for item, rater, criterion, number in zip(
        said["item"], said["rater"], said["criterion"], said["number"], strict=True
    ):
        numbers.setdefault(item, {})[feature_name(rater, criterion)] = float(number)
    return numbers


def _labelled(
    labels: pd.DataFrame, criterion: Criterion, numbers: dict[int, dict[str, float]]
) -> list[LabelledItem]:
    columns = (labels["item"], labels["value"], labels["number"], labels["source"])
    values = {
        int(item): _value(criterion, str(value), float(number), str(source))
        for item, value, number, source in zip(*columns, strict=True)
    }
    items = Item.objects.filter(pk__in=list(values)).order_by("pk").only("pk", "payload", "cluster")
    return [
        LabelledItem(item.payload, values[item.pk], item.cluster, numbers.get(item.pk, {}))
        for item in items.iterator(chunk_size=ROWS_AT_ONCE)
    ]


def _value(criterion: Criterion, value: str, number: float, source: str) -> str:
    """The label; a mean of people, which is no level, becomes the nearest one, the lower of two."""
    scale = criterion.scale
    if source != MEAN or not isinstance(scale, Ordinal):
        return value
    nearest = min(scale.levels, key=lambda level: (abs(level.value - number), level.value))
    return scale.canonical(nearest.value)
