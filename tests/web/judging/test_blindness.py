"""Whoever reviews items of a batch sees no judge's verdict on them before all opinions are in."""

from django.test import Client
from django.urls import reverse

from auditing.accounts.models import User
from auditing.audits.models import Audit
from auditing.judging.models import Run
from auditing.reviews.models import ReviewTask


def test_a_lead_who_reviews_sees_no_verdicts_while_the_audit_collects(
    run: Run, lead: User, client: Client
) -> None:
    client.force_login(lead)
    call = run.calls.first()
    pages = [reverse("run", args=[run.pk]), reverse("run-call", args=[call.pk])]
    assert [client.get(page).status_code for page in pages] == [200, 200]

    ReviewTask.objects.create(audit=run.audit, item=call.item, position=1, state="assigned", reviewer=lead)
    assert [client.get(page).status_code for page in pages] == [403, 403]
    assert client.get(reverse("run-progress", args=[run.pk])).status_code == 200

    Audit.objects.filter(pk=run.audit_id).update(state="ruling")
    assert [client.get(page).status_code for page in pages] == [200, 200]
