"""Which producer is worst: rates over the last audits, decisions, and the errors seen most."""

from datetime import date

import pytest

from auditing.estimation.models import Decision, Outcome
from auditing.estimation.services import make_estimates, propose_decision
from auditing.estimation.track_record import Outing, pooled, track_record
from tests.cast import make_audit, make_batch
from tests.estimation.building import drawn, drawn_audit, label_drawn
from tests.web.editor_forms import signed_in


def outing(estimate, low, high, items):
    return Outing(None, date(2026, 1, 1), estimate, low, high, items, "")  # type: ignore[arg-type]


def test_one_audit_is_its_own_figure():
    assert pooled([outing(0.9, 0.8, 0.95, 120)]) == pytest.approx((0.9, 0.8, 0.95))


def test_audits_weigh_by_their_items_and_distances_add_as_squares():
    rate, low, high = pooled([outing(0.9, 0.8, 0.94, 300), outing(0.5, 0.3, 0.7, 100)])
    assert rate == pytest.approx(0.8)
    assert rate - low == pytest.approx(((0.75 * 0.1) ** 2 + (0.25 * 0.2) ** 2) ** 0.5)
    assert high - rate == pytest.approx(((0.75 * 0.04) ** 2 + (0.25 * 0.2) ** 2) ** 0.5)


@pytest.fixture
def audited(batch, collection, rubric_version, lead):
    """Two batches of two producers: of the second half fails."""
    other = make_batch(collection, lead, name="other", producer=collection.producers.create(name="Worse Ltd"))
    first = drawn_audit(batch, rubric_version, lead, sampling={"method": "simple", "human": 12})
    for audit, good in ((first, 12), (drawn(make_audit(other, first.sop_version, lead), lead), 6)):
        label_drawn(audit, lambda item, good=good: "yes" if item.position <= good else "no")
        label_drawn(audit, lambda item: "3", criterion="helpful")
        make_estimates(by=lead, audit=audit)
        propose_decision(by=lead, audit=audit)
    return collection


def test_the_worst_producer_comes_first_and_the_page_says_so(audited, lead, viewer, vendor):
    found = track_record(audited, lead)
    assert found.records[0].producer == "Worse Ltd"
    assert found.records[0].estimate == pytest.approx(0.5)
    assert found.criterion == "item_passes"
    page = signed_in(viewer).get(f"/collections/{audited.slug}/")
    assert page.context["producer_rows"][0].record.producer == "Worse Ltd"
    assert "Producers, the worst first" in page.text
    assert "producer_rows" not in (signed_in(vendor).get(f"/collections/{audited.slug}/").context or {})


def test_a_batch_shows_its_decision_and_rate(audited, lead):
    Decision.objects.update(outcome=Outcome.REJECT, decided_by=lead)
    for audit in [decision.audit for decision in Decision.objects.all()]:
        audit.state = "decided"
        audit.save()
    text = signed_in(lead).get(f"/collections/{audited.slug}/").text
    assert "50.0%" in text
    assert "reject" in text


def test_what_nobody_may_see_is_not_there(audited, outsider):
    assert track_record(audited, outsider) is None
