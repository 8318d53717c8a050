"""A delivery in the browser: upload, mapping with preview, a worker's import, and mending what failed."""

import json

import pytest
from django.urls import reverse

from auditing.datasets.deliveries import claim, import_delivery
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Batch, Delivery, DeliveryState
from auditing.datasets.services import save_mapping
from auditing.datasets.uploads import kept

ROWS = [
    {"key": f"k{n}", "question": f"Q{n}?", "answer": f"A{n}", "meta": {"topic": "xy"[n % 2]}}
    for n in range(6)
]
FIELDS = {"mode": "fields", "id": "key", "input": "question", "output": "answer", "slices": ["meta.topic"]}
IMPORT = {"batch_name": "week-11"}


@pytest.fixture
def woken(monkeypatch):
    """What a worker was told, without a worker."""
    told: list[int] = []
    monkeypatch.setattr("auditing.datasets.tasks.import_delivery_task.delay", told.append)
    return told


@pytest.fixture
def as_lead(client, lead, settings, tmp_path):
    settings.DELIVERIES_ROOT = tmp_path / "kept"
    client.force_login(lead)
    return client


@pytest.fixture
def upload(as_lead, collection, tmp_path):
    def upload(rows=ROWS, name="week-11.jsonl"):
        path = tmp_path / name
        path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
        with open(path, "rb") as file:
            return as_lead.post(reverse("deliver", args=[collection.slug]), {"file": file})

    return upload


def text(answer) -> str:
    return answer.content.decode()


def work(told: list[int]) -> None:
    for pk in told:
        delivery = claim(pk)
        assert delivery is not None
        import_delivery(delivery)
    told.clear()


def test_an_upload_leads_to_a_suggested_mapping(as_lead, upload):
    answer = upload()
    delivery = Delivery.objects.get()
    assert answer["Location"] == reverse("delivery", args=[delivery.pk])
    page = text(as_lead.get(answer["Location"]))
    assert '<option value="key" selected>' in page
    assert "The first 6 rows fit this mapping." in page
    assert page.count("Q0?") == 1
    assert "Q5?" in page


def test_a_file_that_cannot_be_read_leaves_nothing_behind(upload, tmp_path):
    for name, content in (("x.txt", "a"), ("x.jsonl", "[1]"), ("x.csv", "id,id\n1,2")):
        page = text(upload([content], name))
        assert "errorlist" in page or "field-error" in page
    assert not Delivery.objects.exists()
    assert not list((tmp_path / "kept").glob("*"))


def test_the_preview_follows_the_choices(as_lead, upload):
    upload()
    url = reverse("delivery-preview", args=[Delivery.objects.get().pk])
    assert "Q0?" in text(as_lead.post(url, FIELDS))
    assert "field id: is empty" in text(as_lead.post(url, FIELDS | {"id": ""}))
    broken = text(as_lead.post(url, {"mode": "yaml", "yaml": "id: key\npayload: {inptu: x}"}))
    assert "unknown payload word" in broken
    assert "id: key" in text(
        as_lead.post(url, {"mode": "yaml", "yaml": "id: key\npayload: {input: question}"})
    )


def test_an_import_becomes_a_batch(
    as_lead, upload, woken, django_capture_on_commit_callbacks, collection, lead
):
    upload()
    delivery = Delivery.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        answer = as_lead.post(
            reverse("delivery-import", args=[delivery.pk]),
            FIELDS | IMPORT | {"keep_as": "Weekly", "made_by": "Bolt"},
        )
    assert woken == [delivery.pk]
    progress = text(as_lead.get(answer["Location"]))
    assert "waiting for a worker" in progress
    path = kept(delivery.path)
    with django_capture_on_commit_callbacks(execute=True):
        work(woken)
    assert not path.exists()
    batch = Batch.objects.get()
    assert (batch.name, batch.item_count, batch.producer.name) == ("week-11", 6, "Bolt")
    assert batch.delivered_by == lead
    assert collection.mappings.get().spec["id"] == "key"
    moved = as_lead.get(reverse("delivery-progress", args=[delivery.pk]))
    assert moved["HX-Redirect"] == reverse("delivery", args=[delivery.pk])
    assert as_lead.get(moved["HX-Redirect"])["Location"] == reverse("batch", args=[batch.pk])


