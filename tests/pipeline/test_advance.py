"""Driving an audit from its opening to the proposed decision, with real reviews and a judge over real HTTP."""

import json

import pytest
from django.core.management import call_command

from auditing.adjudication.models import Disagreement
from auditing.adjudication.services import rule
from auditing.audits.lifecycle import AuditState
from auditing.core.errors import BadInput, Forbidden
from auditing.estimation.services import confirm_decision
from auditing.judging import tasks as judging_tasks
from auditing.judging.models import Call, Run, RunState
from auditing.judging.services import work
from auditing.pipeline import tasks
from auditing.pipeline.models import Trigger
from auditing.pipeline.schedules import Timing, create_schedule, open_due_audits
from auditing.pipeline.services import advance, can_go_on, run_here
from auditing.pipeline.stages import stations
from auditing.ratings.models import Rater, RaterKind, Rating, RatingsFile
from auditing.reviews.models import ReviewTask
from auditing.reviews.services import next_task, submit
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.judging.building import make_judge, simulated_endpoint

GOOD = {"correct": "yes", "helpful": "3"}


@pytest.fixture
def sop_of(collection, rubric_version, lead):
    return lambda **changes: make_sop(collection, rubric_version, lead, SOP | {"sop": "special"} | changes)


@pytest.fixture
def judged(batch, sop_of, lead):
    """An audit whose SOP asks one judge."""
    make_judge("careful")
    return make_audit(batch, sop_of(judges=["careful"]), lead)


def review_everything(audit, auditors, answer=lambda number: GOOD):
    """Each auditor in turn takes what she may until nothing is left."""
    for number, auditor in enumerate(auditors):
        while task := next_task(user=auditor, audit=audit):
            submit(by=auditor, task=task, answers=answer(number), notes={}, comment="")


def differ(number):
    return GOOD | {"correct": "yes" if number == 0 else "no"}


def import_labels(batch, items):
    rater = Rater.objects.create(collection=batch.collection, name="adjudicated", kind=RaterKind.HUMAN)
    file = RatingsFile.objects.create(batch=batch, file_name="labels.csv", content_hash="0" * 64)
    for item in items:
        for criterion, value in GOOD.items():
            Rating.objects.create(item=item, rater=rater, file=file, criterion=criterion, value=value)


def details(results):
    return [(result.stage, result.done) for result in results]


def states(audit):
    return {station.name: station.state.value for station in stations(audit)}


def test_it_goes_as_far_as_it_can_and_says_what_it_waits_for(audit, lead):
    results = advance(by=lead, audit=audit)
    assert details(results) == [("draw", True), ("collect", True), ("rule", False)]
    assert results[-1].detail == "9 reviews wanted from auditors"
    assert audit.state == AuditState.COLLECTING
    assert ReviewTask.objects.filter(audit=audit).count() == 9


def test_advancing_again_changes_nothing(audit, lead):
    advance(by=lead, audit=audit)
    assert details(advance(by=lead, audit=audit)) == [("rule", False)]
    assert ReviewTask.objects.filter(audit=audit).count() == 9


def test_reviews_that_agree_lead_to_a_proposed_decision(audit, lead, auditors):
    advance(by=lead, audit=audit)
    review_everything(audit, auditors)
    results = advance(by=lead, audit=audit)
    assert details(results) == [("rule", True), ("estimate", True), ("decide", True), ("decide", False)]
    assert audit.state == AuditState.ESTIMATED
    assert audit.decision.proposed
    confirm_decision(by=lead, audit=audit, outcome=audit.decision.proposed)
    assert advance(by=lead, audit=audit) == []


def test_reviews_that_differ_wait_for_a_lead(audit, lead, auditors):
    advance(by=lead, audit=audit)
    review_everything(audit, auditors, differ)
    results = advance(by=lead, audit=audit)
    assert results[-1].detail == "3 disagreements to be ruled on by a lead"
    assert states(audit)["Rule"] == "waiting"
    for case in Disagreement.objects.filter(audit=audit):
        rule(by=lead, audit=audit, item=case.item, criterion=case.criterion, value="yes", rationale="It is.")
    assert details(advance(by=lead, audit=audit))[0] == ("estimate", True)


def test_judges_are_left_to_a_worker_that_is_woken(
    judged, lead, monkeypatch, django_capture_on_commit_callbacks
):
    woken = []
    monkeypatch.setattr(judging_tasks.work_on_run, "delay", lambda pk: woken.append(pk))
    with django_capture_on_commit_callbacks(execute=True):
        results = advance(by=lead, audit=judged)
    run = Run.objects.get(audit=judged)
    assert woken == [run.pk]
    assert "12 calls to go for judge careful v1" in results[-1].detail


def test_run_here_judges_in_this_process_and_tells_how_far_it_is(judged, lead):
    seen = []
    with simulated_endpoint():
        results = run_here(by=lead, audit=judged, progress=lambda run, so_far: seen.append((run, so_far)))
    assert results[-1].detail == "9 reviews wanted from auditors"
    assert Call.objects.filter(run__audit=judged, state="done").count() == 12
    assert seen[-1][1].done == 12
    assert states(judged) == {
        "Open": "done",
        "Draw": "done",
        "Judge": "done",
        "Review": "waiting",
        "Rule": "todo",
        "Estimate": "todo",
        "Decide": "todo",
        "Report": "todo",
    }


