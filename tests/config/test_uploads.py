"""The largest upload, where uploads lie while they come in, and who sweeps."""

import json
from pathlib import Path

import pytest
from django.conf import settings as configured
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from auditing.datasets.staging import staging_file

MOST = 1024 * 1024


@pytest.fixture
def small(settings) -> None:
    settings.UPLOAD_MAX_BYTES = MOST


def post(address: str, size: int):
    return Client().post(address, data=b"x" * size, content_type="application/octet-stream")


def test_a_page_refuses_what_is_too_large_in_one_sentence(small) -> None:
    answer = post("/login/", MOST + 1)
    assert answer.status_code == 413
    assert "What was sent is 2 MB, and at most 1 MB is taken at once" in answer.text


def test_so_does_the_api(small) -> None:
    answer = post("/api/v1/collections/any/deliveries", MOST + 1)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "at most 1 MB" in json.loads(answer.content)["detail"]


def test_strangers_fill_no_disk_with_files(settings, db) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MOST
    answer = post("/login/", MOST + 1)
    assert answer.status_code == 413
    assert "signed in: do that first" in answer.text


def test_who_has_signed_in_may_send_them(settings, lead) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = MOST
    client = Client()
    client.force_login(lead)
    sent = {"file": SimpleUploadedFile("x", b"x" * (MOST + 1))}
    assert client.post("/account/", sent).status_code == 200


def test_what_is_just_small_enough_is_read(small, db) -> None:
    assert post("/api/v1/collections/any/deliveries", MOST).status_code == 401


def test_nothing_of_an_upload_lies_in_the_systems_temporary_folder() -> None:
    folder = Path(configured.FILE_UPLOAD_TEMP_DIR)
    assert folder.is_dir()
    assert folder.parent == Path(configured.DELIVERIES_ROOT).parent
    with staging_file() as rows:
        assert Path(f"/proc/self/fd/{rows.file.fileno()}").readlink().parent == folder


def test_sweeping_is_scheduled() -> None:
    assert "datasets.sweep" in {one["task"] for one in configured.CELERY_BEAT_SCHEDULE.values()}
