"""Importing items: all or nothing, in bulk, the same file once, and every complaint with its line."""

import json
import threading
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.datasets.mapping import MappingSpec
from auditing.datasets.models import Batch, Collection, Item, Producer
from auditing.datasets.problems import BadRows
from auditing.datasets.services import delete_batch, import_items, on_arrival, restore_batch, save_mapping
from auditing.journal.models import Entry

MAPPING = MappingSpec.from_dict(
    {"id": "id", "payload": {"input": "q", "output": "a"}, "producer": "by", "slices": ["topic"]}
)


def jsonl(folder: Path, rows: list, name: str = "week-11.jsonl") -> Path:
    path = folder / name
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    return path


def some_rows(count: int = 3) -> list[dict]:
    return [
        {"id": f"i{n}", "q": f"Q{n}?", "a": f"A{n}", "by": "Acme", "topic": "xy"[n % 2]} for n in range(count)
    ]


@pytest.fixture
def deliver(tmp_path, collection, lead):
    def deliver(rows, *, name="week-11.jsonl", by=lead, mapping=MAPPING, **options):
        return import_items(
            by=by, path=jsonl(tmp_path, rows, name), collection=collection, mapping=mapping, **options
        )

    return deliver


def test_a_file_becomes_a_batch_with_its_items(deliver, lead, collection):
    result = deliver(some_rows())
    batch = result.batch
    assert (result.created, result.imported, result.rejected) == (True, 3, 0)
    assert (batch.name, batch.item_count, batch.slice_fields) == ("week-11", 3, ["topic"])
    assert (batch.delivered_by, batch.file_name, batch.mapping) == (lead, "week-11.jsonl", MAPPING.to_dict())
    second = batch.items.get(position=2)
    assert (second.external_id, second.payload) == ("i1", {"input": "Q1?", "output": "A1"})
    assert (second.producer.name, second.slices) == ("Acme", {"topic": "y"})
    entry = Entry.objects.latest("sequence")
    assert (entry.verb, entry.details["items"], entry.collection_id) == ("imported", 3, collection.pk)


def test_more_slices_than_a_page_can_show_are_refused(deliver):
    rows = [{"id": str(n), "input": "?", "slices": {f"s{n}": "x"}} for n in range(51)]
    with pytest.raises(BadInput, match="51 different slices; at most 50"):
        deliver(rows, mapping=MappingSpec.contract())
    assert deliver(rows[:50], mapping=MappingSpec.contract()).imported == 50


def test_a_payload_keeps_the_order_of_its_keys(deliver):
    mapping = MappingSpec("id", {"input": {"z": "q", "a": "a"}})
    item = deliver(some_rows(), mapping=mapping).batch.items.first()
    assert list(Item.objects.get(pk=item.pk).payload["input"]) == ["z", "a"]


def test_the_same_file_twice_is_the_same_batch(deliver):
    first = deliver(some_rows())
    again = deliver(some_rows(), name="other-name.jsonl")
    assert (again.created, again.batch) == (False, first.batch)
    assert Batch.objects.count() == 1
    assert Entry.objects.filter(verb="imported").count() == 1


def test_another_file_under_the_same_name_is_refused(deliver):
    deliver(some_rows())
    with pytest.raises(Conflict, match="has a batch named week-11 from another file"):
        deliver(some_rows(4))
    assert deliver(some_rows(4), batch_name="week-12").created


def test_bad_rows_stop_everything_and_are_all_named(deliver):
    rows = [*some_rows(2), "{broken", {"id": "i9", "a": "no question"}, {"id": "i1", "q": "?", "a": "!"}]
    with pytest.raises(BadRows) as complaint:
        deliver(rows)
    assert [(p.line, p.field) for p in complaint.value.problems] == [(3, ""), (4, "q"), (5, "id")]
    assert "the id 'i1' was on line 2 already" in str(complaint.value)
    assert str(complaint.value).startswith("week-11.jsonl: 3 bad rows, nothing imported: line 3, not JSON")
    assert not Batch.objects.exists()
    assert not Item.objects.exists()


def test_one_bad_row_is_one_line_naming_file_line_and_field(deliver):
    with pytest.raises(BadInput) as complaint:
        deliver([*some_rows(2), {"id": "i9", "a": "!"}])
    assert str(complaint.value) == "week-11.jsonl, line 3, field q: the input is missing"


