"""SOPs: files, versions with their rubric pinned, acknowledgement, and who may what."""

import copy
import json

import pytest
from django.core.management import call_command

from auditing.core import yaml_text
from auditing.core.errors import BadInput, Conflict, Forbidden, Missing
from auditing.journal.models import Entry
from auditing.rubrics import services as rubrics
from auditing.sops import services
from auditing.sops.models import Sop
from auditing.sops.schema import SopSpec
from auditing.sops.selectors import has_acknowledged, published_version, sop_named, sops_visible_to
from tests.cast import RUBRIC, SOP


@pytest.fixture
def content(collection) -> dict:
    return {**copy.deepcopy(SOP), "collection": collection.name}


@pytest.fixture
def sop(lead, collection, content, rubric_version) -> Sop:
    return services.create_sop(by=lead, collection=collection, name="answers-weekly", content=content)


def changed(content: dict, path: str, value: object) -> dict:
    content = copy.deepcopy(content)
    *parents, last = path.split(".")
    place = content
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return content


def test_a_spec_survives_the_way_round():
    spec = SopSpec.from_content(SOP)
    assert SopSpec.from_content(spec.to_content()) == spec
    assert (spec.rubric_name, spec.rubric_number) == ("answer-correctness", 1)
    assert yaml_text.read(yaml_text.write(SOP)) == SOP


def test_what_the_estimates_speak_of_survives_the_way_round():
    spec = SopSpec.from_content({**SOP, "estimates": {"target": "process"}})
    assert spec.estimates.target == "process"
    assert SopSpec.from_content(yaml_text.read(yaml_text.write(spec.to_content()))) == spec


def test_an_sop_from_before_the_choice_speaks_of_the_batch():
    spec = SopSpec.from_content(SOP)
    assert spec.estimates.target == "batch"
    assert "estimates" not in spec.to_content()


def test_the_least_that_is_an_sop():
    spec = SopSpec.from_content({"sop": "s", "rubric": "r", "sampling": {"human": 5}})
    assert (spec.sampling.method, spec.sampling.judge, spec.sampling.opinions) == ("simple", "all", 1)
    assert (spec.labels.source, spec.acceptance, spec.rubric_number) == ("reviews", None, None)


@pytest.mark.parametrize(
    ("path", "value", "field", "message"),
    [
        ("sampling", None, "sampling", "is missing"),
        ("sampling.human", 0, "sampling.human", "at least 1"),
        ("sampling.human", 2.5, "sampling.human", "whole number"),
        ("sampling.human", "many", "sampling.human", "must be a number"),
        ("sampling.judge", "most", "sampling.judge", "must be a number"),
        ("sampling.method", "stratifed", "sampling.method", "did you mean 'stratified'"),
        ("sampling.by", "", "sampling.by", "slice field"),
        ("sampling.tau", 0.01, "sampling.tau", "0.05 to 1"),
        ("sampling.strata", 1, "sampling.strata", "from 2 to 20"),
        ("sampling.minimum", 0, "sampling.minimum", "from 1 to"),
        ("sampling.allocation", "optimal", "sampling.allocation", "did you mean 'proportional'"),
        ("sampling.overlap", 20, "sampling.overlap", "share from 0 to 1"),
        ("sampling.opinions", 1, "sampling.opinions", "from 2 to"),
        ("sampling.opinons", 1, "sampling", "did you mean 'opinions'"),
        ("rubric", "answer-correctness@two", "rubric", "NAME@VERSION"),
        ("rubric", "answer-correctness@0", "rubric", "NAME@VERSION"),
        ("judges", "gpt", "judges", "must be a list"),
        ("judges", ["a", "a"], "judges[1]", "there twice"),
        ("labels.source", "guesses", "labels.source", "known: reviews, imported"),
        ("acceptance.at_least", None, "acceptance.at_least", "is missing"),
        ("acceptance.at_least", 95, "acceptance.at_least", "share from 0 to 1"),
        ("acceptance.confidence", 95, "acceptance.confidence", "0.95"),
        ("acceptance.basis", "gut", "acceptance.basis", "known: human, assisted"),
        ("estimates", {"target": "lot"}, "estimates.target", "known: batch, process"),
        ("report.slices", [1], "report.slices[0]", "must be text"),
        ("clauses", [{"key": "C1"}, {"key": "C1"}], "clauses[1].key", "there twice"),
    ],
)
def test_a_complaint_names_the_path(path, value, field, message):
    with pytest.raises(BadInput, match=message) as caught:
        SopSpec.from_content(changed(SOP, path, value))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "sampling",
    [
        {"method": "simple", "judge": "all", "human": 5, "overlap": 0, "opinions": 1},
        {"method": "systematic", "judge": 50, "human": 5, "overlap": 0.5, "opinions": 2},
        {"method": "pps", "by": "amount", "judge": "all", "human": 5, "overlap": 0, "opinions": 1},
        {"method": "active", "tau": 0.2, "judge": "all", "human": 5, "overlap": 0, "opinions": 1},
        {
            "method": "stratified",
            "by": "topic",
            "allocation": "neyman",
            "minimum": 5,
            "judge": "all",
            "human": 50,
            "overlap": 0,
            "opinions": 1,
        },
        {
            "method": "two-phase",
            "strata": 6,
            "allocation": "neyman",
            "judge": "all",
            "human": 50,
            "overlap": 0,
            "opinions": 1,
        },
    ],
)
def test_every_method_survives_the_way_round_key_by_key(sampling):
    spec = SopSpec.from_content({**SOP, "sampling": sampling})
    assert spec.to_content()["sampling"] == sampling
    assert yaml_text.read(yaml_text.write(spec.to_content())) == spec.to_content()