def test_a_failed_import_shows_lines_and_fields_and_can_be_tried_again(
    as_lead, upload, woken, django_capture_on_commit_callbacks
):
    upload([*ROWS, "{broken", {"key": "k0", "question": "again", "answer": "!"}])
    url = reverse("delivery-import", args=[Delivery.objects.get().pk])
    with django_capture_on_commit_callbacks(execute=True):
        as_lead.post(url, FIELDS | IMPORT)
    work(woken)
    delivery = Delivery.objects.get()
    assert delivery.state == DeliveryState.FAILED
    assert kept(delivery.path).exists()
    page = text(as_lead.get(reverse("delivery", args=[delivery.pk])))
    for words in ("Nothing was imported.", "not JSON", "was on line 1 already", '<td class="mono">key</td>'):
        assert words in page
    with django_capture_on_commit_callbacks(execute=True):
        as_lead.post(url, FIELDS | IMPORT | {"skip_bad": "on"})
    work(woken)
    assert Batch.objects.get().rejected_rows.count() == 2


def test_a_delivery_is_claimed_by_one_worker(upload, woken, as_lead, django_capture_on_commit_callbacks):
    upload()
    pk = Delivery.objects.get().pk
    assert claim(pk) is None
    with django_capture_on_commit_callbacks(execute=True):
        as_lead.post(reverse("delivery-import", args=[pk]), FIELDS | IMPORT)
    assert claim(pk) is not None
    assert claim(pk) is None


def test_the_preview_shows_ten_items_and_what_repeats_an_id(as_lead, upload):
    rows = [{"key": f"k{n}", "question": f"Q{n}?", "answer": "A"} for n in range(12)]
    upload([*rows, rows[2]])
    page = text(as_lead.get(reverse("delivery", args=[Delivery.objects.get().pk])))
    assert ("Q9?" in page, "Q10?" in page) == (True, False)
    assert "1 of the first 13 rows" in page
    assert "the id &#x27;k2&#x27; was on line 3 already" in page


def test_a_vendor_keeps_mappings_of_her_own_and_sees_no_others(
    client, as_lead, upload, vendor, lead, woken, django_capture_on_commit_callbacks, collection
):
    save_mapping(by=lead, collection=collection, name="The house's", spec=MappingSpec("id", {"input": "q"}))
    client.force_login(vendor)
    upload()
    first = reverse("delivery", args=[Delivery.objects.get().pk])
    assert "The house&#x27;s" not in text(client.get(first))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            reverse("delivery-import", args=[Delivery.objects.get().pk]),
            FIELDS | IMPORT | {"keep_as": "Ours"},
        )
    kept = collection.mappings.get(name="Ours")
    assert kept.producer.name == "Acme Annotation"
    upload(name="week-12.jsonl")
    again = reverse("delivery", args=[Delivery.objects.first().pk])
    assert "Ours" in text(client.get(again))
    assert client.get(f"{again}?mapping={collection.mappings.get(producer=None).pk}").status_code == 404
    page = text(client.get(reverse("collection", args=[collection.slug])))
    assert ("Ours" in page, "The house&#x27;s" in page) == (True, False)


def test_a_vendors_mapping_is_offered_first_for_nobody_elses_file(as_lead, upload, vendor, collection):
    spec = MappingSpec("key", {"input": "answer"})
    save_mapping(by=vendor, collection=collection, name="Ours", spec=spec)
    upload()
    page = text(as_lead.get(reverse("delivery", args=[Delivery.objects.get().pk])))
    assert "Ours" in page
    assert "input: question" in page


def test_a_vendor_delivers_in_her_own_name(
    client, as_lead, upload, vendor, woken, django_capture_on_commit_callbacks, collection
):
    client.force_login(vendor)
    upload()
    pk = Delivery.objects.get().pk
    assert "made_by" not in text(client.get(reverse("delivery", args=[pk])))
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("delivery-import", args=[pk]), FIELDS | IMPORT)
    work(woken)
    assert Batch.objects.get().producer.name == "Acme Annotation"


def test_others_do_not_see_a_vendors_upload(client, upload, vendor, outsider, auditor):
    client.force_login(vendor)
    upload()
    url = reverse("delivery", args=[Delivery.objects.get().pk])
    for stranger in (outsider, auditor):
        client.force_login(stranger)
        assert client.get(url).status_code == 404
