"""The acceptance rule, and the person who confirms it."""

import json
import zlib

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import BadInput, Conflict, Forbidden
from auditing.estimation.deciding import Case, _verdict, case_of, propose
from auditing.estimation.inputs import Numbers, evidence_of_audit
from auditing.estimation.measures import Measure, measures_of, on_scale_number
from auditing.estimation.models import Decision, Outcome
from auditing.estimation.services import (
    case_of_audit,
    confirm_decision,
    make_estimates,
    propose_decision,
    recompute,
)
from auditing.journal.models import Entry
from auditing.sops.acceptance import Acceptance
from tests.estimation.building import drawn_audit, judge_all, label_drawn


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.95, 0.99, Outcome.ACCEPT),  # at the bar is enough
        (0.96, 0.99, Outcome.ACCEPT),
        (0.90, 0.95, Outcome.CONTINUE),  # the bar is not excluded
        (0.90, 0.9499, Outcome.REJECT),
        (0.90, 0.99, Outcome.CONTINUE),
    ],
)
def test_the_rule_reads_the_whole_interval(low, high, outcome):
    found, reason = _verdict(low, high, Acceptance(at_least=0.95), "Clopper-Pearson", 0.95, is_share=True)
    assert found == outcome
    assert "95%" in reason
    assert "Clopper-Pearson, one-sided" in reason


@pytest.mark.parametrize(("low", "high"), [(np.nan, np.nan), (0.99, 0.96)])
def test_no_interval_decides_nothing(low, high):
    assert (
        _verdict(low, high, Acceptance(at_least=0.95), "made up", 0.95, is_share=True)[0] == Outcome.CONTINUE
    )


def census(batch, rubric_version, lead, passing, **changes):
    """Every item labelled, so many of the twelve good."""
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12}, **changes)
    label_drawn(audit, lambda item: "yes" if item.position <= passing else "no")
    label_drawn(audit, lambda item: "3", criterion="helpful")
    return audit


@pytest.mark.parametrize(("passing", "outcome"), [(12, "accept"), (9, "accept"), (8, "reject")])
def test_a_census_decides_without_doubt(batch, rubric_version, lead, passing, outcome):
    audit = census(batch, rubric_version, lead, passing, acceptance={"at_least": 0.75})
    make_estimates(by=lead, audit=audit)
    assert propose_decision(by=lead, audit=audit).proposed == outcome


def test_a_one_sided_bound_is_nearer_than_a_two_sided_one(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 8})
    label_drawn(audit, lambda item: "yes" if item.position % 4 else "no")
    label_drawn(audit, lambda item: "3", criterion="helpful")
    seen = evidence_of_audit(audit)
    rule = {"criterion": "item_passes", "at_least": 0.9, "confidence": 0.9, "basis": "human"}
    measure = measures_of(audit.rubric)[0]
    one_sided, two_sided = (
        propose(case_of(seen, Acceptance(**rule, side=side), measure, {})).evidence
        for side in ("lower", "two-sided")
    )
    assert two_sided["low"] < one_sided["low"] < one_sided["estimate"]
    assert (one_sided["confidence"], two_sided["confidence"]) == (pytest.approx(0.8), 0.9)


def test_a_rule_about_the_process_is_not_content_with_a_census_of_the_batch(batch, rubric_version, lead):
    audit = census(
        batch, rubric_version, lead, 10, acceptance={"at_least": 0.75}, estimates={"target": "process"}
    )
    make_estimates(by=lead, audit=audit)
    decision = propose_decision(by=lead, audit=audit)
    assert (decision.proposed, decision.evidence["target"]) == (Outcome.CONTINUE, "process")
    assert Case.thawed(bytes(decision.inputs)).target == "process"
    assert recompute(decision).evidence == decision.evidence


def test_a_decision_frozen_before_the_choice_was_about_the_batch(batch, rubric_version, lead):
    audit = census(batch, rubric_version, lead, 12)
    frozen = json.loads(zlib.decompress(case_of_audit(audit).frozen()))
    del frozen["target"], frozen["use"], frozen["numbers"]["earlier_labels"]
    case = Case.thawed(zlib.compress(json.dumps(frozen).encode()))
    assert (case.target, case.use, case.numbers.earlier_labels) == ("batch", "display", 0)


@pytest.mark.parametrize(("target", "outcome"), [("batch", "accept"), ("process", "continue")])
def test_a_sequential_rule_draws_from_the_batch_or_from_the_process(
    batch, rubric_version, lead, target, outcome
):
    rule = {"rule": "sequential", "criterion": "correct", "at_least": 0.75, "side": "lower", "wave": 5}
    audit = drawn_audit(
        batch, rubric_version, lead,
        sampling={"method": "simple", "human": 12}, acceptance=rule, estimates={"target": target},
    )  # fmt: skip
    label_drawn(audit, lambda item: "yes")
    make_estimates(by=lead, audit=audit)
    assert propose_decision(by=lead, audit=audit).proposed == outcome


def test_too_few_labels_go_on(audit, lead, batch, rubric_version):
    audit = drawn_audit(batch, rubric_version, lead, sop="few")
    label_drawn(audit, lambda item: "yes")
    label_drawn(audit, lambda item: "3", criterion="helpful")
    make_estimates(by=lead, audit=audit)
    decision = propose_decision(by=lead, audit=audit)
    assert decision.proposed == Outcome.CONTINUE
    assert "more labels" in decision.reason


