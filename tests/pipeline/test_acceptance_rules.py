"""Rules that count, that follow the tables, and that may stop at any time, from the draw to the next batch's."""

import pytest

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import BadInput, Conflict
from auditing.estimation.inspecting import inspected, inspection_of, resume
from auditing.estimation.lifecycle import InspectionState
from auditing.estimation.models import Decision, Inspection
from auditing.estimation.services import confirm_decision, recompute
from auditing.pipeline.services import advance, next_wave
from auditing.sampling.selectors import replay
from auditing.sops.schema import SopSpec
from auditing.web.audits.preview import preview
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.ratings.ratings_of import rate

COUNT = {"rule": "count", "criterion": "correct", "at_least": 0.9, "accept": 1}
AQL = {"rule": "aql", "criterion": "correct", "aql": 6.5, "level": "II"}
SEQUENTIAL = {"rule": "sequential", "criterion": "correct", "at_least": 0.5, "confidence": 0.9, "wave": 10}


@pytest.fixture
def sop_of(collection, rubric_version, lead):
    def made(acceptance, human):
        sampling = {"method": "simple", "human": human}
        labels = {"source": "imported", "reference": "adjudicated"}
        content = SOP | {"sop": "rules", "sampling": sampling, "labels": labels, "acceptance": acceptance}
        return make_sop(collection, rubric_version, lead, content)

    return made


@pytest.fixture
def audited(collection, producer, lead):
    """An audit of a batch in which so many items fail, as far as it goes by itself."""

    def made(version, failing, size=40):
        batch = make_batch(collection, lead, size=size, producer=producer)
        rate(batch, "adjudicated", "correct", ["no"] * failing + ["yes"] * (size - failing))
        audit = make_audit(batch, version, lead)
        advance(by=lead, audit=audit)
        audit.refresh_from_db()
        return audit

    return made


def decided(audit, lead):
    return confirm_decision(by=lead, audit=audit, outcome=audit.decision.proposed)


@pytest.mark.parametrize(("failing", "outcome"), [(0, "accept"), (1, "accept"), (2, "reject")])
def test_a_count_accepts_up_to_its_number(audited, sop_of, failing, outcome):
    decision = audited(sop_of(COUNT, 40), failing).decision
    assert (decision.proposed, decision.evidence["failing"]) == (outcome, failing)
    assert recompute(decision).outcome == outcome


def test_the_tables_say_how_many_are_drawn(audited, sop_of, lead):
    audit = audited(sop_of(AQL, 5), 0)
    tables = audit.plan.learned["inspection"]
    assert (tables["code"], tables["n"], tables["accept"], tables["severity"]) == ("D", 8, 1, "normal")
    assert audit.plan.human_size == 8
    assert replay(audit.plan).same
    assert audit.decision.result == "A"


def test_the_preview_goes_by_the_tables_too_and_begins_no_inspection(collection, sop_of, lead, producer):
    batch = make_batch(collection, lead, size=40, producer=producer)
    assert preview(batch, sop_of(AQL, 5)).human_size == 8
    assert not Inspection.objects.exists()


def test_two_rejected_of_five_tighten_and_five_more_discontinue_until_a_lead_resumes(audited, sop_of, lead):
    version = sop_of(AQL, 5)
    for _ in range(2):
        decided(audited(version, 40), lead)
    audit = audited(version, 40)
    inspection = inspection_of(audit, "correct")
    assert audit.plan.learned["inspection"]["severity"] == inspection.state == "tightened"
    decided(audit, lead)
    for _ in range(4):
        decided(audited(version, 40), lead)
    inspection.refresh_from_db()
    assert inspection.state == InspectionState.DISCONTINUED
    assert [lot.result for lot in inspection.lots.all()] == ["R"] * 7
    with pytest.raises(Conflict, match="discontinued"):
        audited(version, 0)
    with pytest.raises(BadInput, match="what has changed"):
        resume(by=lead, inspection=inspection, reason=" ")
    resume(by=lead, inspection=inspection, reason="New annotators.")
    assert audited(version, 0).plan.learned["inspection"]["severity"] == "tightened"


def test_batches_drawn_under_normal_inspection_do_not_end_tightened_inspection(
    sop_of, collection, producer, lead
):
    version = sop_of(AQL, 5)
    audits = [
        make_audit(make_batch(collection, lead, size=2, producer=producer), version, lead) for _ in range(7)
    ]
    inspection = inspection_of(audits[0], "correct")
    tables = {"inspection": inspection.pk, "severity": "normal", "code": "A", "n": 2}
    for audit, result in zip(audits, "RRAAAAA", strict=True):
        facts = {**tables, "accept": 0, "reject": 1, "failing": int(result == "R")}
        inspected(audit, Decision(audit=audit, evidence=facts, result=result))
    inspection.refresh_from_db()
    assert inspection.lots.count() == 7
    assert inspection.state == InspectionState.TIGHTENED


def test_a_batch_counts_once(audited, sop_of, lead):
    version = sop_of(AQL, 5)
    audit = audited(version, 40)
    decided(audit, lead)
    again = make_audit(audit.batch, version, lead)
    advance(by=lead, audit=again)
    again.refresh_from_db()
    decided(again, lead)
    assert inspection_of(audit, "correct").lots.count() == 1


def test_a_sequential_rule_asks_for_waves_until_it_is_clear(audited, sop_of, lead):
    audit = audited(sop_of(SEQUENTIAL, 10), 9)
    assert audit.decision.proposed == "continue"
    first = set(audit.plan.draws.filter(is_human=True).values_list("item", flat=True))
    while audit.decision.proposed == "continue":
        plan = next_wave(by=lead, audit=audit)
        assert replay(plan).same
        audit = type(audit).objects.get(pk=audit.pk)
        assert audit.state == AuditState.COLLECTING
        advance(by=lead, audit=audit)
        audit = type(audit).objects.get(pk=audit.pk)
    assert audit.decision.proposed == "accept"
    assert audit.plan.parameters["waves"]
    assert first < set(audit.plan.draws.filter(is_human=True).values_list("item", flat=True))
    assert recompute(audit.decision).evidence == audit.decision.evidence


def test_no_wave_without_need(audited, sop_of, lead):
    audit = audited(sop_of(SEQUENTIAL, 40), 0)
    assert audit.decision.proposed == "accept"
    with pytest.raises(Conflict, match="No wave is wanted"):
        next_wave(by=lead, audit=audit)


@pytest.mark.parametrize("rule", [COUNT, {**AQL, "at_least": 0.935}, {**SEQUENTIAL, "side": "lower"}])
def test_rules_survive_the_way_round(rule):
    content = SOP | {"sampling": {"human": 5}, "acceptance": rule}
    assert SopSpec.from_content(content).to_content()["acceptance"] == rule


def test_a_rule_that_counts_needs_a_simple_draw():
    with pytest.raises(BadInput, match="simple random sample") as caught:
        SopSpec.from_content(SOP | {"acceptance": COUNT})
    assert caught.value.field == "acceptance.rule"
