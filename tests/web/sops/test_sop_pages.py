"""The SOP pages: reading and acknowledging, editing as one types, publishing, files in and out."""

import copy

import pytest
from django.http import QueryDict

from auditing.core import yaml_text
from auditing.sops import services
from auditing.sops.models import Acknowledgement, Sop
from auditing.sops.schema import SopSpec
from auditing.web.documents import percent_text, share_or_text
from auditing.web.sops import editing
from auditing.web.sops.summary import in_plain_words
from tests.cast import SOP
from tests.web.editor_forms import HTMX, fields_of, signed_in


@pytest.fixture
def client(lead):
    return signed_in(lead)


@pytest.fixture
def content(collection) -> dict:
    return {**copy.deepcopy(SOP), "collection": collection.name}


@pytest.fixture
def sop(lead, collection, content, rubric_version) -> Sop:
    return services.create_sop(by=lead, collection=collection, name="answers-weekly", content=content)


def draft(sop: Sop) -> dict:
    return sop.versions.get(state="draft").content


def edited(client, sop: Sop, operation: str = "", **changes: str) -> str:
    sent = fields_of(client.get(f"/sops/{sop.pk}/edit/").content.decode())
    for name, value in changes.items():
        sent[name] = [value]
    answer = client.post(f"/sops/{sop.pk}/edit/", {**sent, "do": operation}, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def test_plain_words():
    assert in_plain_words(SopSpec.from_content(SOP)) == [
        "Ask of each item what the rubric answer-correctness (version 1) asks.",
        "Draw 6 items of each batch for people to review, stratified by topic (in proportion).",
        "50% of them get two independent opinions, the others one.",
        "No judge takes part.",
        "Where people differ a lead rules; rulings are the reference.",
        "Accept a batch when at least 80% of its items pass, by the one-sided 95% lower bound"
        " from people's labels alone (hypergeometric for this batch, Clopper-Pearson for the process behind it).",
        "Report the whole batch, and each producer and topic.",
    ]


def test_the_editor_asks_what_the_estimates_speak_of(client, sop):
    page = edited(client, sop, **{"estimates.target": "process"})
    assert draft(sop)["estimates"] == {"target": "process"}
    assert "what is to be expected of the process behind the batch" in page
    edited(client, sop, **{"estimates.target": "batch"})
    assert "estimates" not in draft(sop)


def test_plain_words_of_measuring_with_imported_labels():
    spec = SopSpec.from_content(
        {
            "sop": "s",
            "rubric": "r",
            "sampling": {"judge": 50},
            "labels": {"source": "imported", "reference": "gold"},
            "judges": ["x", "y"],
        }
    )
    assert in_plain_words(spec) == [
        "Ask of each item what the rubric r (newest version when this is published) asks.",
        "People's labels come from an imported ratings file; nobody reviews here.",
        "Let x and y judge 50 items, each blind to people's opinions.",
        "The opinions of gold are the reference, after rulings.",
        "Measure only: no batch is accepted or rejected.",
        "Report the whole batch.",
    ]


def test_the_form_sends_back_what_it_shows(client, sop, content):
    post = QueryDict(mutable=True)
    for name, values in fields_of(client.get(f"/sops/{sop.pk}/edit/").content.decode()).items():
        post.setlist(name, values)
    assert editing.read_fields(post) == content


def test_typing_saves_and_says_what_it_will_do(client, sop):
    html = edited(client, sop, **{"sampling.human": "250"})
    assert "Draw 250 items" in html
    assert 'id="editor"' not in html
    assert draft(sop)["sampling"]["human"] == 250


def test_a_complaint_names_the_field_it_is_about(client, sop):
    html = edited(client, sop, **{"sampling.overlap": "a fifth"})
    assert 'data-problem-at="sampling.overlap"' in html
    assert draft(sop)["sampling"]["overlap"] == "a fifth"


def test_shares_are_per_cents_on_the_page_and_fractions_in_the_file(client, sop):
    page = client.get(f"/sops/{sop.pk}/edit/").text
    for name, shown in {
        "sampling.overlap": "50%",
        "acceptance.at_least": "80%",
        "acceptance.confidence": "95%",
    }.items():
        assert f'name="{name}" value="{shown}"' in page
    edited(client, sop, **{"sampling.overlap": "12.5%", "acceptance.confidence": "0.9"})
    assert draft(sop)["sampling"]["overlap"] == 0.125
    assert draft(sop)["acceptance"]["confidence"] == 0.9


@pytest.mark.parametrize("value", [0, 1, 0.5, 0.05, 0.015, 0.999, 0.00001, 2.5, "all", ""])
def test_what_is_shown_as_per_cents_reads_back(value):
    assert share_or_text(str(percent_text(value))) == value


def test_what_the_rubric_cannot_decide_is_said_at_once(client, sop, content):
    content["acceptance"]["criterion"] = "tone"
    answer = client.post(f"/sops/{sop.pk}/edit/", {"yaml": yaml_text.write(content)}, headers=HTMX)
    assert "has no criterion" in answer.content.decode()


def test_clauses_are_added_moved_and_removed(client, sop):
    html = edited(client, sop, "add:clauses")
    assert 'name="clauses[1].key" value="C2"' in html
    edited(client, sop, "up:clauses[1]")
    assert [clause["key"] for clause in draft(sop)["clauses"]] == ["C2", "C1"]
    edited(client, sop, "remove:clauses[0]")
    assert [clause["key"] for clause in draft(sop)["clauses"]] == ["C1"]


def test_a_decision_can_be_left_out(client, sop):
    sent = fields_of(client.get(f"/sops/{sop.pk}/edit/").content.decode())
    del sent["acceptance.on"]
    html = client.post(f"/sops/{sop.pk}/edit/", sent, headers=HTMX).content.decode()
    assert "Measure only" in html
    assert "acceptance" not in draft(sop)


def test_publishing_pins_the_rubric(client, sop):
    sent = fields_of(client.get(f"/sops/{sop.pk}/edit/").content.decode())
    sent["rubric"] = ["answer-correctness"]
    answer = client.post(f"/sops/{sop.pk}/edit/", {**sent, "note": "First.", "do": "publish"}, headers=HTMX)
    assert answer.headers["HX-Redirect"] == f"/sops/{sop.pk}/v1/"
    html = client.get(f"/sops/{sop.pk}/").content.decode()
    for words in ("Draw 6 items", "Score what is <strong>there</strong>", "First.", "Checksum", "v1/"):
        assert words in html


def test_an_sop_is_started_from_the_page(client, collection, rubric_version):
    data = {"collection": collection.pk, "name": "fresh", "rubric": "answer-correctness"}
    answer = client.post("/sops/new/", data)
    sop = Sop.objects.get(name="fresh")
    assert answer.url == f"/sops/{sop.pk}/edit/"
    assert SopSpec.from_content(draft(sop)).rubric == "answer-correctness"
    assert "already" in client.post("/sops/new/", data).content.decode()


def test_without_a_rubric_it_says_what_to_do_next(client, collection):
    assert "There is no published rubric yet" in client.get("/sops/new/").content.decode()


def test_files_come_in_and_go_out(client, lead, sop_version):
    sop = sop_version.sop
    text = client.get(f"/sops/{sop.pk}/v1.yaml").content.decode()
    changed = text.replace("human: 6", "human: 7")
    assert client.post("/sops/import/", {"text": changed}).url == f"/sops/{sop.pk}/v2/"
    assert "sampling.human" in client.get(f"/sops/{sop.pk}/changes/").content.decode()
    bad = client.post("/sops/import/", {"text": text.replace("human: 6", "human: x")}).content.decode()
    assert "field sampling.human" in bad


def test_an_auditor_reads_and_acknowledges(auditor, lead, sop_version):
    client, address = signed_in(auditor), f"/sops/{sop_version.sop.pk}/v1/"
    html = client.get(address).content.decode()
    assert "I have read this version" in html
    assert "/edit/" not in html
    html = client.post(f"{address}acknowledge/", follow=True).content.decode()
    assert "You have read this version" in html
    assert Acknowledgement.objects.get().user == auditor
    html = signed_in(lead).get(address).content.decode()
    assert html.count("not yet") == 2


def test_another_collection_does_not_exist(outsider, sop_version):
    client, pk = signed_in(outsider), sop_version.sop.pk
    for address in ("", "edit/", "v1/", "v1.yaml", "changes/"):
        assert client.get(f"/sops/{pk}/{address}").status_code == 404
    for address in ("discard/", "archive/", "restore/", "revisions/1/", "v1/acknowledge/"):
        assert client.post(f"/sops/{pk}/{address}").status_code == 404
    assert "answers-weekly" not in client.get("/sops/").content.decode()


def test_archive_restore_discard_and_earlier_states(client, sop, content):
    edited(client, sop, purpose="Worse.")
    client.post(f"/sops/{sop.pk}/revisions/{sop.draft_revisions.last().pk}/")
    assert draft(sop) == content
    edited(client, sop, "publish")
    edited(client, sop, purpose="Better.")
    client.post(f"/sops/{sop.pk}/discard/")
    assert [version.number for version in sop.versions.all()] == [1]
    client.post(f"/sops/{sop.pk}/archive/")
    assert "answers-weekly" not in client.get("/sops/").content.decode().partition("<tbody>")[2]
    client.post(f"/sops/{sop.pk}/restore/")
    assert "answers-weekly" in client.get("/sops/").content.decode()
