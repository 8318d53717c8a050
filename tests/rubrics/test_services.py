"""Drafts, versions and files of rubrics."""

import copy
import json

import pytest
from django.core.management import call_command

from auditing.core.errors import BadInput, Conflict, Forbidden, Missing
from auditing.journal.models import Entry
from auditing.rubrics import services
from auditing.rubrics.models import Rubric, RubricVersion
from auditing.rubrics.selectors import published_version, rubrics_visible_to, versions_visible_to
from tests.cast import RUBRIC


@pytest.fixture
def content() -> dict:
    return copy.deepcopy(RUBRIC)


@pytest.fixture
def rubric(lead, content) -> Rubric:
    return services.create_rubric(by=lead, name="answer-correctness", content=content)


def test_a_draft_becomes_version_one(lead, rubric):
    version = services.publish(by=lead, rubric=rubric, note="First")
    assert (version.number, version.state, version.note) == (1, "published", "First")
    assert version.published_by == lead
    assert len(version.checksum) == 64
    rubric.refresh_from_db()
    assert rubric.description == RUBRIC["description"]
    assert Entry.objects.filter(verb="published", actor_name=str(lead)).count() == 1


def test_the_same_content_again_is_the_same_version(lead, rubric, content):
    first = services.publish(by=lead, rubric=rubric)
    services.save_draft(by=lead, rubric=rubric, content=content)
    assert services.publish(by=lead, rubric=rubric) == first
    assert rubric.versions.count() == 1


def test_another_content_is_the_next_version(lead, rubric, content):
    services.publish(by=lead, rubric=rubric)
    content["description"] = "Sharper."
    services.save_draft(by=lead, rubric=rubric, content=content)
    assert services.publish(by=lead, rubric=rubric).number == 2
    assert published_version("answer-correctness").number == 2
    assert published_version("answer-correctness", 1).content["description"] == RUBRIC["description"]


def test_a_published_version_never_changes(lead, rubric):
    version = services.publish(by=lead, rubric=rubric)
    version.content["description"] = "Meddled"
    with pytest.raises(Conflict):
        version.save()


def test_every_state_of_a_draft_is_kept(lead, rubric, content):
    for text in ("one", "two", "two"):
        services.save_draft(by=lead, rubric=rubric, content=content | {"description": text})
    kept = [revision.content["description"] for revision in rubric.draft_revisions.all()]
    assert kept == ["two", "one", RUBRIC["description"]]


def test_a_wrong_draft_is_kept_but_not_published(lead, rubric, content):
    content["criteria"][0]["scale"]["type"] = "binry"
    services.save_draft(by=lead, rubric=rubric, content=content)
    with pytest.raises(BadInput) as caught:
        services.publish(by=lead, rubric=rubric)
    assert caught.value.field == "criteria[0].scale.type"
    assert rubric.versions.get().is_draft


def test_a_name_is_for_good(lead, rubric, content):
    services.save_draft(by=lead, rubric=rubric, content=content | {"rubric": "another"})
    with pytest.raises(BadInput, match="must stay"):
        services.publish(by=lead, rubric=rubric)
    with pytest.raises(Conflict):
        services.create_rubric(by=lead, name="answer-correctness", content=content)


def test_publishing_needs_a_draft(lead, rubric):
    services.publish(by=lead, rubric=rubric)
    with pytest.raises(Conflict, match="no draft"):
        services.publish(by=lead, rubric=rubric)


def test_a_draft_can_be_discarded_unless_it_is_all_there_is(lead, rubric, content):
    with pytest.raises(Conflict):
        services.discard_draft(by=lead, rubric=rubric)
    services.publish(by=lead, rubric=rubric)
    services.save_draft(by=lead, rubric=rubric, content=content | {"description": "x"})
    services.discard_draft(by=lead, rubric=rubric)
    assert [version.number for version in rubric.versions.all()] == [1]


def test_archived_and_restored(lead, rubric, content):
    services.archive(by=lead, rubric=rubric)
    with pytest.raises(Conflict, match="archived"):
        services.save_draft(by=lead, rubric=rubric, content=content)
    services.restore(by=lead, rubric=rubric)
    services.save_draft(by=lead, rubric=rubric, content=content)


@pytest.mark.parametrize("who", ["auditor", "viewer", "vendor"])
def test_only_those_who_define_may(request, who, rubric, content):
    user = request.getfixturevalue(who)
    for act in (
        lambda: services.create_rubric(by=user, name="x", content=content),
        lambda: services.save_draft(by=user, rubric=rubric, content=content),
        lambda: services.publish(by=user, rubric=rubric),
        lambda: services.discard_draft(by=user, rubric=rubric),
        lambda: services.archive(by=user, rubric=rubric),
        lambda: services.import_rubric(by=user, text=""),
    ):
        with pytest.raises(Forbidden):
            act()


def test_who_sees_what(lead, auditor, vendor, rubric):
    assert list(rubrics_visible_to(lead)) == [rubric]
    assert list(rubrics_visible_to(auditor)) == []
    version = services.publish(by=lead, rubric=rubric)
    assert list(rubrics_visible_to(auditor)) == [rubric]
    assert list(versions_visible_to(auditor)) == [version]
    assert list(rubrics_visible_to(vendor)) == []


def test_export_and_import_are_one_version(lead, rubric):
    version = services.publish(by=lead, rubric=rubric)
    text = services.export_rubric(version)
    assert services.import_rubric(by=None, text=text) == version
    assert rubric.versions.count() == 1
    again = services.import_rubric(by=None, text=text.replace("weight: 2", "weight: 3"))
    assert again.number == 2
    assert list(again.content["criteria"][1]) == ["key", "question", "weight", "scale"]


def test_a_bad_file_changes_nothing(db):
    with pytest.raises(BadInput, match=r"bad\.yaml, line 2, field criteria: needs at least one"):
        services.import_rubric(by=None, text="rubric: bad\ncriteria: []\n", file="bad.yaml")
    assert not Rubric.objects.exists()


def test_commands_go_round(db, tmp_path, capsys):
    file = tmp_path / "rubric.yaml"
    file.write_text("rubric: short\ncriteria:\n  - {key: ok, scale: {type: binary}}\n")
    call_command("import_rubric", str(file), "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["rubric"], told["version"]) == ("short", 1)
    call_command("export_rubric", "short", "--version", "1")
    file.write_text(capsys.readouterr().out)
    call_command("import_rubric", str(file), "--json")
    assert json.loads(capsys.readouterr().out) == told
    call_command("import_rubric", str(file), "--draft")
    assert RubricVersion.objects.get(state="draft").rubric.name == "short"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rubric: x\ncriteria:\n  - key: a\n", "rubric.yaml, line 3, field criteria[0].scale: is missing"),
        ("rubric: [", "rubric.yaml, line 1: not readable as YAML"),
    ],
)
def test_a_command_complains_in_one_line(db, tmp_path, capsys, text, complaint):
    file = tmp_path / "rubric.yaml"
    file.write_text(text)
    with pytest.raises(SystemExit) as caught:
        call_command("import_rubric", str(file))
    assert caught.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert complaint in told.err
    assert told.err.count("\n") == 1


def test_a_command_says_what_is_missing(db, rubric):
    with pytest.raises(Missing, match="no published version"):
        published_version("answer-correctness")
    with pytest.raises(SystemExit):
        call_command("export_rubric", "nothing")
    with pytest.raises(SystemExit):
        call_command("import_rubric", "/nowhere.yaml")
