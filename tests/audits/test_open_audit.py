"""Opening and cancelling audits."""

import pytest
from django.utils import timezone

from auditing.audits.lifecycle import AuditState
from auditing.audits.selectors import audit_with_id, audits_visible_to, batches_not_audited_under
from auditing.audits.services import cancel_audit, open_audit
from auditing.core.errors import BadInput, Conflict, Forbidden, Missing
from auditing.journal.models import Entry
from tests.cast import SOP, make_batch, make_collection, make_sop


def test_an_opened_audit_keeps_batch_version_and_seed(batch, sop_version, lead):
    audit = open_audit(by=lead, batch=batch, sop_version=sop_version, seed=42)
    assert (audit.batch, audit.sop_version, audit.seed) == (batch, sop_version, 42)
    assert (audit.state, audit.number, audit.opened_by) == (AuditState.OPENED, 1, lead)
    assert Entry.objects.get(verb="opened").details["seed"] == 42


def test_without_a_seed_each_audit_draws_its_own(batch, sop_version, lead):
    first, second = (open_audit(by=lead, batch=batch, sop_version=sop_version) for _ in range(2))
    assert first.seed != second.seed
    assert second.number == 2


def test_its_rubric_and_sop_are_those_of_the_pinned_versions(audit):
    assert audit.rubric.name == "answer-correctness"
    assert audit.sop.sampling.human == 6


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_seed_out_of_range_is_refused(batch, sop_version, lead, seed):
    with pytest.raises(BadInput, match="seed"):
        open_audit(by=lead, batch=batch, sop_version=sop_version, seed=seed)


def test_a_deleted_batch_is_not_audited(batch, sop_version, lead):
    batch.deleted_at = timezone.now()
    batch.save()
    with pytest.raises(Conflict, match="deleted"):
        open_audit(by=lead, batch=batch, sop_version=sop_version)


def test_an_sop_of_another_collection_is_refused(batch, rubric_version, lead):
    elsewhere = make_sop(make_collection(reached_by=[lead]), rubric_version, lead)
    with pytest.raises(BadInput, match="belongs to collection"):
        open_audit(by=lead, batch=batch, sop_version=elsewhere)


def test_strata_that_the_batch_does_not_have_are_refused(batch, collection, rubric_version, lead):
    content = SOP | {"sop": "by-region", "sampling": SOP["sampling"] | {"by": "region"}}
    version = make_sop(collection, rubric_version, lead, content)
    with pytest.raises(BadInput, match=r"draws by 'region'.*it has producer, topic"):
        open_audit(by=lead, batch=batch, sop_version=version)


def test_only_who_runs_audits_here_may_open_one(batch, sop_version, auditor, viewer, vendor, outsider):
    for somebody in (auditor, viewer, vendor, outsider):
        with pytest.raises(Forbidden):
            open_audit(by=somebody, batch=batch, sop_version=sop_version)


def test_a_cancelled_audit_says_why_and_cannot_go_on(audit, lead):
    cancel_audit(by=lead, audit=audit, reason="Wrong batch")
    audit.refresh_from_db()
    assert audit.state == AuditState.CANCELLED
    assert audit.closed_at is not None
    assert Entry.objects.get(verb="cancelled").details == {"reason": "Wrong batch"}
    with pytest.raises(Conflict):
        cancel_audit(by=lead, audit=audit, reason="Again")


def test_cancelling_needs_a_reason(audit, lead):
    with pytest.raises(BadInput, match="Say why"):
        cancel_audit(by=lead, audit=audit, reason="  ")


def test_an_outsider_sees_no_audit(audit, lead, viewer, outsider, auditor):
    assert list(audits_visible_to(lead)) == [audit]
    assert list(audits_visible_to(viewer)) == [audit]
    assert not audits_visible_to(outsider).exists()
    assert not audits_visible_to(auditor).exists()
    with pytest.raises(Missing):
        audit_with_id(audit.pk, user=outsider)


def test_batches_are_left_to_audit_until_an_audit_takes_them_up(batch, sop_version, collection, lead):
    later = make_batch(collection, lead)
    sop = sop_version.sop
    assert list(batches_not_audited_under(sop)) == [batch, later]
    audit = open_audit(by=lead, batch=batch, sop_version=sop_version)
    assert list(batches_not_audited_under(sop)) == [later]
    cancel_audit(by=lead, audit=audit, reason="Again, please")
    assert list(batches_not_audited_under(sop)) == [batch, later]
