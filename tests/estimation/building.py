"""An audit brought to the point where it can be estimated, with labels on the items it drew."""

from collections.abc import Callable
from typing import Any

from auditing.audits.lifecycle import AUDIT
from auditing.audits.models import Audit
from auditing.datasets.models import Item
from auditing.sampling.services import draw_sample
from tests.cast import SOP, make_audit, make_sop
from tests.ratings.ratings_of import rate

Answer = Callable[[Item], str | None]


def sop_with(**changes: Any) -> dict[str, Any]:
    """The usual SOP; `sampling` and `acceptance` are merged, the rest replaced."""
    merged = {key: {**SOP[key], **changes.pop(key, {})} for key in ("sampling", "acceptance")}
    return {**SOP, **merged, **changes}


def drawn_audit(batch, rubric_version, lead, **changes: Any) -> Audit:
    sop_version = make_sop(batch.collection, rubric_version, lead, sop_with(**changes))
    return drawn(make_audit(batch, sop_version, lead), lead)


def drawn(audit: Audit, lead) -> Audit:
    draw_sample(by=lead, audit=audit)
    AUDIT.advance(audit, "collect")
    AUDIT.advance(audit, "rule")
    return audit


def label_drawn(audit: Audit, answer: Answer, criterion: str = "correct", rater: str = "ann") -> None:
    """One human's label on each drawn item; None where she did not speak."""
    drawn = set(audit.plan.draws.filter(is_human=True).values_list("item", flat=True))
    items = audit.batch.items.order_by("position")
    rate(audit.batch, rater, criterion, [answer(item) if item.pk in drawn else None for item in items])


def judge_all(audit: Audit, answer: Answer, criterion: str = "correct", rater: str = "gpt") -> None:
    items = audit.batch.items.order_by("position")
    rate(audit.batch, rater, criterion, [answer(item) for item in items], kind="judge")


def only(found: list[Any], **wanted: Any) -> Any:
    """The one of them with these attributes."""
    matching = [one for one in found if all(getattr(one, key) == value for key, value in wanted.items())]
    assert len(matching) == 1, f"{len(matching)} have {wanted}"
    return matching[0]
