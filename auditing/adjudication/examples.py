"""Rulings as few-shot examples for judges."""

import random
from collections import Counter, defaultdict
from typing import Any

from auditing.accounts.models import User
from auditing.adjudication.models import Ruling
from auditing.adjudication.selectors import rulings_open_to
from auditing.core.errors import Missing
from auditing.datasets.models import Batch, Item
from auditing.rubrics.models import RubricVersion
from auditing.rubrics.scales import CANNOT_ASSESS


def drawn_examples(
    *, user: User, rubric_version: RubricVersion, count: int, seed: int = 0, without: Batch | None = None
) -> list[dict[str, Any]]:
    """`count` ruled items she may see, as `judging.schema.examples` has them, balanced over the values that were ruled.

    Rulings under any version of the rubric count; those of `without`, the batch that is to be audited, never do. One
    item at a time is taken: the one whose values are rarest among those taken so far, by lot (`seed`) where several
    are. Raises Missing where nothing is ruled.
    """
    ruled = _by_item(user, rubric_version, without)
    if not ruled:
        raise Missing(f"No item is ruled on under {rubric_version.rubric} where you may see it.")
    pool = sorted(ruled)
    random.Random(seed).shuffle(pool)  # noqa: S311 - which examples are shown is no secret
    taken: list[int] = []
    seen: Counter[tuple[str, str]] = Counter()
    while pool and len(taken) < count:
        best = max(
            pool, key=lambda item: sum(1 / (1 + seen[one.criterion, one.value]) for one in ruled[item])
        )
        pool.remove(best)
        taken.append(best)
        seen.update((one.criterion, one.value) for one in ruled[best])
    items = Item.objects.select_related("batch__collection").in_bulk(taken)
    return [_example(items[item], ruled[item]) for item in taken]


def _by_item(user: User, rubric_version: RubricVersion, without: Batch | None) -> dict[int, list[Ruling]]:
    rulings = rulings_open_to(user).filter(
        superseded_at=None, audit__sop_version__rubric_version__rubric=rubric_version.rubric_id
    )
    if without is not None:
        rulings = rulings.exclude(item__batch=without)
    keys = {criterion.key for criterion in rubric_version.spec.criteria}
    found: dict[int, list[Ruling]] = defaultdict(list)
    for ruling in rulings.order_by("item_id", "criterion", "pk"):
        if ruling.criterion in keys and ruling.value != CANNOT_ASSESS:
            found[ruling.item_id].append(ruling)
    return found


def _example(item: Item, rulings: list[Ruling]) -> dict[str, Any]:
    return {
        "id": item.external_id,
        "batch": f"{item.batch.collection.slug}/{item.batch.name}",
        "payload": item.payload,
        "values": {ruling.criterion: ruling.value for ruling in rulings},
        "rationales": {ruling.criterion: ruling.rationale for ruling in rulings if ruling.rationale},
    }
