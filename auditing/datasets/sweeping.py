"""Uploads that nobody went on with, and what killed processes left of them: swept, and told in the journal."""

import time
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from auditing.datasets.models import Delivery, DeliveryState
from auditing.datasets.uploads import kept
from auditing.journal.services import record

ABANDONED_AFTER = timedelta(days=14)  # not mapped, or failed and not tried again
STRAY_AFTER = timedelta(days=1)  # a file that no delivery names, longer than any request lasts


def sweep() -> int:
    """Returns how many deliveries and stray files went."""
    swept = sum(_swept(pk) for pk in list(_abandoned().values_list("pk", flat=True)))
    return swept + _sweep_strays()


def _abandoned() -> QuerySet[Delivery]:
    since = timezone.now() - ABANDONED_AFTER
    old = Q(created_at__lt=since) & (Q(touched_at=None) | Q(touched_at__lt=since))
    return Delivery.objects.filter(old, state__in=[DeliveryState.UPLOADED, DeliveryState.FAILED])


@transaction.atomic
def _swept(pk: int) -> bool:
    """False where somebody went on with it meanwhile."""
    delivery = _abandoned().select_for_update().filter(pk=pk).first()
    if delivery is None:
        return False
    details = {"file": delivery.file_name, "size": delivery.size, "state": delivery.state}
    record(
        by=None,
        verb="swept the abandoned upload",
        subject=delivery,
        collection_id=delivery.collection_id,
        details=details,
    )
    path = kept(delivery.path)
    delivery.delete()
    transaction.on_commit(partial(path.unlink, missing_ok=True))
    return True


def _sweep_strays() -> int:
    named = set(Delivery.objects.exclude(state=DeliveryState.IMPORTED).values_list("path", flat=True))
    before = time.time() - STRAY_AFTER.total_seconds()
    strays = [path for path in _files() if path.name not in named and path.stat().st_mtime < before]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)


def _files() -> Iterable[Path]:
    for folder in (Path(settings.DELIVERIES_ROOT), Path(settings.FILE_UPLOAD_TEMP_DIR)):
        if folder.is_dir():
            yield from (path for path in folder.iterdir() if path.is_file())
