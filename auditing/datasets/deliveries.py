"""Deliveries through the web and the API: the file is kept, mapped in preview, and imported by a worker."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from auditing.accounts.models import User
from auditing.accounts.roles import Permission
from auditing.core.errors import BadInput, DokimaError
from auditing.datasets.importing import ImportProgress, ImportResult, import_items
from auditing.datasets.lifecycle import DELIVERY
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Collection, Delivery, DeliveryState
from auditing.datasets.policies import require
from auditing.datasets.problems import BadRows, Problem
from auditing.datasets.readers import Row, first_rows, kind_of
from auditing.datasets.uploads import keep, kept, plain_name
from auditing.journal.services import record

READING_SHARE = 0.7  # of an import's time
SILENCE = timedelta(minutes=2)
FAULT = "The import stopped on a fault of the platform, not of your file. Nothing was imported; try again."


class Preview(NamedTuple):
    """The first rows of a delivered file, and what is wrong with those that cannot be read."""

    rows: list[Row]
    unreadable: list[Row]


def receive(*, by: User, collection: Collection, file_name: str, chunks: Iterable[bytes]) -> Delivery:
    """Keep an uploaded file under a name of our own. Raises BadInput when its first rows cannot be read at all."""
    require(by, Permission.DELIVER, collection)
    name = plain_name(file_name)
    kind_of(name)
    path = keep(chunks)
    try:
        _peek(path, name)
        return _keep(by, collection, name, path)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


@transaction.atomic
def _keep(by: User, collection: Collection, name: str, path: Path) -> Delivery:
    delivery = Delivery.objects.create(
        collection=collection, by=by, file_name=name, path=path.name, size=path.stat().st_size
    )
    record(by=by, verb="uploaded", subject=delivery, collection_id=collection.pk, details={"file": name})
    return delivery


def file_of(delivery: Delivery) -> Path:
    return kept(delivery.path)


def preview(delivery: Delivery) -> Preview:
    """The file's first rows."""
    return _peek(file_of(delivery), delivery.file_name)


def _peek(path: Path, name: str) -> Preview:
    rows = first_rows(path, name=name)
    readable = [row for row in rows if not row.problem]
    if not rows:
        raise BadInput("the file has no rows", file=name)
    if not readable:
        raise BadInput(rows[0].problem, file=name, line=rows[0].line, field=rows[0].field)
    return Preview(readable, [row for row in rows if row.problem])


def start_import(
    *,
    by: User,
    delivery: Delivery,
    mapping: MappingSpec,
    batch_name: str,
    producer_name: str = "",
    skip_bad: bool = False,
    wake: Callable[[int], object],
) -> None:
    """Queue the import of an uploaded file, or of a failed one once more; `wake(pk)` tells a worker, after commit."""
    require(by, Permission.DELIVER, delivery.collection)
    with transaction.atomic():
        DELIVERY.advance(delivery, "queue")
        Delivery.objects.filter(pk=delivery.pk).update(
            mapping=mapping.to_dict(),
            batch_name=batch_name.strip(),
            producer_name=producer_name.strip(),
            skip_bad=skip_bad,
            error="",
            problems=[],
            rows_done=0,
            fraction_done=0,
        )
        record(by=by, verb="queued", subject=delivery, collection_id=delivery.collection_id)
        transaction.on_commit(partial(wake, delivery.pk))


def waiting_for_a_worker() -> QuerySet[Delivery]:
    """Queued deliveries, and those whose worker has given no sign of life for a while."""
    silent = Q(state=DeliveryState.IMPORTING, touched_at__lt=timezone.now() - SILENCE)
    return Delivery.objects.filter(Q(state=DeliveryState.QUEUED) | silent)


def claim(delivery_id: int) -> Delivery | None:
    """The delivery, the caller's to import; None when it waits for nobody, or somebody else was quicker."""
    waiting = waiting_for_a_worker().filter(pk=delivery_id)
    claimed = waiting.update(state=DeliveryState.IMPORTING, touched_at=timezone.now())
    return Delivery.objects.select_related("by", "collection").get(pk=delivery_id) if claimed else None


def import_delivery(delivery: Delivery) -> None:
    """Import a claimed delivery. What the file's owner can mend ends up on the delivery."""
    try:
        result = import_items(
            by=delivery.by,
            path=file_of(delivery),
            collection=delivery.collection,
            batch_name=delivery.batch_name or None,
            mapping=MappingSpec.from_dict(delivery.mapping),
            producer=delivery.producer_name or None,
            skip_bad=delivery.skip_bad,
            file_name=delivery.file_name,
            progress=partial(_note_progress, delivery),
        )
    except DokimaError as error:
        _fail(delivery, str(error), error.problems if isinstance(error, BadRows) else [])
    except Exception:
        _fail(delivery, FAULT)
        raise
    else:
        _finish(delivery, result)


@transaction.atomic
def _finish(delivery: Delivery, result: ImportResult) -> None:
    DELIVERY.advance(delivery, "finish")
    Delivery.objects.filter(pk=delivery.pk).update(
        batch=result.batch, rows_done=result.imported, fraction_done=1
    )
    transaction.on_commit(partial(file_of(delivery).unlink, missing_ok=True))


@transaction.atomic
def _fail(delivery: Delivery, message: str, problems: Sequence[Problem] = ()) -> None:
    """The file stays, so that the mapping can be corrected and the import tried again."""
    listed = [[problem.line, problem.field, problem.message] for problem in problems]
    Delivery.objects.filter(pk=delivery.pk).update(error=message, problems=listed)
    DELIVERY.advance(delivery, "fail")


def _note_progress(delivery: Delivery, at: ImportProgress) -> None:
    # storing happens inside a transaction that nobody else sees into
    if at.stage == "reading":
        Delivery.objects.filter(pk=delivery.pk).update(
            rows_done=at.rows, fraction_done=at.fraction * READING_SHARE, touched_at=timezone.now()
        )
