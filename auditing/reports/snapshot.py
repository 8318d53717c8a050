"""Everything a report says, as one frozen piece of plain data: exporters read nothing else.

Reviewers appear as letters and producers by name. Times are ISO 8601 in UTC.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import pandas as pd

from auditing.adjudication.models import Ruling
from auditing.audits.models import Audit
from auditing.core.errors import Conflict
from auditing.datasets.models import Item, RejectedRow
from auditing.estimation.models import Decision
from auditing.judging.models import Run
from auditing.judging.selectors import progress as run_progress
from auditing.judging.selectors import suspects, unscored_by_reason
from auditing.metaaudit.selectors import REFERENCE, Evidence, evidence
from auditing.ratings.frame import opinions
from auditing.ratings.reference import reference
from auditing.reports.agreement import agreement
from auditing.reviews.models import Review
from auditing.rubrics.schema import ITEM_PASSES
from auditing.sampling.models import Draw

FORMAT = 1
EXAMPLES = 10
EXAMPLE_LENGTH = 400
ESTIMATE_FIELDS = (
    "criterion",
    "estimand",
    "slice_field",
    "slice_value",
    "basis",
    "target",
    "method",
    "estimate",
    "low",
    "high",
    "confidence",
    "side",
    "n_human",
    "n_judged",
    "population",
    "n_effective",
    "labels_saved",
    "earlier_labels",
    "unscored",
    "beside",
    "note",
    "inputs_hash",
)


def snapshot_of(audit: Audit, *, made_at: datetime) -> dict[str, Any]:
    """Raises Conflict while there is no estimate to report."""
    if not audit.estimates.exists():
        raise Conflict("There is nothing to report yet: the estimates come first.")
    seen = evidence(batch=audit.batch, audit=audit)
    names, labels = Pseudonyms(seen), _reference(audit)
    return {
        "format": FORMAT,
        "software": f"Dokima {_software_version()}",
        "made_at": _time(made_at),
        "audit": _audit(audit),
        "batch": _batch(audit),
        "rubric": _version(audit.sop_version.rubric_version),
        "sop": _version(audit.sop_version),
        "plan": _plan(audit),
        "labels": _labels(audit),
        "judges": [_run(run) for run in audit.runs.select_related("judge_version__judge").order_by("pk")],
        "estimates": [_fields(row, ESTIMATE_FIELDS) for row in audit.estimates.all()],
        "decision": _decision(audit),
        "meta_audit": agreement(seen, names.of),
        "errors": _errors(audit, labels),
        "items": _items(audit, seen, labels, names),
        "failed_examples": _failed_examples(audit, labels),
    }


class Pseudonyms:
    """Reviewers of the audit as letters in the order of their names; imported raters and judges keep theirs."""

    def __init__(self, seen: Evidence) -> None:
        own = Review.objects.filter(task__audit=seen.audit).values_list("task__reviewer__username", flat=True)
        reviewers = sorted({name for name in own if name})
        self._letters = {name: f"Auditor {_letter(index)}" for index, name in enumerate(reviewers)}

    def of(self, rater: str) -> str:
        return self._letters.get(rater.removesuffix(" (this audit)"), rater)


def _letter(index: int) -> str:
    """A to Z, then AA, AB and so on."""
    return (_letter(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def _software_version() -> str:
    try:
        return version("dokima")
    except PackageNotFoundError:  # run from a checkout
        return "0.1.0"


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else None


def _fields(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _audit(audit: Audit) -> dict[str, Any]:
    return {
        "id": audit.pk,
        "name": str(audit),
        "number": audit.number,
        "seed": str(audit.seed),  # as text: JSON readers may round large numbers
        "opened_at": _time(audit.opened_at),
        "closed_at": _time(audit.closed_at),
        "collection": audit.batch.collection.name,
        "simulated": audit.batch.collection.simulated,
    }


def _batch(audit: Audit) -> dict[str, Any]:
    batch = audit.batch
    return {
        "name": batch.name,
        "producer": str(batch.producer or ""),
        "received_at": _time(batch.received_at),
        "file_name": batch.file_name,
        "content_hash": batch.content_hash,
        "items": batch.item_count,
        "rejected_rows": RejectedRow.objects.filter(batch=batch).count(),
    }


def _version(version: Any) -> dict[str, Any]:
    return {
        "name": str(version),
        "number": version.number,
        "checksum": version.checksum,
        "published_at": _time(version.published_at),
        "content": version.content,
    }


def _plan(audit: Audit) -> dict[str, Any]:
    plan = audit.plan
    names = ("method", "parameters", "generator", "frame_hash", "frame_size", "judge_size", "human_size")
    strata = plan.strata.values("name", "size", "judge_drawn", "human_drawn")
    return {
        **_fields(plan, names),
        "seed": str(plan.seed),
        "locked_at": _time(plan.locked_at),
        "strata": list(strata),
    }


def _labels(audit: Audit) -> dict[str, Any]:
    reviews = Review.objects.filter(task__audit=audit, submitted_at__isnull=False)
    seconds = sorted(reviews.values_list("active_seconds", flat=True))
    return {
        "source": audit.sop.labels.source,
        "reviews": len(seconds),
        "reviewers": reviews.values("task__reviewer").distinct().count(),
        "median_active_seconds": seconds[len(seconds) // 2] if seconds else None,
        "rulings": Ruling.objects.filter(audit=audit, superseded_at=None).count(),
        "disagreements": audit.disagreements.count(),
    }


def _run(run: Run) -> dict[str, Any]:
    so_far, version = run_progress(run), run.judge_version
    return {
        "judge": version.judge.name,
        "version": version.number,
        "checksum": version.checksum,
        "fingerprint": run.fingerprint,
        "model": ", ".join(version.spec.models),
        "endpoint": ", ".join(version.spec.endpoints),
        "simulated": version.judge.simulated,
        "calls": so_far.total,
        "done": so_far.done,
        "failed": so_far.failed,
        "unscored": [vars(reason) for reason in unscored_by_reason(run)],
        "suspected_injections": [{"item": one.item, "why": one.why} for one in suspects(run)],
        "tokens": so_far.tokens,
        "cost": None if so_far.spent is None else str(so_far.spent),
        "finished_at": _time(run.finished_at),
    }


def _decision(audit: Audit) -> dict[str, Any] | None:
    decision = Decision.objects.filter(audit=audit).select_related("decided_by").first()
    if decision is None:
        return None
    names = ("rule", "evidence", "proposed", "reason", "outcome", "comment")
    return {
        **_fields(decision, names),
        "decided_at": _time(decision.decided_at),
        "decided_by": str(decision.decided_by or ""),
    }


def _errors(audit: Audit, labels: pd.DataFrame) -> list[dict[str, Any]]:
    """How often each category and severity stands in the reference labels of taxonomy criteria."""
    taxonomies = {one.key for one in audit.rubric.criteria if one.scale.type == "taxonomy"}
    counted: Counter[tuple[str, str, str]] = Counter()
    for criterion, value in labels.loc[
        labels["criterion"].isin(taxonomies), ["criterion", "value"]
    ].itertuples(index=False):
        for error in json.loads(value) if isinstance(value, str) else []:
            counted[(criterion, error["category"], error["severity"])] += 1
    return [
        {"criterion": criterion, "category": category, "severity": severity, "count": count}
        for (criterion, category, severity), count in sorted(
            counted.items(), key=lambda pair: (-pair[1], pair[0])
        )
    ]


def _reference(audit: Audit) -> pd.DataFrame:
    """The reference labels of the human sample, with where each comes from."""
    own = opinions(batch=audit.batch, audit=audit)
    labels = reference(own, rubric=audit.rubric, rater=audit.sop.labels.reference)
    drawn = Draw.objects.filter(plan__audit=audit, is_human=True).values_list("item_id", flat=True)
    return labels[labels["item"].isin(set(drawn))]


def _items(audit: Audit, seen: Evidence, labels: pd.DataFrame, names: Pseudonyms) -> list[dict[str, Any]]:
    """The human sample: each unit's probability, its reference labels and what every rater said."""
    settled = {
        (item, criterion): {"value": value, "source": source}
        for item, criterion, value, source in labels[["item", "criterion", "value", "source"]].itertuples(
            index=False
        )
    }
    said_of: dict[int, dict[str, dict[str, str | None]]] = {}
    rows = seen.frame[(seen.frame["criterion"] != ITEM_PASSES) & (seen.frame["rater"] != REFERENCE)]
    for item, rater, criterion, value in rows[["item", "rater", "criterion", "value"]].itertuples(
        index=False
    ):
        said = value if isinstance(value, str) else None
        said_of.setdefault(item, {}).setdefault(names.of(rater), {})[criterion] = said
    criteria = [*(one.key for one in audit.rubric.criteria), ITEM_PASSES]
    draws = audit.plan.draws.filter(is_human=True).select_related("item__producer")
    return [
        {
            "id": draw.item.external_id,
            "producer": str(draw.item.producer or ""),
            "stratum": draw.stratum,
            "probability": draw.human_probability,
            "labels": {key: settled[draw.item_id, key] for key in criteria if (draw.item_id, key) in settled},
            "opinions": said_of.get(draw.item_id, {}),
        }
        for draw in draws.iterator(chunk_size=2000)
    ]


def _failed_examples(audit: Audit, labels: pd.DataFrame) -> list[dict[str, Any]]:
    """Some items of the human sample that do not pass, in the order in which they were drawn."""
    failed = set(labels.loc[(labels["criterion"] == ITEM_PASSES) & (labels["value"] == "no"), "item"])
    drawn = audit.plan.draws.filter(is_human=True, item__in=failed).order_by("position")[:EXAMPLES]
    return [_example(draw.item, labels) for draw in drawn.select_related("item")]


def _example(item: Item, labels: pd.DataFrame) -> dict[str, Any]:
    own = labels[(labels["item"] == item.pk) & (labels["criterion"] != ITEM_PASSES)]
    return {
        "id": item.external_id,
        "text": {word: _shortened(value) for word, value in item.payload.items() if word != "images"},
        "labels": {
            key: value if isinstance(value, str) else None
            for key, value in zip(own["criterion"], own["value"], strict=True)
        },
    }


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= EXAMPLE_LENGTH else text[: EXAMPLE_LENGTH - 1] + "…"