def test_imported_labels_need_no_reviews():
    content = changed(changed(SOP, "labels.source", "imported"), "sampling.human", None)
    assert SopSpec.from_content(content).sampling.human == 0


def test_publishing_pins_the_newest_rubric_version(lead, sop, content):
    rubrics.import_rubric(by=lead, text=yaml_text.write({**RUBRIC, "description": "Second"}))
    services.save_draft(by=lead, sop=sop, content=changed(content, "rubric", "answer-correctness"))
    version = services.publish(by=lead, sop=sop)
    assert version.rubric_version.number == 2
    assert version.content["rubric"] == "answer-correctness@2"
    assert version.spec.rubric_number == 2


def test_the_same_file_is_a_new_version_once_the_rubric_moved_on(lead, collection, content, rubric_version):
    text = yaml_text.write(changed(content, "rubric", "answer-correctness"))
    first = services.import_sop(by=lead, text=text)
    assert services.import_sop(by=lead, text=text) == first
    rubrics.import_rubric(by=lead, text=yaml_text.write({**RUBRIC, "description": "Second"}))
    assert services.import_sop(by=lead, text=text).number == 2


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("rubric", "no-such", "There is no rubric"),
        ("rubric", "answer-correctness@7", "no version 7"),
        ("acceptance.criterion", "tone", "no criterion 'tone'"),
        ("sop", "other-name", "must stay"),
    ],
)
def test_what_cannot_be_audited_is_not_published(lead, sop, content, path, value, message):
    services.save_draft(by=lead, sop=sop, content=changed(content, path, value))
    with pytest.raises(BadInput, match=message):
        services.publish(by=lead, sop=sop)
    assert sop.versions.get().is_draft


def test_a_rubric_that_only_scores_cannot_decide():
    from auditing.rubrics.schema import RubricSpec

    scores = RubricSpec.from_content(
        {"rubric": "r", "criteria": [{"key": "p", "scale": {"type": "preference"}}]}
    )
    with pytest.raises(BadInput, match="does not say when an item passes"):
        SopSpec.from_content(SOP).check_against(scores)
    with pytest.raises(BadInput, match="no number"):
        SopSpec.from_content(changed(SOP, "acceptance.criterion", "p")).check_against(scores)


