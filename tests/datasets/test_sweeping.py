"""What was uploaded and abandoned goes, and nothing else does."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from auditing.datasets.deliveries import file_of, receive
from auditing.datasets.models import Delivery, DeliveryState
from auditing.datasets.sweeping import sweep
from auditing.datasets.tasks import sweep_uploads
from auditing.journal.models import Entry

ROW = b'{"id": "1", "input": "Question?"}\n'


@pytest.fixture(autouse=True)
def folders(settings, tmp_path: Path) -> None:
    settings.DELIVERIES_ROOT = tmp_path / "kept"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    for folder in (settings.DELIVERIES_ROOT, settings.FILE_UPLOAD_TEMP_DIR):
        folder.mkdir()


@pytest.fixture
def upload(collection, lead) -> Delivery:
    return receive(by=lead, collection=collection, file_name="week-11.jsonl", chunks=[ROW])


def age(delivery: Delivery, days: int = 15, **fields) -> None:
    moment = timezone.now() - timedelta(days=days)
    Delivery.objects.filter(pk=delivery.pk).update(created_at=moment, **fields)


@pytest.mark.parametrize("state", [DeliveryState.UPLOADED, DeliveryState.FAILED])
@pytest.mark.django_db(transaction=True)
def test_an_abandoned_upload_goes_with_its_file(upload, state) -> None:
    age(upload, state=state, error="bad" if state == DeliveryState.FAILED else "")
    sweep_uploads()
    assert not Delivery.objects.exists()
    assert not file_of(upload).exists()
    entry = Entry.objects.get(verb="swept the abandoned upload")
    assert entry.details == {"file": "week-11.jsonl", "size": len(ROW), "state": str(state)}


def test_what_is_new_waits_or_was_imported_stays(upload) -> None:
    assert sweep() == 0
    for state in (DeliveryState.QUEUED, DeliveryState.IMPORTING, DeliveryState.IMPORTED):
        age(upload, state=state)
        assert sweep() == 0
    age(upload, state=DeliveryState.FAILED, error="bad", touched_at=timezone.now())
    assert sweep() == 0
    assert file_of(upload).exists()


def test_files_that_no_delivery_names_go_after_a_day(upload, settings) -> None:
    strays = [settings.DELIVERIES_ROOT / "stray", settings.FILE_UPLOAD_TEMP_DIR / "half.upload"]
    fresh = settings.FILE_UPLOAD_TEMP_DIR / "under-way.upload"
    for path in (*strays, fresh):
        path.touch()
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in (*strays, file_of(upload)):
        os.utime(path, (two_days_ago, two_days_ago))
    assert sweep() == 2
    assert fresh.exists()
    assert file_of(upload).exists()
