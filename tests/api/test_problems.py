"""Bad input is one problem that names file, line and field, and changes nothing."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from auditing.datasets.models import Batch, Delivery
from auditing.datasets.tasks import import_delivery_task
from auditing.ratings.models import Rating
from auditing.reviews.services import next_task
from auditing.rubrics.models import Rubric
from tests.api.asking import Program
from tests.reviews.building import begin_reviews

RUBRIC = """rubric: tone
criteria:
  - key: kind
    question: Is it kind?
    scale: {type: binry}
"""
HEADING = "item_id,rater,rater_kind,criterion,value\n"


@pytest.fixture
def api(lead, collection):
    return Program(lead)


def send(program, path, name, text, **fields):
    file = SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)
    return program.do("POST", path, data={"file": file, **fields}, format="multipart")


def problem(answer, status=422):
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return answer.json()


def place(said):
    return said["file"], said["line"], said["field"]


def test_a_wrong_rubric_file(api):
    said = problem(send(api, "/rubrics/import", "tone.yaml", RUBRIC))
    assert place(said) == ("tone.yaml", 5, "criteria[0].scale.type")
    assert "binary" in said["detail"]
    assert not Rubric.objects.exists()


def test_a_file_that_is_no_text(api):
    said = problem(send(api, "/rubrics/import", "tone.yaml", b"\xff\xfe\x00"))
    assert said["file"] == "tone.yaml"


def test_a_wrong_mapping(api):
    mapping = SimpleUploadedFile("mapping.yaml", b"id: id\npayload: {inptu: question}\n")
    path = "/collections/question-answering/deliveries"
    said = problem(send(api, path, "items.jsonl", '{"id": 1, "question": "?"}\n', mapping=mapping))
    assert place(said) == ("mapping.yaml", 2, "payload.inptu")
    assert not Delivery.objects.exists()


def test_an_item_file_of_no_known_kind(api):
    said = problem(send(api, "/collections/question-answering/deliveries", "items.docx", "?"))
    assert said["file"] == "items.docx"


def test_bad_rows_of_a_delivery(api):
    rows = '{"id": "1", "input": "A?"}\n{"input": "B?"}\n{"id": "1", "input": "C?"}\n'
    delivery = send(api, "/collections/question-answering/deliveries", "items.jsonl", rows).json()
    import_delivery_task(delivery["id"])
    said = api.do("GET", f"/deliveries/{delivery['id']}").json()
    assert (said["state"], said["batch"]) == ("failed", None)
    assert [(row["line"], row["field"]) for row in said["problems"]] == [(2, "id"), (3, "id")]
    assert "items.jsonl" in said["error"]
    assert not Batch.objects.exists()


def test_skipped_rows_are_kept_as_rejects(api):
    rows = '{"id": "1", "input": "A?"}\n{"input": "B?"}\n'
    path = "/collections/question-answering/deliveries"
    delivery = send(api, path, "items.jsonl", rows, skip_bad="true", batch_name="mended").json()
    import_delivery_task(delivery["id"])
    batch = api.do("GET", f"/deliveries/{delivery['id']}").json()["batch"]
    rejects = api.do("GET", f"/batches/{batch}/rejects").json()
    assert [(row["line"], row["field"]) for row in rejects["items"]] == [(2, "id")]


def test_a_bad_row_of_ratings(api, batch):
    rows = f"{HEADING}item-1,Ann,human,correct,yes\nitem-99,Ann,human,correct,yes\n"
    said = problem(send(api, f"/batches/{batch.pk}/ratings", "labels.csv", rows))
    assert place(said) == ("labels.csv", 3, "item_id")
    assert not Rating.objects.exists()


def test_several_bad_rows_of_ratings(api, batch):
    rows = f"{HEADING}item-98,Ann,human,correct,yes\nitem-99,Ann,human,correct,yes\n"
    said = problem(send(api, f"/batches/{batch.pk}/ratings", "labels.csv", rows))
    assert [(row["line"], row["field"]) for row in said["problems"]] == [(2, "item_id"), (3, "item_id")]


def test_ratings_with_other_columns_and_constants(api, batch):
    fields = {
        "columns": '{"item_id": "nr", "value": "label"}',
        "constants": '{"rater": "Ann", "rater_kind": "human", "criterion": "correct"}',
    }
    answer = send(api, f"/batches/{batch.pk}/ratings", "labels.csv", "nr,label\nitem-1,yes\n", **fields)
    assert (answer.status_code, answer.json()["imported"]) == (200, 1)
    again = send(api, f"/batches/{batch.pk}/ratings", "labels.csv", "nr,label\nitem-1,yes\n", **fields)
    assert again.json()["created"] is False


def test_columns_that_are_no_json(api, batch):
    said = problem(send(api, f"/batches/{batch.pk}/ratings", "labels.csv", HEADING, columns="{"))
    assert said["field"] == "columns"


def test_an_incomplete_review(audit, lead, auditors):
    begin_reviews(audit, lead)
    task = next_task(user=auditors[0])
    answers = {"answers": {"correct": "perhaps"}}
    said = problem(Program(auditors[0]).do("POST", f"/reviews/{task.pk}/submit", json=answers))
    assert {row["field"] for row in said["problems"]} == {"correct", "helpful"}


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"sop": 1}, "batch"),
        ({"batch": "x", "sop": 1}, "batch"),
        ({"batch": 1, "sop": 1, "due_at": "2026-03-02T09:00"}, "due_at"),
        ({"batch": 1, "sop": 1, "due_at": "0001-01-01T00:00:00+14:00"}, "due_at"),
        ({"batch": 1, "sop": 1, "due_at": "9999-12-31T23:00:00-12:00"}, "due_at"),
    ],
)
def test_what_does_not_fit_the_schema(api, sent, field):
    assert problem(api.do("POST", "/audits", json=sent))["field"] == field


def test_a_null_character(api):
    said = problem(api.do("POST", "/collections", json={"name": "Ques\x00tions"}))
    assert said["field"] == "name"
    assert problem(api.do("GET", "/rubrics/a%00b"))["field"] == "name"
    assert problem(api.do("GET", "/journal?kind=%00"))["field"] == "kind"


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/collections", '{"name": "x", "description": "\\ud800"}'),
        ("PUT", "/endpoints/there", '{"base_url": "https://there.example/v1", "api_key": "\\ud800"}'),
        ("POST", "/judges", '{"name": "odd", "content": {"instructions": "\\ud800"}}'),
        ("POST", "/judges", '{"name": "odd", "content": {"temperature": NaN}}'),
        ("POST", "/judges", '{"name": "odd", "content": ' + '{"a":' * 900 + "1" + "}" * 901),
    ],
)
def test_what_no_database_stores(api, method, path, sent):
    answer = api.do(method, path, data=sent, content_type="application/json")
    assert answer.status_code in {400, 422}, answer.content
    assert answer["Content-Type"] == "application/problem+json"


def test_a_body_that_is_no_json(api):
    answer = api.do("POST", "/collections", data="{", content_type="application/json")
    assert problem(answer, 400)["title"] == "Bad Request"


def test_a_state_that_does_not_allow_it(api, audit):
    api.do("POST", f"/audits/{audit.pk}/cancel", json={"reason": "The wrong file."})
    said = problem(api.do("POST", f"/audits/{audit.pk}/cancel", json={"reason": "Again."}), 409)
    assert "cancelled" in said["detail"]


@pytest.mark.parametrize(
    "path", ["/batches/99999", "/batches/99999999999999999", "/nowhere", "/rubrics/none/"]
)
def test_what_is_not_there(api, path):
    assert problem(api.do("GET", path), 404)["title"] == "Not Found"


def test_more_rows_than_a_page_holds(api):
    assert problem(api.do("GET", "/batches?limit=1001"))["field"] == "limit"


def test_a_key_goes_in_and_never_comes_out(api):
    sent = {"base_url": "https://judge.example/v1", "api_key": "sk-very-secret"}
    answer = api.do("PUT", "/endpoints/elsewhere", json=sent)
    assert answer.json()["has_key"] is True
    listed = api.do("GET", "/endpoints")
    assert "sk-very-secret" not in answer.content.decode() + listed.content.decode()
