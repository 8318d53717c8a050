"""From labels to a judge that runs, and what it never learns from."""

import json
from collections.abc import Callable

import pytest
from django.core.management import call_command

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.core.errors import BadInput, Forbidden
from auditing.datasets.models import Batch
from auditing.journal.models import Entry
from auditing.judging.models import JudgeVersion, Verdict
from auditing.judging.schema import read_judge
from auditing.judging.services import create_judge, publish, start_runs, work
from auditing.rubrics.models import RubricVersion
from auditing.sampling.services import draw_sample
from auditing.training.labelled import Source
from auditing.training.services import train_judge
from tests.cast import RUBRIC, SOP, make_audit, make_rubric, make_sop
from tests.judging.building import queue_run
from tests.training.conftest import right

CONTAINS = {
    "architecture": "program",
    "criteria": {
        "correct": {"checks": [{"check": "match", "how": "token_recall", "holds": "yes", "fails": "no"}]}
    },
}


@pytest.fixture
def trained(labelled: Batch, rubric_version: RubricVersion) -> JudgeVersion:
    return train(labelled, rubric_version)


def train(batch: Batch, rubric_version: RubricVersion, **options: object) -> JudgeVersion:
    options = {"by": None, "name": "learner", "criteria": ["correct"], **options}
    return train_judge(rubric_version=rubric_version, sources=[Source(batch)], **options)  # type: ignore[arg-type]


def test_it_judges_a_new_batch_without_an_endpoint(
    trained: JudgeVersion, make_answers: Callable[..., Batch], rubric_version: RubricVersion, lead: User
) -> None:
    run = queue_run(make_answers(60, start=500), rubric_version, trained, lead)
    assert work(run).reason == ""
    verdicts = Verdict.objects.filter(run=run).select_related("item")
    assert verdicts.count() == 60
    hits = [(one.value == "yes") == right(int(one.item.payload["input"].split()[1])) for one in verdicts]
    assert sum(hits) / 60 > trained.content["criteria"]["correct"]["report"]["base_accuracy"]
    assert all(0.5 <= (one.probability or 0) <= 1 for one in verdicts)
    assert {one.details["trained_on_it"] for one in verdicts} == {"no"}


def test_on_its_own_training_items_its_verdicts_are_out_of_fold(
    trained: JudgeVersion, labelled: Batch, rubric_version: RubricVersion, lead: User
) -> None:
    run = queue_run(labelled, rubric_version, trained, lead)
    work(run)
    verdicts = Verdict.objects.filter(run=run)
    assert {one.details["trained_on_it"] for one in verdicts} == {"out of fold"}
    accuracy = trained.content["criteria"]["correct"]["report"]["accuracy"]
    hits = [(one.value == "yes") == right(int(one.item.payload["input"].split()[1])) for one in verdicts]
    assert sum(hits) / 90 == pytest.approx(accuracy, abs=1e-4)


def test_items_under_an_audit_are_never_trained_on(
    labelled: Batch,
    make_answers: Callable[..., Batch],
    rubric_version: RubricVersion,
    lead: User,
) -> None:
    audit = open_audit(labelled, rubric_version, lead)
    with pytest.raises(BadInput, match="0 labelled items are too few"):
        train(labelled, rubric_version)
    Audit.objects.filter(pk=audit.pk).update(state="cancelled")
    version = train(labelled, rubric_version)
    counts = version.content["training"]["criteria"]["correct"]
    assert counts == {"items": 90, "left_out_under_audit": 0, "rounded_means": 0}


def open_audit(batch: Batch, rubric_version: RubricVersion, lead: User, **sop: object) -> Audit:
    sampling = {"method": "simple", "judge": "all", "human": 2}
    content = {**SOP, "sop": f"sop-{batch.name}", "sampling": sampling, **sop}
    audit = make_audit(batch, make_sop(batch.collection, rubric_version, lead, content), lead)
    draw_sample(by=lead, audit=audit)
    return audit