def test_many_bad_rows_are_counted(deliver):
    with pytest.raises(BadRows, match=r"50 bad rows.*; and 30 more") as complaint:
        deliver(["{"] * 50 + some_rows())
    assert len(complaint.value.problems) == 20


def test_skipping_bad_rows_keeps_them_whole(deliver):
    broken = '{"id": "x", "q": "\\u0000'
    result = deliver([*some_rows(2), broken, {"id": "i1", "q": "twice", "a": "!"}], skip_bad=True)
    assert (result.imported, result.rejected) == (2, 2)
    first, second = result.batch.rejected_rows.all()
    assert (first.line, first.raw) == (3, broken)
    assert (second.line, second.field, json.loads(second.raw)["q"]) == (4, "id", "twice")


def test_a_rejected_row_with_unstorable_bytes_is_kept_as_escapes(deliver, tmp_path, collection, lead):
    path = tmp_path / "x.csv"
    path.write_bytes(b"id,q,a,by,topic\n1,caf\xe9,a,b,t\n2,a\x00b,a,b,t\n3,ok,a,b,t\n")
    batch = import_items(by=lead, path=path, collection=collection, mapping=MAPPING, skip_bad=True).batch
    assert [row.raw for row in batch.rejected_rows.all()] == ["1,caf\\xe9,a,b,t", "2,a\\x00b,a,b,t"]


def test_skipping_everything_is_still_an_error(deliver):
    with pytest.raises(BadRows):
        deliver(["{", "["], skip_bad=True)


def test_a_field_that_no_row_has_is_one_complaint(deliver):
    mapping = MappingSpec("id", {"input": "q"}, producer="vendor")
    with pytest.raises(
        BadInput, match=r"field vendor: no row has this field.*the file has: id, q, a, by, topic"
    ):
        deliver(some_rows(), mapping=mapping)


def test_a_file_without_ids_needs_a_mapping(deliver):
    with pytest.raises(
        BadInput, match="field id: no row has an id; say with a mapping which field it is: key, input"
    ):
        deliver([{"key": 1, "input": "x"}], mapping=None)


def test_the_batchs_producer_made_the_rows_that_name_none(deliver):
    rows = [*some_rows(2), {"id": "z", "q": "?", "a": "!", "topic": "x"}]
    batch = deliver(rows, producer="Bolt").batch
    assert [item.producer.name for item in batch.items.all()] == ["Acme", "Acme", "Bolt"]
    assert batch.producer.name == "Bolt"


def test_a_vendor_delivers_in_her_own_name_only(deliver, vendor, outsider, auditor, producer):
    own = [row | {"by": name} for row, name in zip(some_rows(), ("", producer.name, ""), strict=True)]
    batch = deliver(own, by=vendor, producer="Somebody else").batch
    assert {batch.producer, *(item.producer for item in batch.items.all())} == {producer}
    for stranger in (outsider, auditor):
        with pytest.raises(Forbidden):
            deliver(some_rows(5), by=stranger, batch_name="no")


def test_a_row_in_a_competitors_name_is_refused_to_a_vendor(deliver, vendor, producer):
    rows = [row | {"by": producer.name} for row in some_rows(2)] + [some_rows(3)[2] | {"by": "Acme"}]
    with pytest.raises(BadRows) as refused:
        deliver(rows, by=vendor)
    (problem,) = refused.value.problems
    assert (problem.line, problem.field) == (3, "by")
    assert not Producer.objects.filter(name="Acme").exists()


