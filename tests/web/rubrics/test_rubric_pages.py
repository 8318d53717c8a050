"""The rubric pages: reading, editing as one types, publishing, comparing, files in and out."""

import copy

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import QueryDict
from django.test import Client

from auditing.core import yaml_text
from auditing.rubrics import services
from auditing.rubrics.models import Rubric
from auditing.rubrics.schema import RubricSpec
from auditing.web.rubrics import editing
from tests.cast import RUBRIC
from tests.web.editor_forms import HTMX, fields_of, signed_in

ALL_SCALES = yaml_text.read("""
rubric: all-scales
description: Every scale there is.
criteria:
  - {key: correct, question: "Right?", scale: {type: binary, good: no, aliases: {"1": yes}}, critical: true}
  - key: helpful
    guidance: Think twice.
    scale: {type: ordinal, levels: [{value: 1, label: Bad, anchor: Nothing}, {value: 2.5}], cannot_assess: true}
    weight: 2
  - {key: tone, scale: {type: nominal, options: [{key: warm, label: Warm}, cold], good: [warm]}}
  - {key: minutes, scale: {type: numeric, low: 0, high: 9.5, unit: min}}
  - {key: errors, scale: {type: taxonomy, categories: [a/b, c], severities: {minor: 1, major: 5.5}}}
  - {key: preferred, scale: {type: preference, options: [a, b, tie]}}
item_passes_when: helpful >= 2 and errors.count < 3
""")


@pytest.fixture
def client(lead) -> Client:
    return signed_in(lead)


def draft(name: str = "all-scales") -> dict:
    return Rubric.objects.get(name=name).versions.get(state="draft").content


@pytest.fixture
def all_scales(lead) -> Rubric:
    return services.create_rubric(by=lead, name="all-scales", content=copy.deepcopy(ALL_SCALES))


def test_the_form_sends_back_what_it_shows(client, all_scales):
    html = client.get("/rubrics/all-scales/edit/").content.decode()
    sent = fields_of(html)
    post = QueryDict(mutable=True)
    for name, values in sent.items():
        post.setlist(name, values)
    assert RubricSpec.from_content(editing.read_fields(post)) == RubricSpec.from_content(ALL_SCALES)
    client.post("/rubrics/all-scales/edit/", sent, headers=HTMX)
    assert RubricSpec.from_content(draft()) == RubricSpec.from_content(ALL_SCALES)


