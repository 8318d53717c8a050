"""An audit that is to be continued: more is drawn, it is collected again, and the looks share what may err."""

from dataclasses import replace

import pytest

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import BadInput, Conflict
from auditing.estimation.deciding import Case
from auditing.estimation.further import offer_of
from auditing.estimation.models import Decision
from auditing.estimation.services import confirm_decision, recompute
from auditing.pipeline.facts import waits_for
from auditing.pipeline.services import advance, next_wave
from auditing.sampling.selectors import replay
from tests.cast import SOP, make_audit, make_batch, make_sop
from tests.ratings.ratings_of import rate

INTERVAL = {"criterion": "correct", "at_least": 0.9, "confidence": 0.95, "side": "lower", "basis": "human"}
SIMPLE = {"method": "simple", "human": 40}
STRATIFIED = {"method": "stratified", "by": "producer", "human": 40}


@pytest.fixture
def audited(collection, rubric_version, lead, producer):
    """An audit of 200 items of which every twentieth fails, as far as it goes by itself."""

    def made(sampling=None, judges=False, **rule):
        batch = make_batch(collection, lead, size=200, producer=producer)
        batch.items.filter(position__lte=60).update(producer=None)
        answers = ["no" if number % 20 == 0 else "yes" for number in range(200)]
        rate(batch, "adjudicated", "correct", answers)
        if judges:
            said = ["no" if number % 7 == 0 else answer for number, answer in enumerate(answers)]
            rate(batch, "gpt", "correct", said, kind="judge")
        content = SOP | {
            "sop": "continued",
            "sampling": sampling or SIMPLE,
            "labels": {"source": "imported", "reference": "adjudicated"},
            "acceptance": INTERVAL | rule,
        }
        audit = make_audit(batch, make_sop(collection, rubric_version, lead, content), lead, seed=3)
        advance(by=lead, audit=audit)
        return again(audit)

    return made


def again(audit):
    return type(audit).objects.get(pk=audit.pk)


def grown(audit, lead, size=None):
    """After another wave, as far as it goes by itself."""
    next_wave(by=lead, audit=audit, size=size)
    assert again(audit).state == AuditState.COLLECTING
    advance(by=lead, audit=again(audit))
    return again(audit)


@pytest.mark.parametrize("sampling", [SIMPLE, STRATIFIED])
@pytest.mark.parametrize("basis", ["human", "assisted"])
def test_an_audit_without_a_clear_answer_draws_more_and_decides(audited, lead, sampling, basis):
    audit = audited(sampling, judges=True, basis=basis)
    assert audit.decision.proposed == "continue"
    audit = grown(audit, lead, 155)
    assert replay(audit.plan).same
    assert audit.decision.proposed == "accept"
    assert "2 waves" in audit.decision.evidence["method"]
    assert recompute(audit.decision).evidence == audit.decision.evidence


def test_the_second_look_spends_an_error_of_its_own(audited, lead):
    evidence = grown(audited(), lead, 30).decision.evidence
    assert evidence["errors"] == pytest.approx([0.05, 0.025])
    assert evidence["confidence"] == pytest.approx(0.95)  # two ends, each a one-sided bound at 97.5 %
    assert (evidence["look"], evidence["looks_planned"], evidence["n_human"]) == (2, 1, 70)


def test_planned_looks_share_the_error_from_the_first_on(audited, lead):
    audit = audited(looks=2)
    assert audit.decision.evidence["errors"] == pytest.approx([0.025])
    audit = grown(audit, lead, 30)
    assert audit.decision.evidence["errors"] == pytest.approx([0.025, 0.025])
    assert "all looks together err in at most 5%" in audit.decision.reason


def test_weights_and_errors_are_frozen_with_the_wave_and_with_the_decision(audited, lead):
    audit = audited()
    plan = next_wave(by=lead, audit=audit, size=30)
    advance(by=lead, audit=again(audit))
    case = Case.thawed(bytes(Decision.objects.get(audit=audit).inputs))
    assert case.numbers.waves.weights == tuple(wave["weight"] for wave in plan.waves)
    assert list(case.errors) == [wave["error"] for wave in plan.waves]


def test_estimates_say_that_their_interval_was_looked_at_twice(audited, lead):
    notes = grown(audited(), lead, 30).estimates.values_list("note", flat=True)
    assert all("looked at so often" in note for note in notes)


def test_without_a_size_as_many_as_it_should_take_are_drawn(audited, lead):
    audit = audited(at_least=0.86)
    offer = offer_of(audit, audit.decision)
    assert 0 < offer.size < offer.left == 160
    assert next_wave(by=lead, audit=audit).human_size == 40 + offer.size


def test_a_third_wave_and_then_all_that_is_left(audited, lead):
    audit = grown(grown(audited(), lead, 5), lead, 5)
    assert audit.decision.proposed == "continue"
    audit = grown(audit, lead, 150)
    assert audit.decision.evidence["estimate"] == pytest.approx(0.95)
    assert audit.decision.evidence["low"] == pytest.approx(0.95)


def test_what_was_decided_to_be_continued_is_continued(audited, lead):
    audit = audited()
    confirm_decision(by=lead, audit=audit, outcome="continue")
    audit = grown(again(audit), lead, 30)
    assert (audit.state, audit.closed_at) == (AuditState.ESTIMATED, None)
    assert audit.decision.outcome == ""


def test_what_was_accepted_is_not(audited, lead):
    audit = audited()
    confirm_decision(by=lead, audit=audit, outcome="accept", comment="It will do.")
    with pytest.raises(Conflict, match="No wave is wanted"):
        next_wave(by=lead, audit=again(audit), size=30)


def test_a_size_beyond_what_is_left_changes_nothing(audited, lead):
    audit = audited()
    with pytest.raises(BadInput, match="from 1 to 160"):
        next_wave(by=lead, audit=audit, size=161)
    assert again(audit).decision.proposed == "continue"


def test_a_wave_waits_for_labels_of_its_own(audited, lead):
    audit = audited()
    plan = next_wave(by=lead, audit=audit, size=30)
    for item in audit.batch.items.filter(draws__plan=plan, draws__wave=2):
        item.ratings.all().delete()
    assert waits_for(again(audit)) == ["human labels to be imported for 30 drawn items"]


def test_a_systematic_sample_says_why_it_cannot_grow(audited, lead):
    audit = audited({"method": "systematic", "human": 40})
    assert audit.decision.proposed == "continue"
    with pytest.raises(Conflict, match="simple and stratified"):
        next_wave(by=lead, audit=audit)


def test_a_count_says_why_it_cannot_grow(audited):
    audit = audited()
    counting = replace(audit.sop, acceptance=replace(audit.sop.acceptance, rule="count"))
    audit.sop = counting
    assert "fixed size" in offer_of(audit, audit.decision).refusal
