"""What a further wave may ask of whom, and what stays as it was."""

import pytest

from auditing.audits.lifecycle import AuditState
from auditing.core.errors import Conflict
from auditing.pipeline.services import advance, next_wave
from auditing.reviews.models import ReviewTask, Unblinded
from auditing.reviews.policies import may_yet_review
from auditing.reviews.selectors import claimable, handed_in
from auditing.reviews.services import undo_submit
from tests.cast import SOP, make_audit, make_sop
from tests.reviews.building import review_all

SEQUENTIAL = {"rule": "sequential", "criterion": "correct", "at_least": 0.5, "confidence": 0.9, "wave": 4}


@pytest.fixture
def estimated(batch, rubric_version, collection, lead, auditor):
    """A first wave of four reviews, all handed in by one auditor; the rule asks for more."""
    content = SOP | {"sop": "waves", "sampling": {"method": "simple", "human": 4}, "acceptance": SEQUENTIAL}
    audit = make_audit(batch, make_sop(collection, rubric_version, lead, content), lead)
    advance(by=lead, audit=audit)
    review_all(auditor)
    advance(by=lead, audit=audit)
    audit.refresh_from_db()
    assert audit.state == AuditState.ESTIMATED
    return audit


def test_who_could_read_the_first_wave_gets_nothing_of_the_second(estimated, lead, admin, auditor):
    next_wave(by=lead, audit=estimated)
    assert not claimable(lead).exists()
    assert not may_yet_review(lead, estimated.batch)
    assert {one.user for one in Unblinded.objects.all()} == {lead, admin}
    assert claimable(auditor).count() == 4


def test_no_wave_is_drawn_that_nobody_could_review(estimated, lead, auditors):
    type(lead).objects.filter(pk__in=[auditor.pk for auditor in auditors]).update(is_active=False)
    with pytest.raises(Conflict, match="Nobody is left"):
        next_wave(by=lead, audit=estimated)
    estimated.refresh_from_db()
    assert estimated.state == AuditState.ESTIMATED


def test_opinions_of_the_first_wave_stand_once_they_were_compared(estimated, lead, auditor):
    task = ReviewTask.objects.filter(audit=estimated).first()
    next_wave(by=lead, audit=estimated)
    with pytest.raises(Conflict, match="earlier wave"):
        undo_submit(by=auditor, task=task)
    assert not handed_in(auditor).exists()