def test_a_judge_whose_endpoint_is_missing_is_paused_and_waited_for(judged, lead, settings):
    settings.OPENAI_BASE_URL = ""
    results = run_here(by=lead, audit=judged)
    run = Run.objects.get(audit=judged)
    assert (run.state, "OPENAI_BASE_URL" in run.reason) == (RunState.PAUSED, True)
    assert "judge careful v1, which is paused" in results[-1].detail


def test_an_unknown_judge_is_said_and_nothing_is_half_started(batch, sop_of, lead):
    audit = make_audit(batch, sop_of(judges=["nobody"]), lead)
    with pytest.raises(BadInput, match="nobody"):
        advance(by=lead, audit=audit)
    audit.refresh_from_db()
    assert audit.state == AuditState.DRAWN
    assert not ReviewTask.objects.filter(audit=audit).exists()


def test_imported_labels_stand_in_for_reviews(batch, sop_of, lead):
    labels = {"source": "imported", "reference": "adjudicated"}
    audit = make_audit(batch, sop_of(labels=labels), lead)
    results = advance(by=lead, audit=audit)
    assert results[-1].detail == "human labels to be imported for 6 drawn items"
    import_labels(batch, batch.items.all())
    assert details(advance(by=lead, audit=audit))[:2] == [("rule", True), ("estimate", True)]
    assert not ReviewTask.objects.filter(audit=audit).exists()


def test_an_sop_without_a_rule_measures_and_ends_there(batch, sop_of, lead, auditors):
    audit = make_audit(batch, sop_of(acceptance=None), lead)
    advance(by=lead, audit=audit)
    review_everything(audit, auditors)
    assert details(advance(by=lead, audit=audit)) == [("rule", True), ("estimate", True)]
    assert advance(by=lead, audit=audit) == []
    assert states(audit)["Decide"] == "done"


def test_who_may_not_run_audits_may_not_drive_one(audit, auditor, viewer, outsider):
    for somebody in (auditor, viewer, outsider):
        with pytest.raises(Forbidden):
            advance(by=somebody, audit=audit)


def test_the_tick_leaves_alone_what_a_person_has_only_opened(audit, lead):
    assert not can_go_on(audit)
    advance(by=lead, audit=audit)
    assert not can_go_on(audit)  # it waits for reviews


def test_the_tick_carries_on_what_is_ready(
    audit, lead, auditors, monkeypatch, django_capture_on_commit_callbacks
):
    advance(by=lead, audit=audit)
    review_everything(audit, auditors)
    woken = []
    monkeypatch.setattr(tasks.advance_audit, "delay", lambda pk: woken.append(pk))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tick()
    assert woken == [audit.pk]
    tasks.advance_audit(audit.pk)
    audit.refresh_from_db()
    assert audit.state == AuditState.ESTIMATED


def test_an_audit_that_a_schedule_opened_is_set_going(sop_version, batch, collection, lead):
    timing = Timing(Trigger.ON_BATCH)
    schedule = create_schedule(by=lead, sop=sop_version.sop, name="Arrivals", timing=timing)
    make_batch(collection, lead)
    (audit,) = open_due_audits(schedule=schedule)
    assert can_go_on(audit)
    tasks.advance_audit(audit.pk)
    audit.refresh_from_db()
    assert audit.state == AuditState.COLLECTING


def test_the_end_of_a_run_wakes_its_audit(judged, lead, monkeypatch, django_capture_on_commit_callbacks):
    advance(by=lead, audit=judged)
    woken = []
    monkeypatch.setattr(tasks.advance_audit, "delay", lambda pk: woken.append(pk))
    with simulated_endpoint(), django_capture_on_commit_callbacks(execute=True):
        work(Run.objects.get(audit=judged))
    assert woken == [judged.pk]


def test_an_audit_that_cannot_go_on_is_logged_and_does_not_break_the_worker(batch, sop_of, lead, caplog):
    audit = make_audit(batch, sop_of(judges=["nobody"]), lead)
    tasks.advance_audit(audit.pk)
    assert "cannot go on" in caplog.text


def test_open_and_run_by_command_line_alone(batch, sop_version, capsys):
    call_command("open_audit", "--batch", "week-10", "--sop", "answers-weekly", "--seed", "7", "--json")
    opened = json.loads(capsys.readouterr().out)
    assert (opened["batch"], opened["seed"], opened["state"]) == ("week-10", 7, "opened")
    call_command("run_audit", str(opened["audit"]), "--json")
    ran = json.loads(capsys.readouterr().out)
    assert ran["state"] == "collecting"
    assert ran["waits_for"] == ["9 reviews wanted from auditors"]


def test_the_command_line_prints_the_audits_id_and_nothing_else(batch, sop_version, capsys):
    call_command("open_audit", "--batch", "week-10", "--sop", "answers-weekly")
    assert capsys.readouterr().out.strip().isdigit()


@pytest.mark.parametrize(
    "command",
    [
        ["open_audit", "--batch", "nowhere", "--sop", "answers-weekly"],
        ["open_audit", "--batch", "week-10", "--sop", "nothing"],
        ["open_audit", "--batch", "week-10", "--sop", "answers-weekly", "--seed", "-1"],
        ["run_audit", "999999"],
    ],
)
def test_bad_input_is_exit_status_2_and_one_line(batch, sop_version, command, capsys):
    with pytest.raises(SystemExit) as stop:
        call_command(*command)
    assert stop.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