def test_images_beside_the_file_are_embedded_and_never_from_elsewhere(deliver, tmp_path):
    (tmp_path / "dot.png").write_bytes(b"\x89PNG\r\n\x1a\nrest")
    (tmp_path / "not.png").write_bytes(b"<svg/>")
    (tmp_path.parent / "secret.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    mapping = MappingSpec("id", {"images": "img"})
    rows = [
        {"id": 1, "img": "dot.png"},
        {"id": 2, "img": ["data:image/png;base64,AA", "https://x.org/y.png"]},
    ]
    batch = deliver(rows, mapping=mapping, images_folder=tmp_path).batch
    assert batch.items.first().payload["images"][0].startswith("data:image/png;base64,iVBORw0KGgpyZXN0")
    assert batch.items.last().payload["images"] == ["data:image/png;base64,AA", "https://x.org/y.png"]
    for bad, says in (
        ("../secret.png", "leads out of"),
        ("not.png", "is not a PNG"),
        ("no.png", "cannot be read"),
    ):
        with pytest.raises(BadInput, match=says):
            deliver([{"id": 1, "img": bad}], mapping=mapping, images_folder=tmp_path, batch_name="bad")


def test_progress_goes_through_both_stages_to_the_end(deliver):
    seen = []
    deliver(some_rows(4500), progress=seen.append)
    assert [at.rows for at in seen if at.stage == "reading"] == [2000, 4000, 4500]
    assert seen[-1] == ("storing", 4500, 1.0)


def test_arrivals_are_told_after_commit_and_cannot_break_the_import(
    deliver, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr("auditing.datasets.arrivals._listeners", [])
    told = []
    on_arrival(told.append)
    with django_capture_on_commit_callbacks(execute=True):
        batch = deliver(some_rows()).batch
        assert told == []
    assert told == [batch]


def test_a_deleted_batch_frees_its_name_and_comes_back(deliver, lead):
    batch = deliver(some_rows()).batch
    delete_batch(by=lead, batch=batch)
    batch.refresh_from_db()
    with pytest.raises(Conflict, match="restore that batch"):
        deliver(some_rows())
    other = deliver(some_rows(4)).batch
    with pytest.raises(Conflict, match="Another batch is named week-11"):
        restore_batch(by=lead, batch=batch)
    delete_batch(by=lead, batch=other)
    assert restore_batch(by=lead, batch=batch).name == "week-11"
    assert batch.items.count() == 3


@pytest.mark.django_db(transaction=True)
def test_of_two_imports_at_once_one_creates_the_batch(tmp_path, collection, lead):
    path, results = jsonl(tmp_path, some_rows(3000)), []

    def work():
        try:
            results.append(import_items(by=lead, path=path, collection=collection, mapping=MAPPING).created)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, False, False, True]
    assert Item.objects.count() == 3000


def command(*args: object) -> dict:
    out = StringIO()
    call_command("import_items", *map(str, args), "--json", stdout=out)
    return json.loads(out.getvalue())


def test_the_command_makes_the_collection_and_says_what_it_did(db, tmp_path):
    path = jsonl(tmp_path, [{"id": "1", "input": "q", "output": "a", "producer": ["A", "B"]}])
    first = command(path, "--collection", "New one")
    assert (first["batch"], first["collection"], first["created"]) == ("week-11", "New one", True)
    assert (first["imported"], first["rejected"]) == (1, 0)
    assert command(path, "--collection", "New one")["created"] is False
    assert Producer.objects.get().name == "A, B"
    assert Batch.objects.get().delivered_by is None


def test_the_command_exits_2_with_one_line_and_leaves_nothing(db, tmp_path):
    errors = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command(
            "import_items", str(jsonl(tmp_path, ["{", "["])), "--collection", "New one", stderr=errors
        )
    assert stop.value.code == 2
    assert errors.getvalue().count("\n") == 1
    assert errors.getvalue().startswith("week-11.jsonl: 2 bad rows, nothing imported: line 1, not JSON")
    assert not Collection.objects.exists()


def test_the_command_reads_a_mapping_file(db, tmp_path):
    (tmp_path / "m.yaml").write_text(MAPPING.to_yaml())
    result = command(jsonl(tmp_path, some_rows()), "--collection", "C", "--mapping", tmp_path / "m.yaml")
    assert result["imported"] == 3


def test_a_mapping_for_everybody_is_a_leads_to_keep_and_what_it_replaces_stays_on_record(
    collection, lead, vendor, auditor
):
    with pytest.raises(Forbidden):
        save_mapping(by=auditor, collection=collection, name="weekly", spec=MAPPING)
    theirs = save_mapping(by=vendor, collection=collection, name="weekly", spec=MAPPING)
    assert theirs.producer.name == "Acme Annotation"
    save_mapping(by=lead, collection=collection, name="weekly", spec=MAPPING)
    save_mapping(by=lead, collection=collection, name="weekly", spec=MappingSpec("id", {"input": "q"}))
    assert Entry.objects.latest("sequence").details == {"replaced": MAPPING.to_dict()}