def test_it_takes_into_account_what_other_judges_say_and_waits_for_them(
    labelled: Batch, make_answers: Callable[..., Batch], rubric_version: RubricVersion, lead: User
) -> None:
    publish(by=None, judge=create_judge(by=None, name="rules", content=CONTAINS))
    first = open_audit(labelled, rubric_version, lead, judges=["rules"])
    work(start_runs(by=None, audit=first)[0])
    Audit.objects.filter(pk=first.pk).update(state="decided")
    version = train_judge(
        by=None,
        name="learner",
        rubric_version=rubric_version,
        sources=[Source(labelled, first)],
        criteria=["correct"],
        judges=["rules"],
    )
    assert version.content["criteria"]["correct"]["report"]["accuracy"] > 0.95
    audit = open_audit(make_answers(20, start=900), rubric_version, lead, judges=["learner", "rules"])
    learner, rules = start_runs(by=None, audit=audit)
    assert work(learner).judged == 0
    learner.refresh_from_db()
    assert learner.state == "queued"
    assert (work(rules).judged, work(learner).judged) == (20, 20)


def test_a_judge_it_needs_must_run_too(
    labelled: Batch, make_answers: Callable[..., Batch], rubric_version: RubricVersion, lead: User
) -> None:
    content = {**train(labelled, rubric_version).content, "judges": ["rules"]}
    version = publish(by=None, judge=create_judge(by=None, name="needy", content=content))
    run = queue_run(make_answers(5, start=900), rubric_version, version, lead)
    assert "let the SOP name it too" in work(run).reason
    run.refresh_from_db()
    assert run.state == "paused"


def test_the_version_is_frozen_plain_data_and_journalled(trained: JudgeVersion) -> None:
    spec = read_judge(trained.content)
    assert spec.to_content() == trained.content
    assert json.loads(json.dumps(trained.content)) == trained.content
    entry = Entry.objects.filter(verb="trained").get()
    assert entry.details["criteria"]["correct"]["items"] == 90


def test_training_again_on_the_same_is_the_same_version(
    trained: JudgeVersion, labelled: Batch, rubric_version: RubricVersion
) -> None:
    assert train(labelled, rubric_version) == trained
    assert train(labelled, rubric_version, seed=1).number == 2


def test_only_who_manages_judges_may_train(
    labelled: Batch, rubric_version: RubricVersion, auditor: User
) -> None:
    with pytest.raises(Forbidden):
        train(labelled, rubric_version, by=auditor)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"criteria": ["corect"]}, "no criterion corect"),
        ({"criteria": ["helpful"]}, "0 labelled items are too few"),
        ({"judges": ["gpt"]}, "has said nothing there that is a number: gpt"),
    ],
)
def test_what_cannot_be_learnt_is_refused(
    labelled: Batch, rubric_version: RubricVersion, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(BadInput, match=complaint):
        train(labelled, rubric_version, **options)


def test_the_command_says_how_good_the_judge_is(
    labelled: Batch, rubric_version: RubricVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("learner", "--batch", labelled.name, "--rubric", "answer-correctness", "--criterion", "correct")
    call_command("train_judge", *asked, "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["judge"], found["version"]) == ("learner", 1)
    assert found["reports"]["correct"]["items"] == 90
    call_command("train_judge", *asked)
    assert capsys.readouterr().out.startswith("Published learner v1. correct: right on ")


def test_the_command_refuses_nothing_to_learn_from(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("train_judge", "learner")
    assert "name an audit or a batch" in capsys.readouterr().err


def test_criteria_that_cannot_be_learnt_are_left_out_unless_named(lead: User, labelled: Batch) -> None:
    seconds = {"key": "seconds", "question": "How long?", "scale": {"type": "numeric", "low": 0, "high": 60}}
    version = make_rubric(lead, {"rubric": "timed", "criteria": [RUBRIC["criteria"][0], seconds]})
    assert set(train(labelled, version, criteria=()).content["criteria"]) == {"correct"}
    with pytest.raises(BadInput, match="numeric scale cannot be learnt"):
        train(labelled, version, criteria=["seconds"])