def test_export_and_import_are_one_version(lead, sop):
    version = services.publish(by=lead, sop=sop)
    text = services.export_sop(version)
    assert services.import_sop(by=None, text=text) == version
    assert list(yaml_text.read(text))[:2] == ["sop", "rubric"]


def test_a_bad_file_names_its_line(collection, rubric_version, content):
    text = yaml_text.write(content).replace("overlap: 0.5", "overlap: 5")
    line = next(number for number, row in enumerate(text.splitlines(), start=1) if "overlap" in row)
    with pytest.raises(BadInput, match=f"sop.yaml, line {line}, field sampling.overlap"):
        services.import_sop(by=None, text=text, file="sop.yaml")
    with pytest.raises(BadInput, match="no collection named"):
        services.import_sop(by=None, text=yaml_text.write({**content, "collection": "Nowhere"}))


def test_auditors_acknowledge_once(lead, auditor, outsider, sop):
    version = services.publish(by=lead, sop=sop)
    services.acknowledge(by=auditor, version=version)
    services.acknowledge(by=auditor, version=version)
    assert has_acknowledged(auditor, version)
    assert not has_acknowledged(lead, version)
    assert Entry.objects.filter(verb="acknowledged").count() == 1
    with pytest.raises(Forbidden):
        services.acknowledge(by=outsider, version=version)


@pytest.mark.parametrize("who", ["auditor", "viewer", "vendor", "outsider"])
def test_only_those_who_define_here_may(request, who, collection, sop, content):
    user = request.getfixturevalue(who)
    for act in (
        lambda: services.create_sop(by=user, collection=collection, name="x", content=content),
        lambda: services.save_draft(by=user, sop=sop, content=content),
        lambda: services.publish(by=user, sop=sop),
        lambda: services.discard_draft(by=user, sop=sop),
        lambda: services.archive(by=user, sop=sop),
        lambda: services.restore(by=user, sop=sop),
        lambda: services.import_sop(by=user, text=yaml_text.write(content), collection=collection),
    ):
        with pytest.raises(Forbidden):
            act()


def test_who_sees_what(lead, auditor, vendor, outsider, sop):
    assert list(sops_visible_to(lead)) == [sop]
    assert list(sops_visible_to(auditor)) == []
    services.publish(by=lead, sop=sop)
    assert list(sops_visible_to(auditor)) == [sop]
    assert list(sops_visible_to(outsider)) == []
    assert list(sops_visible_to(vendor)) == []
    with pytest.raises(Missing):
        sop_named("answers-weekly", outsider)


def test_names_are_found_across_collections(lead, outsider, collection, sop, content, rubric_version):
    elsewhere = outsider.access.get().collection
    services.import_sop(by=None, text=yaml_text.write(content), collection=elsewhere)
    with pytest.raises(Missing, match="COLLECTION/SOP"):
        sop_named("answers-weekly")
    assert sop_named("Elsewhere/answers-weekly").collection == elsewhere
    assert sop_named("answers-weekly", lead) == sop
    assert sop_named("answers-weekly", collection=collection) == sop


def test_archived_sops_take_no_draft(lead, sop, content):
    services.archive(by=lead, sop=sop)
    with pytest.raises(Conflict, match="archived"):
        services.save_draft(by=lead, sop=sop, content=content)
    services.restore(by=lead, sop=sop)
    assert services.publish(by=lead, sop=sop).number == 1


def test_commands_go_round(collection, content, rubric_version, tmp_path, capsys):
    file = tmp_path / "sop.yaml"
    del content["collection"]
    file.write_text(yaml_text.write(content))
    with pytest.raises(SystemExit):
        call_command("import_sop", str(file))
    assert "field collection: is missing" in capsys.readouterr().err
    call_command("import_sop", str(file), "--collection", "Question answering", "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["sop"], told["version"], told["rubric"]) == ("answers-weekly", 1, "answer-correctness@1")
    call_command("export_sop", "answers-weekly", "--version", "1")
    file.write_text(capsys.readouterr().out)
    call_command("import_sop", str(file), "--json")
    assert json.loads(capsys.readouterr().out) == told
    assert published_version(sop_named("answers-weekly")).number == 1
