"""The list of audits, the page that opens one, and the tabs of an audit."""

import pytest
from django.urls import reverse

from auditing.audits.lifecycle import AuditState
from auditing.audits.models import Audit
from auditing.sampling.services import draw_sample


@pytest.fixture
def drawn(audit, lead):
    draw_sample(by=lead, audit=audit)
    audit.refresh_from_db()
    return audit


def get(client, user, name, *args, query=""):
    client.force_login(user)
    return client.get(reverse(name, args=args) + query)


def post(client, user, name, *args, **data):
    client.force_login(user)
    return client.post(reverse(name, args=args), data, follow=True)


def test_the_list_shows_an_audit_and_what_it_waits_for(client, viewer, audit):
    page = get(client, viewer, "audits")
    assert "week-10 · audit 1" in page.text
    assert "the sample to be drawn" in page.text


@pytest.mark.parametrize(
    ("query", "found"),
    [("?state=opened", True), ("?state=decided", False), ("?search=week", True), ("?search=x", False)],
)
def test_the_list_is_filtered_by_its_address(client, lead, audit, query, found):
    assert ("week-10 · audit 1" in get(client, lead, "audits", query=query).text) is found


def test_an_outsider_gets_nothing(client, outsider, drawn):
    assert "week-10" not in get(client, outsider, "audits").text
    for name in ("audit", "audit-sample", "audit-judges", "audit-reviews", "audit-progress", "audit-runs"):
        assert get(client, outsider, name, drawn.pk).status_code == 404
    for name in ("audit-advance", "audit-draw", "audit-replay", "audit-cancel", "audit-hand-out"):
        assert post(client, outsider, name, drawn.pk).status_code == 404


def test_an_auditor_sees_no_audit_page(client, auditor, drawn):
    for name in ("audit", "audit-sample", "audit-reviews"):
        assert get(client, auditor, name, drawn.pk).status_code == 404


def test_the_opening_page_shows_what_would_be_drawn(client, lead, batch, sop_version):
    page = get(client, lead, "audit-open", query=f"?batch={batch.pk}&sop={sop_version.sop_id}")
    assert "Expected interval" in page.text
    assert "no judge is asked" in page.text
    assert "9" in page.text  # six items, three of them with two opinions
    assert not Audit.objects.exists()


def test_opening_from_the_page_keeps_the_seed(client, lead, batch, sop_version):
    client.force_login(lead)
    address = f"{reverse('audit-open')}?batch={batch.pk}&sop={sop_version.sop_id}"
    client.post(address, {"seed": "42", "do": "open"})
    audit = Audit.objects.get()
    assert (audit.seed, audit.state, audit.opened_by) == (42, AuditState.OPENED, lead)


def test_a_viewer_can_look_but_not_open_or_cancel(client, viewer, audit):
    assert get(client, viewer, "audit-open").status_code == 404
    assert "Cancel the audit" not in get(client, viewer, "audit", audit.pk).text
    assert post(client, viewer, "audit-cancel", audit.pk, reason="No").status_code == 404


def test_the_overview_says_what_is_bound_together(client, lead, audit):
    text = get(client, lead, "audit", audit.pk).text
    for fact in ("week-10", "answers-weekly v1", "answer-correctness v1", "20260302", "Draw and start"):
        assert fact in text


def test_the_sample_tab_draws_once_and_replays(client, lead, audit):
    assert "No sample drawn yet" in get(client, lead, "audit-sample", audit.pk).text
    page = post(client, lead, "audit-draw", audit.pk)
    assert "Drawn and locked: 6 of 12" in page.text
    assert audit.plan.frame_hash in page.text
    assert "bit for bit" in post(client, lead, "audit-replay", audit.pk).text


def test_the_drawn_items_are_filtered_by_their_address(client, lead, drawn):
    page = get(client, lead, "audit-sample", drawn.pk, query="?stratum=history&sample=auditors")
    assert page.context["page"].paginator.count == 2


def test_cancelling_needs_a_reason_and_keeps_it(client, lead, audit):
    post(client, lead, "audit-cancel", audit.pk, reason="")
    audit.refresh_from_db()
    assert audit.state == AuditState.OPENED
    assert "is cancelled" in post(client, lead, "audit-cancel", audit.pk, reason="Wrong batch").text


def test_the_progress_fragment_is_only_the_fragment(client, lead, audit):
    text = get(client, lead, "audit-progress", audit.pk).text
    assert text.startswith('<div id="audit-progress"')
    assert "<html" not in text
