"""Two waves of people's own reviews under a rule on an interval, from the first draw to the decision."""

import pytest

from auditing.adjudication.models import Disagreement
from auditing.adjudication.services import rule
from auditing.audits.lifecycle import AuditState
from auditing.core.errors import Forbidden
from auditing.estimation.services import confirm_decision, recompute
from auditing.pipeline.services import advance, next_wave
from auditing.reviews.models import Review, ReviewTask
from auditing.reviews.policies import require_open
from auditing.reviews.selectors import claimable
from auditing.reviews.visibility import reviews_visible_to
from tests.cast import SOP, make_audit, make_sop
from tests.reviews.building import review_all, review_next

WAVE = 4
INTERVAL = {"criterion": "correct", "at_least": 0.6, "confidence": 0.95, "side": "lower", "basis": "human"}


def again(audit):
    return type(audit).objects.get(pk=audit.pk)


@pytest.fixture
def first_wave(batch, rubric_version, collection, lead, auditors):
    """Four of twelve items with two good opinions each: too few for the rule to be clear."""
    sampling = {"method": "simple", "human": WAVE, "overlap": 1, "opinions": 2}
    content = SOP | {"sop": "in-waves", "sampling": sampling, "acceptance": INTERVAL}
    audit = make_audit(batch, make_sop(collection, rubric_version, lead, content), lead)
    advance(by=lead, audit=audit)
    review_all(*auditors[:2])
    advance(by=lead, audit=again(audit))
    audit = again(audit)
    assert audit.decision.proposed == "continue"
    return audit


@pytest.fixture
def second_wave(first_wave, lead):
    next_wave(by=lead, audit=first_wave, size=WAVE)
    return again(first_wave)


def test_the_wave_asks_for_reviews_of_its_own_items_only(second_wave, auditors):
    first = set(ReviewTask.objects.filter(state="submitted").values_list("item", flat=True))
    asked = ReviewTask.objects.filter(state="waiting")
    assert (second_wave.state, asked.count()) == (AuditState.COLLECTING, 2 * WAVE)
    assert not first & set(asked.values_list("item", flat=True))
    assert all(claimable(auditor).count() for auditor in auditors)


def test_the_second_wave_is_reviewed_blind(second_wave, lead, auditors):
    first, second = auditors[:2]
    review_next(first, correct="no")
    seen = reviews_visible_to(second)
    assert {review.task.reviewer for review in seen} == {second}
    assert seen.count() == WAVE
    for user in (lead, second):
        with pytest.raises(Forbidden, match="work blind"):
            require_open(user, second_wave)


def test_what_differs_in_the_second_wave_is_ruled_on_before_it_is_estimated(second_wave, lead, auditors):
    first, second = auditors[:2]
    review_next(first, correct="no")
    review_all(second, first)
    assert Review.objects.filter(task__state="submitted").count() == 4 * WAVE
    advance(by=lead, audit=second_wave)
    assert again(second_wave).state == AuditState.RULING
    case = Disagreement.objects.get()
    rule(by=lead, audit=again(second_wave), item=case.item, criterion=case.criterion, value="no")
    advance(by=lead, audit=again(second_wave))
    evidence = again(second_wave).decision.evidence
    assert evidence["n_human"] == 2 * WAVE
    assert evidence["estimate"] < 1


def test_the_second_look_decides_at_an_error_of_its_own(second_wave, lead, auditors):
    review_all(*auditors[:2])
    advance(by=lead, audit=second_wave)
    decision = again(second_wave).decision
    assert decision.proposed == "accept"
    assert decision.evidence["errors"] == pytest.approx([0.05, 0.025])
    assert recompute(decision).evidence == decision.evidence
    confirm_decision(by=lead, audit=again(second_wave), outcome="accept")
    assert again(second_wave).state == AuditState.DECIDED