def test_without_an_estimate_the_rule_goes_on_and_says_why(batch, rubric_version, lead):
    audit = drawn_audit(batch, rubric_version, lead)
    make_estimates(by=lead, audit=audit)
    decision = propose_decision(by=lead, audit=audit)
    assert decision.proposed == Outcome.CONTINUE
    assert decision.reason.startswith("No estimate")


def test_an_assisted_rule_without_judges_falls_back_on_the_labels(batch, rubric_version, lead):
    audit = census(batch, rubric_version, lead, 12, acceptance={"basis": "assisted"})
    make_estimates(by=lead, audit=audit)
    decision = propose_decision(by=lead, audit=audit)
    assert (decision.proposed, decision.evidence["basis"]) == ("accept", "human")


def test_an_assisted_rule_reads_the_judges_too(batch, rubric_version, lead):
    audit = census(batch, rubric_version, lead, 12, acceptance={"basis": "assisted"})
    judge_all(audit, lambda item: "yes")
    judge_all(audit, lambda item: "3", criterion="helpful")
    make_estimates(by=lead, audit=audit)
    assert propose_decision(by=lead, audit=audit).evidence["basis"] == "assisted"


@pytest.fixture
def proposed(batch, rubric_version, lead):
    audit = census(batch, rubric_version, lead, 12)
    make_estimates(by=lead, audit=audit)
    propose_decision(by=lead, audit=audit)
    return audit


def test_confirming_closes_the_audit(proposed, lead):
    decision = confirm_decision(by=lead, audit=proposed, outcome="accept")
    proposed.refresh_from_db()
    assert (proposed.state, decision.decided_by) == (AuditState.DECIDED, lead)
    assert proposed.closed_at == decision.decided_at
    assert Entry.objects.filter(verb="decided to accept").exists()


def test_against_the_rule_needs_a_comment(proposed, lead):
    with pytest.raises(BadInput, match="against the rule"):
        confirm_decision(by=lead, audit=proposed, outcome="reject", comment="  ")
    decision = confirm_decision(by=lead, audit=proposed, outcome="reject", comment="Duplicates throughout.")
    assert (decision.proposed, decision.outcome) == ("accept", "reject")


def test_a_decision_stands(proposed, lead):
    confirm_decision(by=lead, audit=proposed, outcome="accept")
    with pytest.raises(Conflict, match="decided already"):
        confirm_decision(by=lead, audit=proposed, outcome="accept")
    with pytest.raises(Conflict, match="decided already"):
        propose_decision(by=lead, audit=proposed)


def test_an_unknown_outcome_is_refused(proposed, lead):
    with pytest.raises(BadInput, match="maybe"):
        confirm_decision(by=lead, audit=proposed, outcome="maybe")


def test_viewers_and_outsiders_do_not_decide(proposed, viewer, outsider, auditor):
    for person in (viewer, outsider, auditor):
        with pytest.raises(Forbidden):
            confirm_decision(by=person, audit=proposed, outcome="accept")


@pytest.mark.parametrize("basis", ["human", "assisted"])
def test_a_decision_is_made_again_from_its_frozen_inputs(batch, rubric_version, lead, basis):
    audit = drawn_audit(
        batch, rubric_version, lead, sampling={"method": "simple", "human": 8}, acceptance={"basis": basis}
    )
    label_drawn(audit, lambda item: "yes" if item.position % 4 else "no")
    label_drawn(audit, lambda item: "3", criterion="helpful")
    judge_all(audit, lambda item: "yes" if item.position % 3 else "no")
    make_estimates(by=lead, audit=audit)
    propose_decision(by=lead, audit=audit)
    audit.batch.items.first().ratings.all().delete()  # what happens later changes nothing
    decision = Decision.objects.get(audit=audit)
    again = recompute(decision)
    assert (again.outcome, again.reason, again.evidence) == (
        decision.proposed,
        decision.reason,
        decision.evidence,
    )


def test_the_audit_is_locked_before_anything_is_checked(proposed, lead):
    if not connection.features.has_select_for_update:
        pytest.skip("this database locks as a whole")
    with CaptureQueriesContext(connection) as asked:
        confirm_decision(by=lead, audit=proposed, outcome="accept")
    said = [query["sql"] for query in asked]
    locked = next(place for place, sql in enumerate(said) if "FOR UPDATE" in sql)
    assert '"audits_audit"' in said[locked]
    assert not any('FROM "estimation_decision"' in sql for sql in said[:locked])


def counted_case(failing, missing, passing=20, accept=1, reject=4):
    labels = np.array([0.0] * failing + [np.nan] * missing + [1.0] * passing)
    nothing = np.array([""] * len(labels), dtype=object)
    numbers = Numbers(labels, np.full(len(labels), 0.1), nothing, {"": 500.0}, None, None, None, None, 500, 0)
    rule = Acceptance(rule="aql", criterion="correct", at_least=0.9)
    measure = Measure("correct", "pass_rate", on_scale_number, (0.0, 1.0))
    return Case(rule, measure, numbers, (), "", {"accept": accept, "reject": reject})


@pytest.mark.parametrize(
    ("failing", "missing", "outcome", "result"),
    [
        (0, 1, "accept", "A"),
        (2, 0, "accept", "M"),
        (2, 1, "accept", "M"),  # both fillings are accepted
        (0, 3, "accept", "M"),  # only what it says of inspection is open: the missing count as failing
        (2, 2, "continue", ""),
        (4, 9, "reject", "R"),
    ],
)
def test_a_count_waits_only_for_labels_that_can_change_the_outcome(failing, missing, outcome, result):
    found = propose(counted_case(failing, missing))
    assert (found.outcome, found.result) == (outcome, result)