def edited(client: Client, operation: str = "", **changes: str) -> str:
    sent = fields_of(client.get("/rubrics/all-scales/edit/").content.decode())
    for name, value in changes.items():
        sent[name] = [value]
    answer = client.post("/rubrics/all-scales/edit/", {**sent, "do": operation}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_typing_saves_and_answers_with_the_preview_alone(client, all_scales):
    html = edited(client, **{"criteria[0].question": "Is it safe?"})
    assert "Is it safe?" in html
    assert 'id="preview"' in html
    assert 'id="editor"' not in html
    assert "Saved" in html
    assert draft()["criteria"][0]["question"] == "Is it safe?"
    assert all_scales.draft_revisions.count() == 2


def test_a_complaint_names_the_field_it_is_about(client, all_scales):
    html = edited(client, **{"criteria[3].scale.high": "-1"})
    assert 'data-problem-at="criteria[3].scale.high"' in html
    assert "must be above low" in html
    assert draft()["criteria"][3]["scale"]["high"] == -1


def test_the_preview_shows_what_auditors_and_judges_get(client, all_scales):
    html = client.get("/rubrics/all-scales/edit/").content.decode()
    for key in ("correct", "helpful", "tone", "minutes", "errors", "preferred"):
        assert f'id="criterion-{key}"' in html
    assert "You are a careful judge" in html
    assert "Think twice." in html


def test_criteria_and_levels_are_added_moved_and_removed(client, all_scales):
    html = edited(client, "add:criteria")
    assert 'name="criteria[6].key"' in html
    assert 'hx-swap-oob="true"' in html
    edited(client, "up:criteria[1]")
    assert [one["key"] for one in draft()["criteria"]][:2] == ["helpful", "correct"]
    edited(client, "add:criteria[0].scale.levels")
    assert len(draft()["criteria"][0]["scale"]["levels"]) == 3
    edited(client, "remove:criteria[0].scale.levels[2]")
    edited(client, "remove:criteria[6]")
    edited(client, "down:criteria[0]")
    assert RubricSpec.from_content(draft()) == RubricSpec.from_content(ALL_SCALES)


def test_another_scale_type_starts_with_what_it_needs(client, all_scales):
    html = edited(client, "retype:criteria[0].scale", **{"criteria[0].scale.type": "taxonomy"})
    assert 'name="criteria[0].scale.categories"' in html
    assert draft()["criteria"][0]["scale"]["type"] == "taxonomy"


@pytest.mark.parametrize(
    "operation",
    ["remove:criteria[99]", "up:rubric", "add:rubric", "bad:criteria", "add:x[", "retype:criteria[9]"],
)
def test_an_operation_that_does_not_fit_is_refused(client, all_scales, operation):
    sent = fields_of(client.get("/rubrics/all-scales/edit/").content.decode())
    answer = client.post("/rubrics/all-scales/edit/", {**sent, "do": operation}, headers=HTMX)
    assert answer.status_code == 422
    assert draft() == ALL_SCALES


def test_yaml_and_fields_are_two_views_of_one_draft(client, all_scales):
    html = edited(client, "show:yaml")
    assert "cannot_assess: true" in html
    text = yaml_text.write(ALL_SCALES).replace("Think twice.", "Think thrice.")
    answer = client.post("/rubrics/all-scales/edit/", {"yaml": text, "do": "show:fields"}, headers=HTMX)
    assert "Think thrice." in answer.content.decode()
    assert draft()["criteria"][1]["guidance"] == "Think thrice."


def test_yaml_that_cannot_be_read_is_not_saved_and_says_where(client, all_scales):
    answer = client.post("/rubrics/all-scales/edit/", {"yaml": "rubric: x\ncriteria: ["}, headers=HTMX)
    html = answer.content.decode()
    assert "line 2" in html
    assert "Not saved" in html
    assert draft() == ALL_SCALES


def test_a_draft_that_the_form_cannot_show_stays_in_yaml(client, all_scales):
    text = "rubric: all-scales\ncriteria: {odd: 1}\n"
    client.post("/rubrics/all-scales/edit/", {"yaml": text, "do": "show:yaml"}, headers=HTMX)
    html = client.get("/rubrics/all-scales/edit/").content.decode()
    assert "cannot be shown as a form" in html
    assert "odd: 1" in html


def test_publishing_freezes_what_is_on_the_page(client, all_scales):
    sent = fields_of(client.get("/rubrics/all-scales/edit/").content.decode())
    sent["criteria[0].question"] = ["Last words?"]
    sent["note"] = ["First."]
    answer = client.post("/rubrics/all-scales/edit/", {**sent, "do": "publish"})
    assert answer.url == "/rubrics/all-scales/v1/"
    html = client.get(answer.url).content.decode()
    for words in ("Last words?", "First.", "Checksum", "What a judge is asked", "helpful &gt;= 2"):
        assert words in html


def test_a_wrong_draft_is_not_published(client, all_scales):
    sent = fields_of(client.get("/rubrics/all-scales/edit/").content.decode())
    sent["item_passes_when"] = ["helpfull > 2"]
    answer = client.post("/rubrics/all-scales/edit/", {**sent, "do": "publish"}, follow=True)
    assert "did you mean" in answer.content.decode()
    assert all_scales.versions.get().is_draft


def test_an_earlier_state_comes_back(client, all_scales):
    edited(client, description="Worse.")
    first = all_scales.draft_revisions.last()
    client.post(f"/rubrics/all-scales/revisions/{first.pk}/")
    assert draft() == ALL_SCALES


def test_a_rubric_is_started_from_its_name(client):
    answer = client.post("/rubrics/-/new/", {"name": "fresh", "description": "New."})
    assert answer.url == "/rubrics/fresh/edit/"
    assert draft("fresh")["rubric"] == "fresh"
    again = client.post("/rubrics/-/new/", {"name": "fresh"})
    assert "already" in again.content.decode()
    assert "small letters" in client.post("/rubrics/-/new/", {"name": "Not A Name"}).content.decode().lower()


def test_files_come_in_and_go_out(client, rubric_version):
    file = client.get("/rubrics/answer-correctness/v1.yaml")
    assert file.headers["Content-Disposition"] == 'attachment; filename="answer-correctness-v1.yaml"'
    changed = file.content.decode().replace("Is the answer correct?", "Is it right?")
    upload = SimpleUploadedFile("rubric.yaml", changed.encode())
    assert client.post("/rubrics/-/import/", {"file": upload}).url == "/rubrics/answer-correctness/v2/"
    html = client.get("/rubrics/answer-correctness/changes/").content.decode()
    assert "criteria[correct].question" in html
    assert "Is it right?" in html


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ({"text": ""}, "Choose a file"),
        ({"text": "rubric: x\ncriteria: []"}, "line 2, field criteria"),
        ({"file": SimpleUploadedFile("r.yaml", b"\xff\xfe\x00")}, "not UTF-8"),
    ],
)
def test_a_bad_file_is_one_complaint(client, data, complaint):
    assert complaint in client.post("/rubrics/-/import/", data).content.decode()
    assert not Rubric.objects.exists()


def test_where_a_version_is_used(client, audit):
    html = client.get("/rubrics/answer-correctness/").content.decode()
    assert "answers-weekly v1" in html
    assert "1 audit" in html


def test_archiving_can_be_undone(client, rubric_version):
    html = client.post("/rubrics/answer-correctness/archive/", follow=True).content.decode()
    assert "/rubrics/answer-correctness/restore/" in html
    assert "answer-correctness" in client.get("/rubrics/?archived=on").content.decode()
    client.post("/rubrics/answer-correctness/restore/")
    assert Rubric.objects.get().archived_at is None


@pytest.mark.parametrize("who", ["auditor", "viewer"])
def test_readers_read_and_change_nothing(request, who, rubric_version):
    client = signed_in(request.getfixturevalue(who))
    assert client.get("/rubrics/").status_code == 200
    html = client.get("/rubrics/answer-correctness/v1/").content.decode()
    assert "Is the answer correct?" in html
    assert "/edit/" not in html
    for address in ("edit/", "discard/", "archive/", "revisions/1/"):
        assert client.post(f"/rubrics/answer-correctness/{address}").status_code == 404


def test_drafts_are_for_those_who_define(request, all_scales, viewer):
    assert signed_in(viewer).get("/rubrics/all-scales/").status_code == 404


def test_text_of_a_rubric_is_never_markup(client, lead):
    content = copy.deepcopy(RUBRIC) | {"rubric": "hostile", "description": "<script>alert(1)</script>"}
    content["criteria"][0]["question"] = "</textarea><script>alert(2)</script>"
    rubric = services.create_rubric(by=lead, name="hostile", content=content)
    services.publish(by=lead, rubric=rubric)
    for address in (
        "/rubrics/",
        "/rubrics/hostile/",
        "/rubrics/hostile/edit/",
        "/rubrics/hostile/edit/?as=yaml",
    ):
        assert "<script>alert" not in client.get(address).content.decode()
