"""A report is made once, says what was known then, and shows when it was tampered with."""

import pytest
from django.utils import timezone

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import Conflict, Forbidden
from auditing.estimation.models import Outcome
from auditing.journal.models import Entry
from auditing.reports.agreement import LABELS
from auditing.reports.models import Report
from auditing.reports.selectors import reports_visible_to
from auditing.reports.services import current_report, is_intact, make_report
from auditing.reports.view import view_of


def test_a_report_is_numbered_hashed_and_on_record(world, lead):
    report = make_report(by=lead, audit=world.audit)
    assert (report.number, is_intact(report)) == (2, True)
    entry = Entry.objects.filter(verb="made").latest("pk")
    assert entry.details["checksum"] == report.checksum


def test_what_is_changed_afterwards_shows(world):
    stored = Report.objects.get(pk=world.report.pk)
    stored.snapshot["estimates"][0]["estimate"] = 0.99
    stored.save()
    assert not is_intact(Report.objects.get(pk=stored.pk))


def test_there_is_nothing_to_report_before_the_estimates(audit, lead):
    audit.state = AuditState.RULING
    audit.save()
    with pytest.raises(Conflict, match="estimates come first"):
        make_report(by=lead, audit=audit)


def test_who_may_not_make_reports_makes_none(world, viewer):
    with pytest.raises(Forbidden):
        make_report(by=viewer, audit=world.audit)


def test_the_newest_report_serves_until_more_is_known(world):
    assert current_report(by=None, audit=world.audit) == world.report
    world.decision.outcome, world.decision.decided_at = Outcome.REJECT, timezone.now()
    world.decision.save()
    assert current_report(by=None, audit=world.audit).number == 2


def test_auditors_are_letters_and_judges_are_held_against_the_labels(decided, auditors):
    snapshot = make_report(by=None, audit=decided).snapshot
    assert {row["rater"] for row in snapshot["meta_audit"] if row["rater_kind"] == "human"} == {"Auditor B"}
    judged = [row for row in snapshot["meta_audit"] if row["reference"] == LABELS]
    assert [(row["rater"], row["criterion"], row["n"], row["accuracy"]) for row in judged] == [
        ("careful", "correct", 1, 1.0),
        ("careful", "item_passes", 1, 1.0),
    ]
    assert not any(auditor.username in str(snapshot) for auditor in auditors)


def test_a_vendor_waits_for_the_decision_and_then_sees_neither_items_nor_people(world, vendor):
    assert not reports_visible_to(vendor).exists()
    world.decision.outcome = Outcome.ACCEPT
    world.decision.save()
    view = view_of(reports_visible_to(vendor).get(), vendor)
    for part in ("items", "failed_examples", "labels", "meta_audit", "judges"):
        assert part in view.withheld
        assert part not in view.snapshot
    assert "content" not in view.snapshot["sop"]
    assert view.snapshot["estimates"] == world.report.snapshot["estimates"]


def test_each_label_says_where_it_comes_from(decided, world):
    labels = {item["id"]: item for item in make_report(by=None, audit=decided).snapshot["items"]}
    own = labels[world.item.external_id]
    assert own["labels"]["correct"] == {"value": "no", "source": "ruling"}
    assert set(own["opinions"]) == {"Auditor A", "Auditor B", "careful"}
