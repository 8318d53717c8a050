"""Drawing more from the page: what another look costs, for whom, and what it does."""

import pytest
from django.urls import reverse

from auditing.audits.lifecycle import AuditState
from auditing.estimation.further import Offer
from auditing.sops.acceptance import Acceptance
from auditing.web.metaaudit.waves import sentences
from tests.pipeline.test_further_waves import again, audited  # noqa: F401 - a fixture


def shown(client, user, audit, name="audit-estimates"):
    client.force_login(user)
    return client.get(reverse(name, args=[audit.pk])).text


def ask(client, user, audit, **data):
    client.force_login(user)
    return client.post(reverse("audit-next-wave", args=[audit.pk]), data, follow=True)


def test_the_page_offers_more_items_and_says_what_another_look_costs(client, lead, audited):  # noqa: F811
    text = shown(client, lead, audited())
    assert "Draw more" in text
    assert "is no longer one of 95%" in text
    assert "all 2 together err in at most 7.5% of audits" in text
    assert "Continue sampling" not in text  # drawing more is how to go on


def test_the_audit_leads_to_the_form_that_draws_more(client, lead, viewer, audited):  # noqa: F811
    audit = audited()
    step = f"{reverse('audit-estimates', args=[audit.pk])}#draw-more"
    assert step in shown(client, lead, audit, "audit")
    assert step not in shown(client, viewer, audit, "audit")


def test_drawing_more_collects_again_and_shows_the_wave(client, lead, audited):  # noqa: F811
    audit = audited()
    assert "grown to 70 items" in ask(client, lead, audit, size="30").text
    assert again(audit).state == AuditState.COLLECTING
    assert "wave 2" in shown(client, lead, audit, "audit-sample")


@pytest.mark.parametrize("size", ["many", "0", "161", "-4"])
def test_a_size_that_makes_no_sense_is_told(client, lead, audited, size):  # noqa: F811
    audit = audited()
    ask(client, lead, audit, size=size)
    assert again(audit).state == AuditState.ESTIMATED


def test_who_only_looks_is_offered_nothing_and_draws_nothing(client, viewer, audited):  # noqa: F811
    audit = audited()
    assert "Draw more" not in shown(client, viewer, audit)
    assert ask(client, viewer, audit, size="30").status_code in (403, 404)


def test_a_design_that_cannot_grow_says_why(client, lead, audited):  # noqa: F811
    text = shown(client, lead, audited({"method": "systematic", "human": 40}))
    assert "Waves are combined for simple and stratified samples only" in text
    assert "Continue sampling" in text


def test_planned_looks_keep_to_what_the_sop_says():
    said = " ".join(sentences(Offer(30, 160, (0.025, 0.025), 2), Acceptance(at_least=0.9, looks=2)))
    assert "at 97.5%; all 2 together err in at most 5% of audits. The SOP plans 2 looks" in said
